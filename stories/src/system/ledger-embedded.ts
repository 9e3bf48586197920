import { join } from 'node:path';
import {
  CLOCK_SWITCH_VARIABLE,
  clockSwitchFile,
  ensureChaincodeTls,
  DEFAULT_CHANNEL,
  setEndorsementClock,
  startChaincodeProcess,
  startEmbeddedProcess,
  verifyChain,
  type ChaincodeProcessConfig,
  type EmbeddedConfig,
  type EmbeddedProcess,
  type EndorsementClock,
} from '@roamgrid/test-network';
import type { Part, Supervisor } from '@roamgrid/utility';
import { CHAINCODE_NAME } from '@roamgrid/wire';
import { AUDITOR_MSP, UTILITY_ROLES, type UtilityDefinition } from './consortium.ts';
import { bundleChaincode, holdersIn, userFiles, type LocalLedger } from './ledger.ts';
import type { Between } from './between.ts';
import type { PortBook } from './port-book.ts';
import { partName } from './utility.ts';

/** Bilateral records are endorsed by their two parties: see docs/decisions/endorsement.md. */
const REQUIRED_ENDORSEMENTS = 2;

const asUser = (role: string) => ({ name: role, attributes: { role } });

/** The peer as a part; it listens at the same addresses after each start. */
const peerPart = (config: Omit<EmbeddedConfig, 'log'>, onStart: (peer: EmbeddedProcess) => void): Part => ({
  name: 'peer',
  start: async () => {
    const peer = await startEmbeddedProcess(config);
    onStart(peer);
    return { pids: [peer.pid], ended: peer.ended, stop: () => peer.kill('SIGTERM') };
  },
});

const chaincodePart = (name: string, config: ChaincodeProcessConfig): Part => ({
  name,
  start: async () => {
    const { pid, ended, stop } = await startChaincodeProcess(config);
    return { pids: [pid], ended, stop };
  },
});

/** Start the embedded ledger: one peer process for all organisations, one chaincode process for each utility. */
export async function startEmbeddedLedger(
  stateDir: string,
  utilities: readonly UtilityDefinition[],
  endorsementClock: EndorsementClock,
  supervisor: Supervisor,
  { ports, between }: { readonly ports: PortBook; readonly between: Between },
): Promise<LocalLedger> {
  await setEndorsementClock(stateDir, endorsementClock);
  const path = await bundleChaincode(stateDir);
  const env = { [CLOCK_SWITCH_VARIABLE]: clockSwitchFile(stateDir) };
  const endpoints: [string, string][] = [];
  const organizations = [];
  const parts: Part[] = [];
  for (const { utilityId, mspId } of utilities) {
    const name = partName(utilityId, 'chaincode');
    const port = await ports.port(name);
    const tls = await ensureChaincodeTls(stateDir, mspId);
    parts.push(chaincodePart(name, { path, mspId, ccid: `${CHAINCODE_NAME}:1`, env, port, tls }));
    endpoints.push([mspId, `127.0.0.1:${await between.port(name, port)}`]);
    organizations.push({
      mspId,
      port: await ports.port(partName(utilityId, 'peer')),
      users: UTILITY_ROLES.map(asUser),
    });
  }
  organizations.push({
    mspId: AUDITOR_MSP,
    port: await ports.port('auditor/peer'),
    users: [asUser('auditor')],
  });
  await Promise.all(parts.map((part) => supervisor.run(part)));
  const config = {
    stateDir,
    organizations,
    chaincodeTls: true,
    chaincodes: [
      {
        name: CHAINCODE_NAME,
        version: '1',
        endpoints: Object.fromEntries(endpoints),
        endorsementPolicy: `OutOf(${REQUIRED_ENDORSEMENTS}, ${utilities.map(({ mspId }) => `'${mspId}.peer'`).join(', ')})`,
      },
    ],
  };
  const outerPorts = new Map<string, number>();
  for (const { mspId, port } of organizations) outerPorts.set(mspId, await between.port('peer', port));
  let organisations: EmbeddedProcess['organizations'] = [];
  const peer = await supervisor.run(
    peerPart(config, (started) => {
      organisations = started.organizations;
    }),
  );
  return {
    kind: 'embedded',
    endpoint: (mspId) => {
      const found = organisations.find((each) => each.mspId === mspId);
      if (!found) throw new Error(`the ledger has no organisation ${mspId}`);
      const address = `localhost:${outerPorts.get(mspId) ?? ''}`;
      return {
        channel: DEFAULT_CHANNEL,
        ...found,
        address,
        user: (role) => userFiles(stateDir, mspId, role),
      };
    },
    guardTime: () => setEndorsementClock(stateDir, 'on'),
    holders: (texts) => {
      const channel = join(stateDir, 'channels', DEFAULT_CHANNEL);
      const secret = join(channel, 'private');
      const stores = [
        { holder: 'everybody', folder: channel, skipped: [secret] },
        ...config.organizations.map(({ mspId }) => ({ holder: mspId, folder: join(secret, mspId) })),
      ];
      return peer.whileStopped(() => holdersIn(stores, texts));
    },
    verify: () => peer.whileStopped(() => verifyChain(join(stateDir, 'channels', DEFAULT_CHANNEL))),
  };
}
