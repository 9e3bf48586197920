import type { RecordedSession } from '@roamgrid/station';
import { Dice } from '../fuzz/dice.ts';
import { CHAOS_UTILITIES, CUSTOMERS } from './cast.ts';
import { pressedPauseMs, pressedStayMs } from './press.ts';
import { recordedSessions, type Recorded } from './recorded.ts';

/** What can happen to a part. */
export const FAULT_KINDS = [
  'kill', // SIGKILL
  'freeze', // SIGSTOP, and SIGCONT after a while
  'cut', // its connections are cut, and it cannot be reached for a while
  'clock-skew', // a station loses power, and comes back with its clock off
  'disk-full', // it can write to no file for a while
  'frozen-database', // PostgreSQL with all its workers does nothing for a while
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** A recorded session, to be lived again: what was charged, for how long, and after whom, is as it was recorded. */
export interface PlannedSession {
  readonly number: number;
  /** Its id in the file. */
  readonly recordedAs: string;
  readonly evseId: string;
  /** Whose customer comes. */
  readonly homeUtilityId: string;
  readonly customer: number;
  /** After the beginning of the run, ms. */
  readonly arrivesAtMs: number;
  /** As long as it was recorded, pressed together. */
  readonly staysMs: number;
  /** What the car charges in its stay. */
  readonly energyWh: bigint;
}

export interface PlannedFault {
  readonly number: number;
  readonly kind: FaultKind;
  readonly target: string;
  /** After the beginning of the run, ms. */
  readonly atMs: number;
  /** Until it is taken back; what was killed comes back by itself. */
  readonly lastsMs: number;
  /** How far the clock is off. */
  readonly skewMs?: number;
}

/** Everything that a seed fixes. */
export interface ChaosPlan {
  readonly seed: number;
  /** The file that the sessions were drawn from. */
  readonly recorded: string;
  readonly sessions: readonly PlannedSession[];
  readonly faults: readonly PlannedFault[];
}

const SESSIONS_PER_FAULT = 14;
/** The first car has come by then on a machine that does nothing else. */
export const FIRST_SESSION_MS = 2_000;
const FIRST_FAULT_MS = 6_000;

const KINDS_OF: readonly (readonly [RegExp, readonly FaultKind[]])[] = [
  [/^postgres$/, ['kill', 'frozen-database', 'cut', 'disk-full']],
  [/^peer$/, ['kill', 'freeze', 'cut', 'disk-full']],
  [/^station\//, ['kill', 'clock-skew', 'freeze', 'cut', 'disk-full']],
  [/./, ['kill', 'freeze', 'cut']],
];

export const kindsOf = (part: string): readonly FaultKind[] =>
  KINDS_OF.find(([name]) => name.test(part))?.[1] ?? [];

const shuffled = <T>(items: readonly T[], dice: Dice): T[] => {
  const left = [...items];
  return items.flatMap(() => left.splice(dice.below(left.length), 1));
};

/** A stretch of the recorded sessions in their order: the seed draws its first one. After the last comes the first. */
function stretch(
  { sessions }: Recorded,
  count: number,
  dice: Dice,
): readonly { row: RecordedSession; pauseMs: number }[] {
  const first = dice.below(sessions.length);
  const rows = Array.from({ length: count }, (_, at) => sessions[(first + at) % sessions.length]);
  return rows.map((row, at) => {
    if (row === undefined) throw new Error('no session is recorded');
    return { row, pauseMs: row.startMs - (rows[at - 1]?.startMs ?? row.startMs) };
  });
}

function planSessions(count: number, recorded: Recorded, dice: Dice): PlannedSession[] {
  const outlets = CHAOS_UTILITIES.flatMap(({ utilityId, stations }) =>
    stations.flatMap((station) => station.outlets.map(({ evseId }) => ({ evseId, utilityId, freeAtMs: 0 }))),
  );
  return stretch(recorded, count, dice).map(({ row, pauseMs }, number) => {
    const outlet = outlets.reduce((free, one) => (one.freeAtMs < free.freeAtMs ? one : free));
    const other = CHAOS_UTILITIES.find(({ utilityId }) => utilityId !== outlet.utilityId);
    if (other === undefined) throw new Error('a visited utility has a partner');
    const arrivesAtMs = outlet.freeAtMs + pressedPauseMs(pauseMs);
    const staysMs = pressedStayMs(row.endMs - row.startMs);
    outlet.freeAtMs = arrivesAtMs + staysMs;
    return {
      number,
      recordedAs: row.sessionId,
      evseId: outlet.evseId,
      homeUtilityId: other.utilityId,
      customer: dice.below(CUSTOMERS),
      arrivesAtMs,
      staysMs,
      energyWh: row.energyWh,
    };
  });
}

const lastsMsOf = (kind: FaultKind, dice: Dice): number => {
  if (kind === 'kill' || kind === 'clock-skew') return 0;
  // Mostly short, and now and then longer than what waits for the part has patience.
  return dice.percent(10) ? 12_000 + dice.below(4_000) : 1_500 + dice.below(4_000);
};

function planFaults(parts: readonly string[], count: number, lastMs: number, dice: Dice): PlannedFault[] {
  const targets: string[] = [];
  while (targets.length < count) targets.push(...shuffled(parts, dice));
  // Each part goes through its kinds in an order of its own.
  const kinds = new Map(parts.map((part) => [part, shuffled(kindsOf(part), dice)]));
  const stepMs = (lastMs - FIRST_FAULT_MS) / count;
  return targets.slice(0, count).map((target, number) => {
    const own = kinds.get(target) ?? [];
    const kind = own[0] ?? 'kill';
    kinds.set(target, [...own.slice(1), kind]);
    const atMs = Math.floor(FIRST_FAULT_MS + stepMs * number) + dice.below(Math.max(1, Math.floor(stepMs)));
    const lastsMs = lastsMsOf(kind, dice);
    const skewMs = (dice.percent(50) ? 1 : -1) * (20_000 + dice.below(220_000));
    return { number, kind, target, atMs, lastsMs, ...(kind === 'clock-skew' && { skewMs }) };
  });
}

/** The plan of a seed for a ledger's parts: the same on every machine, whatever that one allows. */
export function planChaos(
  seed: number,
  sessions: number,
  parts: readonly string[],
  recorded = recordedSessions(),
): ChaosPlan {
  const dice = new Dice(seed);
  const planned = planSessions(sessions, recorded, dice);
  const lastMs = Math.max(FIRST_FAULT_MS + 1_000, ...planned.map(({ arrivesAtMs }) => arrivesAtMs));
  const count = Math.max(parts.length, Math.ceil(sessions / SESSIONS_PER_FAULT));
  return {
    seed,
    recorded: recorded.file,
    sessions: planned,
    faults: planFaults(parts, count, lastMs, dice),
  };
}
