import { chmod, mkdtemp, rm } from 'node:fs/promises';
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
} from '@roamgrid/test-network/native';
import { role as roleSchema } from '@roamgrid/wire';
import type { LedgerRig } from './ledger-rig.ts';

const UTILITIES = 3;
const NODE_LIMIT = 12;

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
      const { endpoint, tlsRootCertPath, users } = member(mspId);
      const byRole = Object.entries(users).filter(([name]) => roleSchema.safeParse(name).success);
      return { kind, channel, mspId, endpoint, tlsRootCertPath, users: Object.fromEntries(byRole) };
    },
    stop: async () => {
      await down({ paths });
      await rm(stateDir, { recursive: true, force: true });
    },
  };
};
