import { MS_PER_DAY } from '../tariff/date-time.ts';
import {
  add,
  compare,
  isPositive,
  multiply,
  rational,
  subtract,
  ZERO,
  type Rational,
} from '../tariff/rational.ts';
import type { Tariff, TariffEdges } from '../tariff/tariff.ts';
import type { ZoneOffsets } from '../tariff/zone.ts';
import type { UsagePeriod } from './usage.ts';

const MS_PER_MINUTE = 60_000;
const HALF = rational(1n, 2n);

/** A part of a period between two edges of its tariff, with the state of the session inside it. */
export interface Slice {
  /** Share of the period, greater than 0 and at most 1. */
  readonly share: Rational;
  /** An instant inside the part, and the energy the session had used by then. */
  readonly atMs: number;
  readonly energy: Rational;
}

/** Local clock edges strictly inside a span: window bounds of every day, and each change of the offset itself. */
function* clockEdges(
  edges: TariffEdges,
  offsets: ZoneOffsets,
  startMs: number,
  endMs: number,
): Generator<number, void> {
  for (const [index, { fromMs, offsetMinutes }] of offsets.entries()) {
    const from = index === 0 ? startMs : Math.max(startMs, fromMs);
    const until = Math.min(endMs, offsets[index + 1]?.fromMs ?? endMs);
    if (from >= until) continue;
    if (from > startMs) yield from;
    const shift = offsetMinutes * MS_PER_MINUTE;
    // check-allow float: whole milliseconds, floored to a whole day at once
    const lastDay = Math.floor((until + shift) / MS_PER_DAY);
    // check-allow float: whole milliseconds, floored to a whole day at once
    for (let day = Math.floor((from + shift) / MS_PER_DAY); day <= lastDay; day++) {
      for (const minute of edges.minutes) {
        const at = day * MS_PER_DAY + minute * MS_PER_MINUTE - shift;
        if (at > from && at < until) yield at;
      }
    }
  }
}

/** Edges inside the period as shares of it, unordered. Energy is taken to flow evenly over the period. */
const cutShares = (
  period: UsagePeriod,
  tariff: Tariff,
  offsets: ZoneOffsets,
  durationStartMs: number,
  energyBefore: Rational,
): Rational[] => {
  const { edges } = tariff;
  const { startMs, endMs } = period;
  const lengthMs = BigInt(endMs - startMs);
  const cuts: Rational[] = [];
  if (lengthMs > 0n) {
    for (const durationMs of edges.durationsMs) {
      const at = durationStartMs + durationMs;
      if (at > startMs && at < endMs) cuts.push(rational(BigInt(at - startMs), lengthMs));
    }
    if (edges.usesLocalTime) {
      for (const at of clockEdges(edges, offsets, startMs, endMs)) {
        cuts.push(rational(BigInt(at - startMs), lengthMs));
      }
    }
  }
  const used = period.energy ?? ZERO;
  if (used.n === 0n) return cuts;
  for (const threshold of edges.energies) {
    const into = subtract(threshold, energyBefore);
    const share = rational(into.n * used.d, into.d * used.n);
    if (isPositive(share) && share.n < share.d) cuts.push(share);
  }
  return cuts;
};

/**
 * Cuts a period at every edge of its tariff inside it. A part is judged by its middle, which lies strictly inside the
 * same restrictions as all of it, whether energy rises or falls. Spec: OCPI 2.2.1 mod_cdrs ChargingPeriod asks the CPO
 * to have split there, and lets it interpolate; this does the same for a CDR that was not split.
 */
export const slicePeriod = (
  period: UsagePeriod,
  tariff: Tariff,
  offsets: ZoneOffsets,
  durationStartMs: number,
  energyBefore: Rational,
): readonly Slice[] => {
  const cuts = cutShares(period, tariff, offsets, durationStartMs, energyBefore).sort(compare);
  const used = period.energy ?? ZERO;
  if (cuts.length === 0 && used.n >= 0n) {
    return [{ share: { n: 1n, d: 1n }, atMs: period.startMs, energy: energyBefore }];
  }
  const slices: Slice[] = [];
  let from = ZERO;
  for (const until of [...cuts, rational(1n)]) {
    if (compare(from, until) === 0) continue;
    const middle = multiply(add(from, until), HALF);
    const intoMs = Number((middle.n * BigInt(period.endMs - period.startMs)) / middle.d);
    slices.push({
      share: subtract(until, from),
      atMs: period.startMs + intoMs,
      energy: add(energyBefore, multiply(used, middle)),
    });
    from = until;
  }
  return slices;
};
