import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { sumSplits } from '@roamgrid/domain';
import type { RefusedRow, SessionFile } from '@roamgrid/station';
import { SharedClock, type ServiceName } from '@roamgrid/utility';
import type { Between } from '../system/between.ts';
import { emptyState } from '../system/empty-state.ts';
import { judgeMemory, MemoryWatch, type MemorySample, type MemoryVerdict } from '../system/memory-watch.ts';
import { startSystem, type LedgerChoice } from '../system/system.ts';
import { until } from '../system/until.ts';
import type { RunningUtility, SystemTuning } from '../system/utility.ts';
import { bankOf } from '../bank/served-bank.ts';
import { settlePeriod, type Settlement } from '../scenario/settle.ts';
import { HOMES, visitedUtility } from './cast.ts';
import { drive, STEPS, type Driven, type Step } from './drive.ts';
import { CURRENCY, setUpReplay } from './set-up.ts';
import { moveBefore, repeated, ReplayClock } from './timeline.ts';
import { z } from 'zod';

export interface ReplayOptions {
  readonly file: SessionFile;
  readonly timeZone: string;
  readonly maxPowerW: bigint;
  readonly stateDir: string;
  readonly customersPerHome: number;
  readonly inFlight: number;
  readonly speedUp: number;
  readonly ledger: LedgerChoice;
  /** Services that are processes of their own, which may die and are started again. */
  readonly processes: readonly ServiceName[];
  /** How often the sessions are lived, one time after the other. */
  readonly times: number;
  /** Told what every part that is a process of its own held meanwhile; watched only when somebody listens. */
  readonly onMemory?: (samples: readonly MemorySample[], sessions: number) => void;
  readonly logLevel: SystemTuning['logLevel'];
  /** Stands on the way of connections to parts; nothing when absent. */
  readonly between?: Between;
  readonly progress: (text: string) => void;
}

const HOUR_MS = 3_600_000;
const SESSIONS_A_PAGE = 500;
const sessionPage = z.looseObject({ items: z.array(z.unknown()), cursor: z.string().optional() });

/** Latency figures of one kind of request, ms. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface ReplayReport {
  readonly rows: {
    readonly clean: number;
    readonly refused: number;
    readonly byFault: Readonly<Record<string, number>>;
  };
  readonly refusedRows: readonly RefusedRow[];
  readonly sessions: {
    readonly billed: number;
    readonly refused: Readonly<Record<string, number>>;
    readonly home: number;
    readonly cache: number;
  };
  readonly seconds: number;
  readonly sessionsPerSecond: number;
  readonly latencyMs: Readonly<Record<Step, Latency>>;
  /** How far after the last stop the last session was final on the ledger, s. */
  readonly settledAfterSeconds: number;
  readonly energyWh: bigint;
  readonly reconciliation: {
    readonly cdrMicros: bigint;
    readonly invoiceMicros: bigint;
    readonly shareMicros: bigint;
    readonly billMicros: bigint;
    readonly netMicros: bigint;
    readonly exact: boolean;
  };
  readonly chain: 'verified' | 'broken';
  readonly blocks: number;
  readonly ledger: string;
  /** Memory of every part, when it was watched. */
  readonly memory?: MemoryVerdict;
}

const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n);

function counts(items: Iterable<string>): Record<string, number> {
  const table: Record<string, number> = {};
  for (const item of items) table[item] = (table[item] ?? 0) + 1;
  return table;
}

function latencyOf(samples: readonly number[]): Latency {
  const ordered = [...samples].sort((a, b) => a - b);
  const at = (part: number) =>
    Math.round((ordered[Math.min(ordered.length - 1, Math.floor(part * ordered.length))] ?? 0) * 10) / 10;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

function reconciliation(driven: Driven, settlements: readonly Settlement[]): ReplayReport['reconciliation'] {
  const latest = new Map(
    settlements.flatMap(({ invoices }) =>
      invoices.map((invoice) => [invoice.record.invoiceId, invoice.body] as const),
    ),
  );
  const invoices = [...latest.values()];
  const shares = sumSplits(invoices.map((body) => body.shares));
  const cdrMicros = driven.billed.totalMicros;
  const invoiceMicros = sum(invoices.map(({ totalMicros }) => totalMicros));
  const shareMicros = shares.hun + shares.vun + shares.infrastructure + shares.driver;
  const billMicros = sum(
    settlements.flatMap(({ bills }) => bills.map(({ sessionsMicros }) => sessionsMicros)),
  );
  const netMicros = sum(
    settlements.flatMap(({ netting }) => netting.positions.map((position) => position.netMicros)),
  );
  const exact =
    cdrMicros === invoiceMicros &&
    invoiceMicros === shareMicros &&
    shareMicros === billMicros &&
    netMicros === 0n;
  return { cdrMicros, invoiceMicros, shareMicros, billMicros, netMicros, exact };
}

/**
 * Whether the ledger has closed this many sessions at the visited utility. Counting the open ones would not do: what
 * still waits for its batch is not on the ledger at all.
 */
async function closedSessions(host: RunningUtility, expected: number): Promise<boolean> {
  let closed = 0;
  for (let after: string | undefined = ''; after !== undefined;) {
    const query: string = `state=closed&limit=${SESSIONS_A_PAGE}${after === '' ? '' : `&after=${encodeURIComponent(after)}`}`;
    const { items, cursor } = await host.auditor(
      'GET',
      `${host.gateway.url}/auditor/v1/sessions?${query}`,
      undefined,
      sessionPage,
    );
    closed += items.length;
    after = cursor;
  }
  return closed >= expected;
}

/** Live a file of recorded sessions again on the whole system, settle it, and say whether it adds up. */
export async function replay(options: ReplayOptions): Promise<ReplayReport> {
  const { file, progress, stateDir } = options;
  await emptyState(stateDir);
  const { sessions } = moveBefore(repeated(file.sessions, options.times), Date.now() - HOUR_MS);
  const startMs = (sessions[0]?.startMs ?? Date.now()) - HOUR_MS;
  mkdirSync(stateDir, { recursive: true });
  const shared = new SharedClock(join(stateDir, 'clock'), startMs);
  const clock = new ReplayClock(startMs, shared.set);
  const { definition, evseIdOf } = visitedUtility(sessions, options.timeZone, options.maxPowerW);
  const tuning: SystemTuning = {
    logLevel: options.logLevel,
    simulated: { nowMs: clock.nowMs, patienceMs: 24 * HOUR_MS, ledger: true, clockFile: shared.file },
    processes: options.processes,
    batchWaitMs: 300,
    // The files name no customers: those of the replay take turns, however many of them charge at once.
    carsAtOnce: 100_000,
  };
  const system = await startSystem({
    stateDir,
    utilities: [definition, ...HOMES],
    ledger: options.ledger,
    tuning,
    ...(options.between && { between: options.between }),
    progress,
  });
  try {
    const cins = await setUpReplay(system, definition, HOMES, startMs, options.customersPerHome, progress);
    progress(`replaying ${sessions.length} sessions`);
    const watch = options.onMemory && new MemoryWatch(system.supervisor);
    const driven = await drive(system, definition, evseIdOf, sessions, {
      clock,
      cins,
      inFlight: options.inFlight,
      speedUp: options.speedUp,
      progress: (done, of) => progress(`${done} of ${of} comings and goings`),
    });
    const host = system.utility(definition.utilityId);
    const homes = HOMES.map(({ utilityId }) => system.utility(utilityId));
    const stoppedMs = performance.now();
    await until('the last record on the ledger', async () =>
      (await closedSessions(host, driven.billed.sessions)) ? true : undefined,
    );
    const held = watch?.stop();
    if (held !== undefined) options.onMemory?.(held, driven.billed.sessions);
    const settledAfterSeconds = (performance.now() - stoppedMs) / 1000;
    const bank = bankOf(system, { currency: CURRENCY, nowMs: clock.nowMs });
    const settlements: Settlement[] = [];
    for (const periodId of [...driven.billed.periodIds].sort())
      settlements.push(await settlePeriod(host, homes, periodId, CURRENCY, progress, bank));
    progress('verifying every block, signature and state again, from the files');
    const verdict = await system.ledger.verify();
    return {
      rows: {
        clean: file.sessions.length,
        refused: file.refused.length,
        byFault: counts(file.refused.map(({ fault }) => fault)),
      },
      refusedRows: file.refused,
      sessions: {
        billed: driven.billed.sessions,
        refused: Object.fromEntries(driven.refusals),
        ...driven.authorisedBy,
      },
      seconds: Math.round(driven.wallMs / 100) / 10,
      sessionsPerSecond: Math.round((driven.billed.sessions / driven.wallMs) * 10_000) / 10,
      latencyMs: Object.fromEntries(STEPS.map((step) => [step, latencyOf(driven.latencyMs[step])])) as Record<
        Step,
        Latency
      >,
      settledAfterSeconds: Math.round(settledAfterSeconds * 10) / 10,
      energyWh: driven.billed.energyWh,
      reconciliation: reconciliation(driven, settlements),
      chain: verdict.verified ? 'verified' : 'broken',
      blocks: verdict.blocks,
      ledger: system.ledger.kind,
      ...(held !== undefined && { memory: judgeMemory(held) }),
    };
  } finally {
    await system.close();
    shared.close();
  }
}
