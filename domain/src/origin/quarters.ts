/**
 * Energy of a session by quarter-hour, so that certificates of generation can be matched to it in time.
 * Spec: ROAM-29; the interval is the imbalance settlement period of Regulation (EU) 2019/943 Art. 8(4).
 */

/** Length of an interval that certificates are issued for, ms; intervals begin at full quarters of an hour, UTC. */
export const QUARTER_MS = 900_000;

/** The quarter-hour that an instant lies in, by its first instant. */
export const quarterOf = (atMs: number): number => atMs - (atMs % QUARTER_MS);

/** A meter's register at an instant. */
export interface RegisterPoint {
  readonly atMs: number;
  readonly registerMilliWh: bigint;
}

export interface QuarterEnergy {
  /** First instant of the quarter-hour. */
  readonly quarterMs: number;
  readonly energyWh: bigint;
}

/** The register between two readings, evenly in time, rounded down. */
const between = (before: RegisterPoint, after: RegisterPoint, atMs: number): bigint =>
  before.registerMilliWh +
  ((after.registerMilliWh - before.registerMilliWh) * BigInt(atMs - before.atMs)) /
    BigInt(after.atMs - before.atMs);

/**
 * Splits the energy that a session is billed for over the quarter-hours of its readings. Between two readings energy flows
 * evenly; what flowed up to the end of each quarter is rounded down to Wh and the last quarter has the rest, so that the
 * parts add up to the whole. Quarters without energy are left out. Readings ascend in time and never fall, as a contract
 * has checked; energy without two readings lies in the quarter of the only one.
 */
export const energyByQuarter = (
  readings: readonly RegisterPoint[],
  energyWh: bigint,
): readonly QuarterEnergy[] => {
  const first = readings[0];
  const last = readings.at(-1);
  if (first === undefined || last === undefined || energyWh === 0n) return [];
  const measuredMilliWh = last.registerMilliWh - first.registerMilliWh;
  if (measuredMilliWh === 0n) return [{ quarterMs: quarterOf(last.atMs), energyWh }];
  const parts: QuarterEnergy[] = [];
  let givenWh = 0n;
  let next = 1;
  for (let quarterMs = quarterOf(first.atMs); givenWh < energyWh; quarterMs += QUARTER_MS) {
    const endMs = quarterMs + QUARTER_MS;
    let untilWh = energyWh;
    if (endMs < last.atMs) {
      while ((readings[next]?.atMs ?? endMs) < endMs) next += 1;
      const register = between(readings[next - 1] ?? first, readings[next] ?? last, endMs);
      untilWh = ((register - first.registerMilliWh) * energyWh) / measuredMilliWh;
    }
    if (untilWh > givenWh) parts.push({ quarterMs, energyWh: untilWh - givenWh });
    givenWh = untilWh;
  }
  return parts;
};
