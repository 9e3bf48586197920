import type { DemandChunk } from '../session/records.ts';
import type { GridRule } from '../session/terms.ts';

/** What the grid demanded in each interval of a session, as far as the agreed rule lets readings count. */

const PPM = 1_000_000n;
const LONGEST_CHUNK_MS = 86_400_000;
/** A reading counts when it was on the ledger so long before charging ended. */
const SETTLED_MS = 60_000;

type Fault = 'missing' | 'implausible' | 'contradictory';
type Found = bigint | Fault;

export interface Interval {
  readonly fromMs: number;
  readonly outcome: 'measured' | 'last-good' | 'frozen';
  readonly fault: Fault | undefined;
  readonly readingAtMs: number | undefined;
  readonly demandW: bigint | undefined;
}

const firstMs = ({ intervalMs, maxAgeMs }: GridRule, startMs: number): number => {
  const from = startMs - maxAgeMs;
  return Math.max(0, from - (from % intervalMs));
};

/** The span of chunks' first instants that can matter to a session. */
export const chunksFrom = (rule: GridRule, startMs: number): number =>
  Math.max(0, firstMs(rule, startMs) - LONGEST_CHUNK_MS);

const tellsOf = (rule: GridRule, chunks: readonly DemandChunk[], source: number, cutMs: number) => {
  const found = new Map<number, Found>();
  const named = rule.sources[source];
  for (const chunk of chunks) {
    const [first, last] = [chunk.readings[0], chunk.readings.at(-1)];
    const counts =
      chunk.utilityId === named?.utilityId &&
      chunk.areaId === named.areaId &&
      (chunk.recordedAtMs ?? Infinity) <= cutMs &&
      chunk.intervalMs === rule.intervalMs &&
      (last?.atMs ?? 0) - (first?.atMs ?? 0) <= LONGEST_CHUNK_MS;
    if (!counts) continue;
    for (const { atMs, demandW } of chunk.readings)
      found.set(atMs, found.has(atMs) && found.get(atMs) !== demandW ? 'contradictory' : demandW);
  }
  return found;
};

const apart = (a: bigint, b: bigint): bigint => (a < b ? b - a : a - b);

interface Good {
  readonly atMs: number;
  readonly demandW: bigint;
}

const isPlausible = (rule: GridRule, demandW: bigint, before: Good | undefined): boolean =>
  rule.minW <= demandW &&
  demandW <= rule.maxW &&
  (before === undefined || apart(demandW, before.demandW) * PPM <= rule.maxChangePpm * before.demandW);

/** One value of one or two sources. */
const joined = (rule: GridRule, told: readonly Found[]): Found => {
  const good = told.filter((each) => typeof each === 'bigint');
  const [one, other] = good;
  if (one === undefined) return told.find((each) => each !== 'missing') ?? 'missing';
  if (other === undefined) return one;
  const greater = one < other ? other : one;
  return apart(one, other) * PPM <= rule.tolerancePpm * greater ? one : 'contradictory';
};

/** Intervals that a session touches, ascending. */
export const demandAt = (
  rule: GridRule,
  chunks: readonly DemandChunk[],
  startMs: number,
  endMs: number,
): readonly Interval[] => {
  const sources = rule.sources.map((_, index) => tellsOf(rule, chunks, index, endMs - SETTLED_MS));
  const before: (Good | undefined)[] = rule.sources.map(() => undefined);
  const found: Interval[] = [];
  let lastGood: Good | undefined;
  for (let atMs = firstMs(rule, startMs); atMs < endMs; atMs += rule.intervalMs) {
    const told = sources.map((source, index): Found => {
      const value = source.get(atMs) ?? 'missing';
      if (typeof value !== 'bigint') return value;
      const last = before[index];
      const recent = last !== undefined && atMs - last.atMs <= rule.maxAgeMs ? last : undefined;
      if (!isPlausible(rule, value, recent)) return 'implausible';
      before[index] = { atMs, demandW: value };
      return value;
    });
    const value = joined(rule, told);
    if (typeof value === 'bigint') lastGood = { atMs, demandW: value };
    if (atMs + rule.intervalMs <= startMs) continue;
    const stands =
      value !== 'contradictory' && lastGood !== undefined && atMs - lastGood.atMs <= rule.maxAgeMs;
    found.push({
      fromMs: atMs,
      outcome: typeof value === 'bigint' ? 'measured' : stands ? 'last-good' : 'frozen',
      fault: typeof value === 'bigint' ? undefined : value,
      readingAtMs: stands ? lastGood?.atMs : undefined,
      demandW: stands ? lastGood?.demandW : undefined,
    });
  }
  return found;
};
