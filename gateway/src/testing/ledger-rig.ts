import { renameSync, writeFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
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
import { testLagMs, whenAdvanced } from './clock.ts';
import { startWire, type Wire } from './wire.ts';

/** The real contracts on a ledger of three utilities and an auditor: started once for all test files. */
export interface LedgerRig {
  readonly stateDir: string;
  connection(mspId: string): GatewayConfig['ledger'];
  /** Address of an organisation's peer. */
  address(mspId: string): string;
  /** The way from an organisation's peer to its contracts, which can be cut: then it endorses nothing. Of the embedded ledger. */
  readonly contracts?: ReadonlyMap<string, Wire>;
  /** What can be killed; absent from the embedded ledger, whose organisations share one process. */
  readonly faults?: LedgerFaults;
  /** Sets the clock of an organisation's chaincode host off by so much; only where this rig starts that process itself. */
  readonly shiftClock?: (mspId: string, byMs: number) => void;
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
const ROLES = ['station', 'aaa', 'operator', 'grid-operator', 'registrar'];

/** A chaincode host with a clock of its own: what the program sees is off by what a file says at the moment. */
const SHIFTED = `import { readFileSync } from 'node:fs';
const now = Date.now.bind(Date);
Date.now = () => now() + Number(readFileSync(process.env.CLOCK_SHIFT_FILE, 'utf8'));`;

interface EmbeddedRigOptions {
  /** Organisations whose peers run the contracts. */
  readonly endorsers?: readonly string[];
  /** How far the hosts' clocks lag behind the wall's. */
  readonly timeLagMs: () => number;
}

const startEmbeddedRig = async ({
  endorsers = UTILITIES,
  timeLagMs,
}: EmbeddedRigOptions): Promise<LedgerRig & { stop: () => Promise<void> }> => {
  const stateDir = await mkdtemp(path.join(tmpdir(), 'roamgrid-gateway-'));
  // As root PostgreSQL runs as another user; in a folder that it can pass its files go with the folder.
  await chmod(stateDir, 0o755);
  const server = createRequire(import.meta.url).resolve('@roamgrid/chaincode/server');
  const shiftFile = (mspId: string) => path.join(stateDir, `${mspId}.clock-shift`);
  const shifts = new Map<string, number>();
  const setClocks = (): void => {
    for (const [mspId, byMs] of shifts) {
      // In one step: the process may look at any moment.
      writeFileSync(`${shiftFile(mspId)}.new`, (byMs - timeLagMs()).toString());
      renameSync(`${shiftFile(mspId)}.new`, shiftFile(mspId));
    }
  };
  const shiftClock = (mspId: string, byMs: number): void => {
    shifts.set(mspId, byMs);
    setClocks();
  };
  const forget = whenAdvanced(setClocks);
  const preload = `--import data:text/javascript,${encodeURIComponent(SHIFTED)}`;
  const chaincodes: ChaincodeProcess[] = await Promise.all(
    endorsers.map((mspId) => {
      shiftClock(mspId, 0);
      const env = { NODE_OPTIONS: preload, CLOCK_SHIFT_FILE: shiftFile(mspId) };
      return startChaincodeProcess({ path: server, mspId, ccid: `${CHAINCODE_NAME}:1`, env });
    }),
  );
  const wires = new Map<string, Wire>();
  for (const [at, mspId] of endorsers.entries()) {
    wires.set(mspId, await startWire(chaincodes[at]?.address ?? ''));
  }
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
        endpoints: Object.fromEntries([...wires].map(([mspId, { address }]) => [mspId, address])),
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
    contracts: wires,
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
      forget();
      await peer.kill('SIGTERM');
      for (const wire of wires.values()) wire.close();
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
  if (wanted === 'embedded') return startEmbeddedRig({ timeLagMs: testLagMs });
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

/** A ledger of its own for one test file, stopped after the last; its hosts' clocks are the wall's, or the tests'. */
export const freshLedgerRig = async ({
  time = 'wall',
  endorsers,
}: { readonly time?: 'wall' | 'test'; readonly endorsers?: readonly string[] } = {}): Promise<LedgerRig> => {
  const { stop, ...rig } = await startEmbeddedRig({
    ...(endorsers && { endorsers }),
    timeLagMs: time === 'wall' ? () => 0 : testLagMs,
  });
  stops.push(stop);
  return rig;
};

const closers: (() => Promise<void>)[] = [];
const stops: (() => Promise<void>)[] = [];

/** Has something closed before the ledger goes; closing twice must do no harm. */
export const beforeStop = (close: () => Promise<void>): void => {
  closers.push(close);
};

// A root-level hook: it runs once, after the last test of the last file.
after(async function () {
  this.timeout(60_000);
  for (const close of closers) await close();
  await (await running)?.stop();
  for (const stop of stops) await stop();
});
