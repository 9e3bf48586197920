import type { AdaptationRule, DemandFault, DemandOutcome } from './adaptation-rule.ts';
import type { DemandChunkRecord } from './grid.ts';

/**
 * What the grid demanded in an interval, from readings that may be late, missing, contradictory or implausible.
 * Pure: the visited utility asks it when it makes a CDR, the contract when it checks one, an auditor years later.
 */

const PPM = 1_000_000n;

/** Chunks that span more are history that was told afterwards; only shorter ones move prices. */
export const MAX_LIVE_CHUNK_MS = 86_400_000;

export type DemandRule = Pick<
  AdaptationRule,
  'sources' | 'intervalMs' | 'plausible' | 'tolerancePpm' | 'maxAgeMs'
>;

/**
 * A reading counts when it was recorded so long before the end of charging: what was on its way to a block then would
 * give one bill to whoever looks early and another to whoever looks late.
 */
export const DEMAND_MARGIN_MS = 60_000;

export interface IntervalDemand {
  readonly fromMs: number;
  readonly outcome: DemandOutcome;
  readonly fault?: DemandFault;
  readonly readingAtMs?: number;
  readonly demandW?: bigint;
}

type Source = DemandRule['sources'][number];
/** A value, or why there is none. */
type Reading = { readonly demandW: bigint } | { readonly fault: DemandFault };

const floorTo = (atMs: number, stepMs: number): number => atMs - (atMs % stepMs);

/** Span of chunk keys that can hold a reading that matters to a session. */
export const chunkSpan = (
  rule: DemandRule,
  startMs: number,
  endMs: number,
): { readonly fromMs: number; readonly untilMs: number } => ({
  fromMs: Math.max(0, firstInterval(rule, startMs) - MAX_LIVE_CHUNK_MS),
  untilMs: endMs + 1,
});

const firstInterval = ({ intervalMs, maxAgeMs }: DemandRule, startMs: number): number =>
  Math.max(0, floorTo(startMs - maxAgeMs, intervalMs));

const counts = (chunk: DemandChunkRecord, rule: DemandRule, cutMs: number): boolean => {
  const first = chunk.readings[0]?.atMs ?? 0;
  const last = chunk.readings.at(-1)?.atMs ?? 0;
  return (
    chunk.recordedAtMs !== undefined &&
    chunk.recordedAtMs <= cutMs &&
    chunk.intervalMs === rule.intervalMs &&
    last - first <= MAX_LIVE_CHUNK_MS
  );
};

/** A source's readings by instant; two different ones of an instant contradict each other. */
const readingsOf = (
  source: Source,
  rule: DemandRule,
  chunks: readonly DemandChunkRecord[],
  cutMs: number,
): ReadonlyMap<number, Reading> => {
  const readings = new Map<number, Reading>();
  for (const chunk of chunks) {
    const isOfSource = chunk.utilityId === source.utilityId && chunk.areaId === source.areaId;
    if (!isOfSource || !counts(chunk, rule, cutMs)) continue;
    for (const { atMs, demandW } of chunk.readings) {
      const before = readings.get(atMs);
      const differs = before !== undefined && (!('demandW' in before) || before.demandW !== demandW);
      readings.set(atMs, differs ? { fault: 'contradictory' } : { demandW });
    }
  }
  return readings;
};

interface Good {
  readonly atMs: number;
  readonly demandW: bigint;
}

const distance = (a: bigint, b: bigint): bigint => (a > b ? a - b : b - a);

const plausible = (demandW: bigint, before: Good | undefined, { plausible: limits }: DemandRule): boolean =>
  demandW >= limits.minW &&
  demandW <= limits.maxW &&
  (before === undefined || distance(demandW, before.demandW) * PPM <= limits.maxChangePpm * before.demandW);

const checked = (
  reading: Reading | undefined,
  atMs: number,
  before: Good | undefined,
  rule: DemandRule,
): Reading => {
  if (reading === undefined) return { fault: 'missing' };
  if ('fault' in reading) return reading;
  // A value that is too old says nothing about the next one either.
  const recent = before !== undefined && atMs - before.atMs <= rule.maxAgeMs ? before : undefined;
  return plausible(reading.demandW, recent, rule) ? reading : { fault: 'implausible' };
};

/** One value from one or two sources. A single good one stands alone; two must agree. */
const agreed = (readings: readonly Reading[], { tolerancePpm }: DemandRule): Reading => {
  const good = readings.flatMap((reading) => ('demandW' in reading ? [reading.demandW] : []));
  const [first, second] = good;
  if (first === undefined) {
    const faults = readings.flatMap((reading) => ('fault' in reading ? [reading.fault] : []));
    return { fault: faults.find((fault) => fault !== 'missing') ?? 'missing' };
  }
  if (second === undefined) return { demandW: first };
  const greater = first > second ? first : second;
  const agree = distance(first, second) * PPM <= tolerancePpm * greater;
  return agree ? { demandW: first } : { fault: 'contradictory' };
};

/**
 * The demand of every interval that a session touches, ascending. A missing or implausible reading is stood in for by
 * the last good one within its age limit; sources that contradict each other freeze the interval at once.
 */
export const demandOfSession = (
  rule: DemandRule,
  chunks: readonly DemandChunkRecord[],
  startMs: number,
  endMs: number,
): readonly IntervalDemand[] => {
  const bySource = rule.sources.map((source) => ({
    readings: readingsOf(source, rule, chunks, endMs - DEMAND_MARGIN_MS),
    before: undefined as Good | undefined,
  }));
  const intervals: IntervalDemand[] = [];
  let lastGood: Good | undefined;
  for (let atMs = firstInterval(rule, startMs); atMs < endMs; atMs += rule.intervalMs) {
    const readings = bySource.map((source) => {
      const reading = checked(source.readings.get(atMs), atMs, source.before, rule);
      if ('demandW' in reading) source.before = { atMs, demandW: reading.demandW };
      return reading;
    });
    const value = agreed(readings, rule);
    if ('demandW' in value) lastGood = { atMs, demandW: value.demandW };
    if (atMs + rule.intervalMs > startMs) intervals.push(outcomeOf(atMs, value, lastGood, rule));
  }
  return intervals;
};

const outcomeOf = (
  fromMs: number,
  value: Reading,
  lastGood: Good | undefined,
  { maxAgeMs }: DemandRule,
): IntervalDemand => {
  if ('demandW' in value) {
    return { fromMs, outcome: 'measured', readingAtMs: fromMs, demandW: value.demandW };
  }
  const { fault } = value;
  const young = lastGood !== undefined && fromMs - lastGood.atMs <= maxAgeMs;
  return fault === 'contradictory' || !young
    ? { fromMs, outcome: 'frozen', fault }
    : { fromMs, outcome: 'last-good', fault, readingAtMs: lastGood.atMs, demandW: lastGood.demandW };
};
