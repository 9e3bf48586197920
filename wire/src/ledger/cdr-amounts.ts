import { ok, shares, splitSession, type Result } from '@roamgrid/domain';
import type { AmountsInput, CdrError } from './cdr-input.ts';
import { adjust, computeRated, readTariff, runsBack } from './compute-cdr.ts';
import { energyOfGain } from './session-energy.ts';
import { asksForTime, timeCounts } from './session-time.ts';
import type { Cdr } from './session.ts';

/** What a batch sums up of a session's record, without its lines. */
export type CdrAmounts = Pick<
  Cdr,
  'startMs' | 'endMs' | 'energyWh' | 'currency' | 'netMicros' | 'taxMicros' | 'totalMicros' | 'shares'
>;

const durations = (readings: AmountsInput['readings']): Record<'chargingMs' | 'parkingMs', number> => {
  let [chargingMs, parkingMs] = [0, 0];
  for (const [index, { atMs }] of readings.entries()) {
    const before = readings[index - 1];
    if (before === undefined) continue;
    if (before.charging) chargingMs += atMs - before.atMs;
    else parkingMs += atMs - before.atMs;
  }
  return { chargingMs, parkingMs };
};

/** The amounts of a session that nothing is special about; undefined for all others, and for what cannot be rated. */
const plainAmounts = (input: AmountsInput): CdrAmounts | undefined => {
  const { quote, readings, terms, grid } = input;
  const tariff = readTariff(input.tariffJson);
  const [first] = readings;
  const last = readings.at(-1);
  if (
    tariff?.uniform === undefined ||
    grid !== undefined ||
    first === undefined ||
    last === undefined ||
    readings.length < 2 ||
    tariff.tariff.currency !== quote.currency ||
    runsBack(readings) !== undefined ||
    (asksForTime(tariff.tariff) && !timeCounts(readings))
  )
    return undefined;
  const energyWh = energyOfGain(last.registerMilliWh - first.registerMilliWh);
  const rated = tariff.uniform({ energyWh, ...durations(readings) });
  const net = adjust(rated.totalMicros, quote.adjustmentPpm);
  const tax = adjust(rated.taxMicros, quote.adjustmentPpm);
  const parts = shares(terms.shares);
  if (!net.ok || !tax.ok || !parts.ok) return undefined;
  const totalMicros = net.value + tax.value;
  return {
    startMs: first.atMs,
    endMs: last.atMs,
    energyWh,
    currency: quote.currency,
    netMicros: net.value,
    taxMicros: tax.value,
    totalMicros,
    shares: splitSession(totalMicros, parts.value),
  };
};

/** The amounts of {@link computeCdr}, or why there are none: faster where a tariff has one price for each thing. */
export const computeAmounts = (input: AmountsInput): Result<CdrAmounts, CdrError> => {
  const plain = plainAmounts(input);
  return plain === undefined ? computeRated(input) : ok(plain);
};
