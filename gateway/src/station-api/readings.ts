import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import { LEDGER_LIMITS, type BillingReading, type MeterReading } from '@roamgrid/wire';

export type ReadingsError = DomainError<'READINGS_CONTRADICT'>;

/**
 * Joins readings that came in any order and more than once. They must tell one story: at one time one register, and a
 * register that never runs back. Nothing comes before the first one, which the meter signed.
 */
export const joinReadings = (
  known: readonly MeterReading[],
  more: readonly MeterReading[],
): Result<readonly MeterReading[], ReadingsError> => {
  const byTime = new Map(known.map((reading) => [reading.atMs, reading]));
  const [first] = known;
  for (const reading of more) {
    if (first !== undefined && reading.atMs < first.atMs) {
      const message = `a reading at ${reading.atMs} lies before the session's first at ${first.atMs}`;
      return err({ code: 'READINGS_CONTRADICT', message });
    }
    const before = byTime.get(reading.atMs);
    if (before !== undefined && before.registerMilliWh !== reading.registerMilliWh) {
      return err({
        code: 'READINGS_CONTRADICT',
        message: `at ${reading.atMs} the register was ${before.registerMilliWh} mWh and ${reading.registerMilliWh} mWh`,
      });
    }
    // A later word on the same instant may say that the car stopped taking energy then.
    byTime.set(reading.atMs, reading);
  }
  const joined = [...byTime.values()].sort((a, b) => a.atMs - b.atMs);
  for (const [index, reading] of joined.entries()) {
    const before = joined[index - 1];
    if (before !== undefined && reading.registerMilliWh < before.registerMilliWh) {
      return err({
        code: 'READINGS_CONTRADICT',
        message: `the register runs back from ${before.registerMilliWh} mWh to ${reading.registerMilliWh} mWh at ${reading.atMs}`,
      });
    }
  }
  return ok(joined);
};

/**
 * Readings of a session whose meter signed at its end alone: the two ends are what it signed, and those between keep the
 * distance from the begin that they were told with, as far as they lie inside what was signed.
 */
export const signedAtEnd = (
  readings: readonly MeterReading[],
  { begin, end }: Readonly<Record<'begin' | 'end', Pick<BillingReading, 'atMs' | 'registerMilliWh'>>>,
): readonly MeterReading[] => {
  const [first] = readings;
  const last = readings.at(-1);
  if (first === undefined || last === undefined) return readings;
  const by = begin.registerMilliWh - first.registerMilliWh;
  const between = readings
    .slice(1, -1)
    .map((reading) => ({ ...reading, registerMilliWh: reading.registerMilliWh + by }))
    .filter(
      ({ atMs, registerMilliWh }) =>
        begin.atMs < atMs &&
        atMs < end.atMs &&
        begin.registerMilliWh <= registerMilliWh &&
        registerMilliWh <= end.registerMilliWh,
    );
  const at = ({ charging }: MeterReading, { atMs, registerMilliWh }: typeof begin): MeterReading => ({
    atMs,
    registerMilliWh,
    charging,
  });
  return [at(first, begin), ...between, at(last, end)];
};

/** Drops every second reading inside a stretch of one state until the contract's limit is kept; edges stay. */
export const thinReadings = (
  readings: readonly MeterReading[],
  limit: number = LEDGER_LIMITS.readingsPerSession,
): readonly MeterReading[] => {
  let kept = readings;
  while (kept.length > limit) {
    const thinner = kept.filter((reading, index) => {
      const before = kept[index - 1];
      const isEdge = before?.charging !== reading.charging || index === kept.length - 1;
      return isEdge || index % 2 === 0;
    });
    if (thinner.length === kept.length) break;
    kept = thinner;
  }
  return kept;
};
