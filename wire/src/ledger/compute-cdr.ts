import {
  applyAdjustments,
  DEFAULT_POLICY,
  divide,
  err,
  formatDecimal,
  ok,
  parseDecimal,
  parseTariff,
  rateSession,
  shares,
  splitSession,
  unwrap,
  uniformRate,
  type PricingPolicy,
  type Rated,
  type RatedLine,
  type Result,
  type SessionSplit,
  type Tariff,
  type UniformRate,
} from '@roamgrid/domain';
import type { z } from 'zod';
import { parseJsonKeepingNumbers } from '../codec/exact-json.ts';
import { adaptSession, type Adapted } from './adapt-cdr.ts';
import type { AmountsInput, CdrError, CdrInput, GridInput, RatedCdr } from './cdr-input.ts';
import { ENERGY_ROUNDING, energySinceStart, type EnergyReading } from './session-energy.ts';
import { asksForTime, timeCounts } from './session-time.ts';
import type { Cdr, cdrLine, RecordedReading } from './session.ts';

/**
 * What a session costs, from what was measured and agreed: the visited utility proposes the CDR with this, and the
 * contract computes it again. Pure, so that both come to the same text.
 */

type CdrLine = z.output<typeof cdrLine>;

/** Rounding of the negotiated adjustment, named in the CDR's `pricingPolicy`. */
const ADJUSTMENT_ROUNDING = 'half-up';

const policyName = ({ id, version }: PricingPolicy, grid: GridInput | undefined): string => {
  const adapted = grid === undefined ? '' : `+grid-${grid.terms.adaptation.version}`;
  return `${id}/${version}+energy-${ENERGY_ROUNDING}+adjust-${ADJUSTMENT_ROUNDING}${adapted}`;
};

const QUANTITY_PLACES = 9;

/** kWh and hours of the rating as watt-hours and seconds: exact from milliwatt-hours and milliseconds on. */
const quantityOf = (line: RatedLine): Pick<CdrLine, 'quantity' | 'unit'> => {
  const scaled = (factor: bigint) => {
    const value = unwrap(parseDecimal(line.billedQuantity, QUANTITY_PLACES));
    return formatDecimal(divide(value * factor, 1_000_000n, 'half-even'), 3);
  };
  switch (line.unit) {
    case 'kWh':
      return { quantity: scaled(1_000n), unit: 'Wh' };
    case 'h':
      return { quantity: scaled(3_600n), unit: 's' };
    case 'fee':
    case 'limit':
      return { quantity: '1', unit: '1' };
  }
};

const kindOf = (type: RatedLine['type']): CdrLine['kind'] => {
  if (type === 'RESERVATION_FLAT' || type === 'RESERVATION_TIME') {
    throw new Error('a session without a reservation was rated with one');
  }
  return type;
};

const toLine = (line: RatedLine): CdrLine => ({
  kind: kindOf(line.type),
  ...(line.elementIndex !== undefined && { element: line.elementIndex }),
  ...quantityOf(line),
  unitPrice: line.unitPrice ?? '',
  amountMicros: line.micros,
  taxMicros: line.taxMicros,
});

/** Tariffs that sessions are rated by at once; beyond it the oldest is read anew. */
const TARIFFS_KEPT = 256;

/** A tariff as sessions are rated by it. */
interface ReadTariff {
  readonly tariff: Tariff;
  /** Its totals, when it has one price for each thing. */
  readonly uniform: UniformRate | undefined;
}

const tariffsRead = new Map<string, ReadTariff>();

/** Reads a tariff's JSON, once for the sessions that share it: it costs as much as rating one of them. */
export const readTariff = (tariffJson: string): ReadTariff | undefined => {
  const known = tariffsRead.get(tariffJson);
  if (known !== undefined) return known;
  const json = parseJsonKeepingNumbers(tariffJson);
  const parsed = json.ok ? parseTariff(json.value) : undefined;
  if (parsed?.ok !== true) return undefined;
  const [oldest] = tariffsRead.keys();
  if (tariffsRead.size >= TARIFFS_KEPT && oldest !== undefined) tariffsRead.delete(oldest);
  const { tariff } = parsed.value;
  const read = { tariff, uniform: uniformRate(tariff) };
  tariffsRead.set(tariffJson, read);
  return read;
};

/**
 * What runs back, if anything: a register is judged before it is rounded, because less than a watt-hour of it would not
 * show; a time before readings that tell nothing are left out, because it is theirs, too.
 */
export const runsBack = (readings: readonly RecordedReading[]): string | undefined => {
  for (const [index, { atMs, registerMilliWh }] of readings.entries()) {
    const before = readings[index - 1];
    if (before === undefined) continue;
    if (registerMilliWh < before.registerMilliWh)
      return `/readings/${index}/registerMilliWh: the register runs backwards`;
    if (atMs < before.atMs) return `/readings/${index}/atMs: readings must be in time order`;
  }
  return undefined;
};

/** A tariff whose every price holds whenever, whatever was used before. */
const isUniform = ({ elements }: Tariff): boolean =>
  elements.every(({ restrictions }) => Object.values(restrictions).every((bound) => bound === undefined));

/**
 * Readings between which a uniform tariff can tell a difference: where charging begins or ends. What lies between two of
 * them has one price, so rating it in one piece comes to the same, and most of a rating's time is its pieces.
 */
const tellingReadings = (readings: readonly EnergyReading[]): readonly EnergyReading[] =>
  readings.filter(
    ({ charging }, index) =>
      index === 0 || index === readings.length - 1 || charging !== readings[index - 1]?.charging,
  );

const rate = (input: AmountsInput, readings: readonly EnergyReading[]): Result<Rated, CdrError> => {
  const tariff = readTariff(input.tariffJson)?.tariff;
  if (tariff === undefined) return err({ code: 'TARIFF_INVALID', message: 'the tariff cannot be read' });
  if (tariff.currency !== input.quote.currency) {
    const message = `the tariff is in ${tariff.currency}, the quote in ${input.quote.currency}`;
    return err({ code: 'CURRENCY_DIFFERS', message });
  }
  if (asksForTime(tariff) && !timeCounts(input.readings)) {
    const message =
      'the tariff prices time, and the meter’s clock was not synchronised or its time is flagged: quote a tariff of energy here';
    return err({ code: 'TIME_UNUSABLE', message });
  }
  const back = runsBack(input.readings);
  if (back !== undefined) return err({ code: 'READINGS_INVALID', message: back });
  const told = isUniform(tariff) ? tellingReadings(readings) : readings;
  const rated = rateSession({
    tariff,
    readings: told.map(({ atMs, energyWh, charging }) => ({
      atMs,
      energyWh,
      state: charging ? 'charging' : 'parking',
    })),
    zoneOffsets: input.quote.zoneOffsets,
    policy: DEFAULT_POLICY,
  });
  if (rated.ok) return rated;
  const message = rated.error.map((problem) => `${problem.pointer}: ${problem.message}`).join('; ');
  return err({ code: 'READINGS_INVALID', message });
};

/** A rated amount with the negotiated adjustment. */
export const adjust = (micros: bigint, ppm: bigint): Result<bigint, CdrError> => {
  const adjusted = applyAdjustments(micros, [{ reason: 'negotiated', ppm }], ADJUSTMENT_ROUNDING);
  return adjusted.ok
    ? ok(adjusted.value.totalMicros)
    : err({ code: 'CHARGE_NEGATIVE', message: adjusted.error.message });
};

const adapt = (
  { grid, quote }: AmountsInput,
  readings: readonly EnergyReading[],
  rated: Rated,
  totalMicros: bigint,
  split: (totalMicros: bigint) => SessionSplit,
): Adapted | undefined =>
  grid &&
  adaptSession({
    ...grid,
    readings,
    energyMicros: rated.energy.micros,
    energyTaxMicros: rated.energy.taxMicros,
    adjustmentPpm: quote.adjustmentPpm,
    totalMicros,
    capMicros: quote.capMicros,
    split,
  });

/** A session's record but for who metered it: estimates and sums need no more. */
export const computeRated = (input: AmountsInput): Result<RatedCdr, CdrError> => {
  const { quote } = input;
  const readings = energySinceStart(input.readings);
  const rated = rate(input, readings);
  if (!rated.ok) return rated;
  const net = adjust(rated.value.totalMicros, quote.adjustmentPpm);
  if (!net.ok) return net;
  const tax = adjust(rated.value.taxMicros, quote.adjustmentPpm);
  if (!tax.ok) return tax;
  const parts = shares(input.terms.shares);
  if (!parts.ok) return err({ code: 'SHARES_INVALID', message: parts.error.message });

  const [first] = readings;
  const last = readings.at(-1);
  if (first === undefined || last === undefined) throw new Error('rated readings are never empty');
  const lines = rated.value.lines.map(toLine);
  if (quote.adjustmentPpm !== 0n) {
    lines.push({
      kind: 'ADJUSTMENT',
      quantity: quote.adjustmentPpm.toString(),
      unit: 'ppm',
      unitPrice: '',
      amountMicros: net.value - rated.value.totalMicros,
      taxMicros: tax.value - rated.value.taxMicros,
    });
  }
  const before = net.value + tax.value;
  const split = (total: bigint) => splitSession(total, parts.value);
  const adapted = adapt(input, readings, rated.value, before, split);
  for (const { movePpm, netMicros, taxMicros, inputs } of adapted?.moves ?? []) {
    lines.push({
      kind: 'ADAPTATION',
      quantity: movePpm.toString(),
      unit: 'ppm',
      unitPrice: '',
      amountMicros: netMicros,
      taxMicros,
      grid: inputs,
    });
  }
  const sum = (of: 'netMicros' | 'taxMicros') =>
    (adapted?.moves ?? []).reduce((total, move) => total + move[of], 0n);
  const netMicros = net.value + sum('netMicros');
  const taxMicros = tax.value + sum('taxMicros');
  const totalMicros = netMicros + taxMicros;
  return ok({
    // One session, one record: the session's number is the record's id.
    cdrId: quote.sessionId,
    sessionId: quote.sessionId,
    vun: quote.vun,
    hun: quote.hun,
    laneSequence: input.laneSequence,
    startMs: first.atMs,
    endMs: last.atMs,
    energyWh: last.energyWh,
    currency: quote.currency,
    tariffId: quote.tariffId,
    tariffVersion: quote.tariffVersion,
    pricingPolicy: policyName(rated.value.policy, input.grid),
    lines,
    netMicros,
    taxMicros,
    totalMicros,
    shares: adapted?.shares ?? split(totalMicros),
    endReason: input.endReason,
  });
};

/** The charge detail record of one session. */
export const computeCdr = ({ meteredBy, ...input }: CdrInput): Result<Cdr, CdrError> => {
  const rated = computeRated(input);
  return rated.ok ? ok({ ...rated.value, meteredBy }) : rated;
};
