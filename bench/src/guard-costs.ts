/**
 * What each guard of a settle costs one endorsing contract: the whole contracts and those without one guard, in turns, so
 * that a change of the machine's load meets all alike. Prints JSON. Run: `npx tsx bench/src/guard-costs.ts [rounds]`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { call, groundwork, type Call } from '@roamgrid/chaincode/testing';
import { MemoryLedger } from '@roamgrid/chaincode/testing/ledger';
import { GUARD_NAMES, GUARDS, withoutGuards, type GuardName } from './native/guards.ts';
import { LaneGateway } from './native/lane-gateway.ts';
import { LaneSessions } from './native/signed-sessions.ts';
import { makeSites, registration } from './native/sites.ts';

const SIZE = 500;
const BATCHES = 3;
const OPENED_TOGETHER = 100;
const STATIONS = 100;
const DAY_MS = 86_400_000;
const memory = fileURLToPath(new URL('../../chaincode/src/testing/memory-ledger.ts', import.meta.url));

type Ledger = Pick<MemoryLedger, 'state' | 'refusal' | 'submit'>;
type MakeLedger = new () => Ledger;

/** The contracts without a guard, on a state in memory. */
const ledgerWithout = async (folder: string, guards: readonly GuardName[]): Promise<MakeLedger> => {
  const outfile = join(folder, `${guards.join('-') || 'whole'}.cjs`);
  await build({
    entryPoints: [memory],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    logLevel: 'error',
    plugins: [withoutGuards(guards)],
  });
  const loaded = createRequire(import.meta.url)(outfile) as { MemoryLedger: MakeLedger };
  return loaded.MemoryLedger;
};

interface Case {
  readonly settle: Call;
  readonly state: ReadonlyMap<string, string | Uint8Array>;
}

/** Settles with the states that they meet. */
const casesOf = async (device: boolean): Promise<readonly Case[]> => {
  const nowMs = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  const ledger = new MemoryLedger();
  const sites = makeSites(STATIONS, 1);
  for (const step of [...groundwork(), ...sites.map(registration)])
    await ledger.submit({ ...call(step), nowMs: nowMs - 40 * DAY_MS });
  const laneId = 'USDUK-USALP-g0';
  const kind = { cachedPercent: 85, customers: 700, bound: true, device };
  const made = new LaneSessions(laneId, sites, kind, nowMs - 29 * DAY_MS);
  const sessions = [];
  for (let index = 0; index < SIZE * BATCHES; index += 1) sessions.push(await made.next());
  const gateway = new LaneGateway(laneId);
  for (let from = 0; from < sessions.length; from += OPENED_TOGETHER)
    await ledger.submit({ ...gateway.open(sessions.slice(from, from + OPENED_TOGETHER)), nowMs });
  const cases: Case[] = [];
  for (let from = 0; from < sessions.length; from += SIZE) {
    const settle = { ...gateway.settle(sessions.slice(from, from + SIZE)).call, nowMs };
    cases.push({ settle, state: new Map(ledger.state) });
    await ledger.submit(settle);
  }
  return cases;
};

/** Microseconds of processor time a session. */
const timed = async (Made: MakeLedger, { settle, state }: Case): Promise<number> => {
  const ledger = new Made();
  for (const [key, value] of state) ledger.state.set(key, value as never);
  const before = process.cpuUsage();
  const said = await ledger.refusal(settle);
  const { user, system } = process.cpuUsage(before);
  if (said !== 'ok') throw new Error(said);
  return (user + system) / SIZE;
};

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const measure = async (rounds: number) => {
  const folder = await mkdtemp(join(tmpdir(), 'roamgrid-guards-'));
  try {
    const plain = await casesOf(false);
    const withDevice = await casesOf(true);
    const whole = await ledgerWithout(folder, []);
    const found: Record<string, { says: string; microsecondsOfOneContract: number }> = {};
    const wholes: number[] = [];
    for (const name of GUARD_NAMES) {
      const without = await ledgerWithout(folder, [name]);
      const cases = name === 'driver-consent' ? withDevice : plain;
      const savings: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        for (const one of cases) {
          // In turns, because what runs second finds more garbage.
          const isFirst = round % 2 === 0;
          const before = isFirst ? await timed(whole, one) : undefined;
          const less = await timed(without, one);
          const all = before ?? (await timed(whole, one));
          // Compilers warm up in the first rounds.
          if (round < 2) continue;
          savings.push(all - less);
          if (name !== 'driver-consent') wholes.push(all);
        }
      }
      found[name] = { says: GUARDS[name].says, microsecondsOfOneContract: Math.round(median(savings)) };
      process.stderr.write(`${name}: ${found[name].microsecondsOfOneContract} µs\n`);
    }
    return { rounds, sessionsInSettle: SIZE, wholeMicroseconds: Math.round(median(wholes)), guards: found };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

try {
  const measured = await measure(Number(process.argv[2] ?? 10));
  process.stdout.write(`${JSON.stringify({ ...measured, load: loadavg() }, null, 2)}\n`);
} catch (error) {
  // Said here: fabric-shim, which comes with the contracts, would log what nobody caught and let the process end well.
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
}
