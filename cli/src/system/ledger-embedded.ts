import { join } from 'node:path';
import {
  CLOCK_SWITCH_VARIABLE,
  clockSwitchFile,
  DEFAULT_CHANNEL,
  freePort,
  setEndorsementClock,
  startChaincodeProcess,
  startEmbeddedProcess,
  verifyChain,
  type EndorsementClock,
} from '@roamgrid/test-network';
import { CHAINCODE_NAME } from '@roamgrid/wire';
import { AUDITOR_MSP, UTILITY_ROLES, type UtilityDefinition } from './consortium.ts';
import { bundleChaincode, userFiles, type LocalLedger } from './ledger.ts';

/** Bilateral records are endorsed by their two parties: see docs/decisions/endorsement.md. */
const REQUIRED_ENDORSEMENTS = 2;

const asUser = (role: string) => ({ name: role, attributes: { role } });

/** Start the embedded ledger: one peer process for all organisations, one chaincode process for each utility. */
export async function startEmbeddedLedger(
  stateDir: string,
  utilities: readonly UtilityDefinition[],
  endorsementClock: EndorsementClock,
): Promise<LocalLedger> {
  await setEndorsementClock(stateDir, endorsementClock);
  const path = await bundleChaincode(stateDir);
  const env = { [CLOCK_SWITCH_VARIABLE]: clockSwitchFile(stateDir) };
  const chaincodes = await Promise.all(
    utilities.map(({ mspId }) => startChaincodeProcess({ path, mspId, ccid: `${CHAINCODE_NAME}:1`, env })),
  );
  const organizations = [];
  // Fixed ports, so that clients find the peer again after a pause.
  for (const { mspId } of utilities)
    organizations.push({ mspId, port: await freePort(), users: UTILITY_ROLES.map(asUser) });
  organizations.push({ mspId: AUDITOR_MSP, port: await freePort(), users: [asUser('auditor')] });
  const config = {
    stateDir,
    organizations,
    chaincodes: [
      {
        name: CHAINCODE_NAME,
        version: '1',
        endpoints: Object.fromEntries(utilities.map(({ mspId }, i) => [mspId, chaincodes[i]?.address ?? ''])),
        endorsementPolicy: `OutOf(${REQUIRED_ENDORSEMENTS}, ${utilities.map(({ mspId }) => `'${mspId}.peer'`).join(', ')})`,
      },
    ],
  };
  let peer = await startEmbeddedProcess(config);
  return {
    kind: 'embedded',
    endpoint: (mspId) => {
      const found = peer.organizations.find((each) => each.mspId === mspId);
      if (!found) throw new Error(`the ledger has no organisation ${mspId}`);
      return { channel: DEFAULT_CHANNEL, ...found, user: (role) => userFiles(stateDir, mspId, role) };
    },
    guardTime: () => setEndorsementClock(stateDir, 'on'),
    verify: async () => {
      await peer.kill('SIGTERM');
      const verdict = await verifyChain(join(stateDir, 'channels', DEFAULT_CHANNEL));
      peer = await startEmbeddedProcess(config);
      return verdict;
    },
    stop: async () => {
      await peer.kill('SIGTERM');
      await Promise.all(chaincodes.map((chaincode) => chaincode.stop()));
    },
  };
}
