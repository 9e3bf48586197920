import { chmod, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CHAINCODE_NAME } from '@roamgrid/wire';
import {
  DEFAULT_CHANNEL,
  startChaincodeProcess,
  startEmbeddedProcess,
  type ChaincodeProcess,
  type EmbeddedProcess,
} from '@roamgrid/test-network';
import type { GatewayConfig } from '../config.ts';

/** The real contracts on a ledger of three utilities and an auditor: started once for all test files. */
export interface LedgerRig {
  readonly stateDir: string;
  connection(mspId: string): GatewayConfig['ledger'];
  /** Address of an organisation's peer. */
  address(mspId: string): string;
  /** What can be killed; absent from the embedded ledger, whose organisations share one process. */
  readonly faults?: LedgerFaults;
  /** Sets the clock of an organisation's chaincode host off by so much; only where this rig starts that process itself. */
  readonly shiftClock?: (mspId: string, byMs: number) => Promise<void>;
}

/** Processes of a native network by name, to be killed (SIGKILL) and started again. */
export interface LedgerFaults {
  kill(node: string): Promise<void>;
  /** Resolves when it is healthy. */
  start(node: string): Promise<void>;
  /** The orderer that leads. */
  leader(): Promise<string>;
}

export const MSP = {
  alabama: 'AlabamaPowerMSP',
  duke: 'DukeEnergyMSP',
  georgia: 'GeorgiaPowerMSP',
  auditor: 'AuditorMSP',
} as const;
const UTILITIES = [MSP.alabama, MSP.duke, MSP.georgia];
const ROLES = ['station', 'aaa', 'operator', 'grid-operator'];

/** A chaincode host with a clock of its own: what the program sees is off by what a file says at the moment. */
const SHIFTED = `import { readFileSync } from 'node:fs';
const now = Date.now.bind(Date);
Date.now = () => now() + Number(readFileSync(process.env.CLOCK_SHIFT_FILE, 'utf8'));`;

const startEmbeddedRig = async (): Promise<LedgerRig & { stop: () => Promise<void> }> => {
  const stateDir = await mkdtemp(path.join(tmpdir(), 'roamgrid-gateway-'));
  // As root PostgreSQL runs as another user; in a folder that it can pass its files go with the folder.
  await chmod(stateDir, 0o755);
  const server = createRequire(import.meta.url).resolve('@roamgrid/chaincode/server');
  const shiftFile = (mspId: string) => path.join(stateDir, `${mspId}.clock-shift`);
  const shiftClock = async (mspId: string, byMs: number): Promise<void> => {
    // In one step: the process may look at any moment.
    await writeFile(`${shiftFile(mspId)}.new`, byMs.toString());
    await rename(`${shiftFile(mspId)}.new`, shiftFile(mspId));
  };
  const preload = `--import data:text/javascript,${encodeURIComponent(SHIFTED)}`;
  const chaincodes: ChaincodeProcess[] = await Promise.all(
    UTILITIES.map(async (mspId) => {
      await shiftClock(mspId, 0);
      const env = { NODE_OPTIONS: preload, CLOCK_SHIFT_FILE: shiftFile(mspId) };
      return startChaincodeProcess({ path: server, mspId, ccid: `${CHAINCODE_NAME}:1`, env });
    }),
  );
  const peer: EmbeddedProcess = await startEmbeddedProcess({
    stateDir: path.join(stateDir, 'ledger'),
    organizations: [
      ...UTILITIES.map((mspId) => ({
        mspId,
        users: ROLES.map((role) => ({ name: role, attributes: { role } })),
      })),
      { mspId: MSP.auditor, users: [{ name: 'auditor', attributes: { role: 'auditor' } }] },
    ],
    chaincodes: [
      {
        name: CHAINCODE_NAME,
        version: '1',
        endpoints: Object.fromEntries(UTILITIES.map((mspId, at) => [mspId, chaincodes[at]?.address ?? ''])),
        endorsementPolicy: `OutOf(2, ${UTILITIES.map((mspId) => `'${mspId}.peer'`).join(', ')})`,
      },
    ],
  });
  const organisation = (mspId: string) => {
    const found = peer.organizations.find((one) => one.mspId === mspId);
    if (found === undefined) throw new Error(`the ledger has no ${mspId}`);
    return found;
  };
  const files = (mspId: string, name: string) => {
    const folder = path.join(stateDir, 'ledger', 'organizations', mspId, 'users', name);
    return { certificatePath: path.join(folder, 'cert.pem'), privateKeyPath: path.join(folder, 'key.pem') };
  };
  return {
    stateDir,
    shiftClock,
    address: (mspId) => organisation(mspId).address,
    connection: (mspId) => {
      const roles = mspId === MSP.auditor ? ['auditor'] : ROLES;
      return {
        channel: DEFAULT_CHANNEL,
        mspId,
        endpoint: organisation(mspId).address,
        tlsRootCertPath: organisation(mspId).tlsRootCertPath,
        users: Object.fromEntries(roles.map((role) => [role, files(mspId, role)])),
      };
    },
    stop: async () => {
      await peer.kill('SIGTERM');
      await Promise.all(chaincodes.map((chaincode) => chaincode.stop()));
      await rm(stateDir, { recursive: true, force: true });
    },
  };
};

/**
 * Where the tests run: `embedded` unless TEST_LEDGER says `native` (Fabric's own peers with Raft ordering) or `legacy`
 * (the same, through fabric-network as members with old peers do).
 */
const start = async (): Promise<LedgerRig & { stop: () => Promise<void> }> => {
  const wanted = process.env['TEST_LEDGER'] ?? 'embedded';
  if (wanted === 'embedded') return startEmbeddedRig();
  if (wanted !== 'native' && wanted !== 'legacy') throw new Error(`TEST_LEDGER cannot be ${wanted}`);
  const { startNativeRig } = await import('./native-rig.ts');
  return startNativeRig(wanted === 'legacy' ? 'legacy' : 'gateway');
};

let running: ReturnType<typeof start> | undefined;

/** The ledger of this test run. */
export const ledgerRig = async (): Promise<LedgerRig> => {
  running ??= start();
  return running;
};

const closers: (() => Promise<void>)[] = [];

/** Has something closed before the ledger goes; closing twice must do no harm. */
export const beforeStop = (close: () => Promise<void>): void => {
  closers.push(close);
};

// A root-level hook: it runs once, after the last test of the last file.
after(async function () {
  this.timeout(60_000);
  for (const close of closers) await close();
  await (await running)?.stop();
});
