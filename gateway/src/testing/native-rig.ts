import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadConsortium, withConsensus, withUtilityCount } from '@roamgrid/network';
import {
  connectionOf,
  down,
  freeBasePort,
  NetworkPaths,
  PORTS_PER_NODE,
  startOne,
  status,
  stopOne,
  up,
  type MemberConnection,
} from '@roamgrid/test-network/native';
import { role as roleSchema } from '@roamgrid/wire';
import type { X509Identity } from 'fabric-network';
import type { LedgerConfig } from '../ledger/gateway-ledger.ts';
import { loadFabricNetwork } from '../ledger/legacy/load-package.ts';
import { importWallet, usersOf } from '../ledger/legacy/wallet.ts';
import type { LedgerRig } from './ledger-rig.ts';

const UTILITIES = 3;
const NODE_LIMIT = 12;

type Users = LedgerConfig['users'];

/** The identities of a member, as one that comes from fabric-network has them: in its wallet, taken over from there. */
const throughWallet = async (folder: string, member: MemberConnection): Promise<Users> => {
  const { mspId, users } = member;
  const fabric = await loadFabricNetwork();
  const wallet = await fabric.Wallets.newFileSystemWallet(path.join(folder, `${mspId}-wallet`));
  for (const [label, { certificatePath, privateKeyPath }] of Object.entries(users)) {
    const [certificate, privateKey] = await Promise.all([
      readFile(certificatePath, 'utf8'),
      readFile(privateKeyPath, 'utf8'),
    ]);
    const identity: X509Identity = { type: 'X.509', mspId, credentials: { certificate, privateKey } };
    await wallet.put(label, identity);
  }
  const imported = await importWallet(
    path.join(folder, `${mspId}-wallet`),
    path.join(folder, `${mspId}-imported`),
  );
  return usersOf(imported, mspId);
};

const byRole = ({ users }: MemberConnection): Users =>
  Object.fromEntries(Object.entries(users).filter(([name]) => roleSchema.safeParse(name).success));

/** The ledger of the tests on Fabric's own peers, ordered by Raft, which fabric-network knows. */
export const startNativeRig = async (
  kind: 'gateway' | 'legacy',
): Promise<LedgerRig & { stop: () => Promise<void> }> => {
  const stateDir = await mkdtemp(path.join(tmpdir(), 'roamgrid-gateway-'));
  // As root PostgreSQL runs as another user; in a folder that it can pass its files go with the folder.
  await chmod(stateDir, 0o755);
  const paths = new NetworkPaths(path.join(stateDir, 'ledger'));
  const consortium = withUtilityCount(withConsensus(await loadConsortium(), 'raft'), UTILITIES);
  const state = await up({
    paths,
    consortium,
    basePort: await freeBasePort(NODE_LIMIT * PORTS_PER_NODE),
    chaincode: createRequire(import.meta.url).resolve('@roamgrid/chaincode/server'),
  });
  const { channel, members } = connectionOf(paths, state);
  const identities = new Map<string, Users>();
  for (const each of members)
    identities.set(each.mspId, kind === 'legacy' ? await throughWallet(stateDir, each) : byRole(each));
  const member = (mspId: string) => {
    const found = members.find((one) => one.mspId === mspId);
    if (found === undefined) throw new Error(`the ledger has no ${mspId}`);
    return found;
  };
  return {
    stateDir,
    address: (mspId) => member(mspId).endpoint,
    faults: {
      kill: async (node) => {
        await stopOne(node, { paths }, 'kill');
      },
      start: async (node) => {
        await startOne(node, { paths });
      },
      leader: async () => {
        const { leader } = await status({ paths });
        if (leader === undefined) throw new Error('no orderer leads');
        return leader;
      },
    },
    connection: (mspId) => {
      const { endpoint, tlsRootCertPath } = member(mspId);
      return { kind, channel, mspId, endpoint, tlsRootCertPath, users: identities.get(mspId) ?? {} };
    },
    stop: async () => {
      await down({ paths });
      await rm(stateDir, { recursive: true, force: true });
    },
  };
};
