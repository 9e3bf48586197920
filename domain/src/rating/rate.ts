import { rationalToDecimal } from '../tariff/decimal-text.ts';
import type { Note, Tariff } from '../tariff/index.ts';
import { add, isPositive, isZero, multiply, rational, ZERO, type Rational } from '../tariff/rational.ts';
import type { DimensionType, ReservationType } from '../tariff/tariff.ts';
import { microWhToKWh, TICKS_PER_MS, ticksToHours } from '../tariff/units.ts';
import { billOf, unknownSideOf } from './bill.ts';
import { chargeOf, limitCharges, type Charge } from './charge.ts';
import { UsageLedger, type LineKind } from './ledger.ts';
import { findComponent, localTime, type Moment, type Priced } from './match.ts';
import type { PricingPolicy } from './policy.ts';
import type { Rated } from './rated.ts';
import { slicePeriod, type Slice } from './split.ts';
import { applyStepSizes } from './step-size.ts';
import { isExpiredReservation, isReservationOnly, type Usage, type UsagePeriod } from './usage.ts';

const TOTAL_DIGITS = 6;
const EPOCH_LOCAL = { day: 0, msOfDay: 0, weekday: 4 } as const;

// Written out field by field: this runs for every slice of every period, and a spread costs more than the pricing.
const momentOf = (
  usage: Usage,
  tariff: Tariff,
  period: UsagePeriod,
  slice: Slice,
  startMs: number,
): Moment => {
  const local = tariff.edges.usesLocalTime ? localTime(usage.zoneOffsets, slice.atMs) : EPOCH_LOCAL;
  return {
    day: local.day,
    msOfDay: local.msOfDay,
    weekday: local.weekday,
    durationMs: slice.atMs - startMs,
    energy: slice.energy,
    power: period.power,
    current: period.current,
  };
};

const sharesOf = (
  usage: Usage,
  tariff: Tariff,
  period: UsagePeriod,
  startMs: number,
  energyBefore: Rational,
  policy: PricingPolicy,
): readonly Slice[] =>
  policy.straddle === 'interpolate'
    ? slicePeriod(period, tariff, usage.zoneOffsets, startMs, energyBefore)
    : [{ share: { n: 1n, d: 1n }, atMs: period.startMs, energy: energyBefore }];

const part = (quantity: Rational, slice: Slice): Rational =>
  slice.share.n === slice.share.d ? quantity : multiplyReduced(quantity, slice.share);

const multiplyReduced = (a: Rational, b: Rational): Rational => {
  const product = multiply(a, b);
  return rational(product.n, product.d);
};

/** Posts the charging session's part of one period. */
const postSession = (
  ledger: UsageLedger,
  usage: Usage,
  period: UsagePeriod,
  energyBefore: Rational,
  policy: PricingPolicy,
): number => {
  const index = period.tariff;
  const tariff = index === undefined ? undefined : usage.tariffs[index];
  if (index === undefined || tariff === undefined) return 1;
  const slices = sharesOf(usage, tariff, period, usage.sessionStartMs, energyBefore, policy);
  for (const slice of slices) {
    const at = momentOf(usage, tariff, period, slice, usage.sessionStartMs);
    const find = (type: DimensionType): Priced | undefined =>
      findComponent(tariff, type, undefined, at, policy);
    const flat = find('FLAT');
    if (flat !== undefined) ledger.postFlat('FLAT', index, flat);
    const post = (kind: LineKind & DimensionType, quantity: Rational | undefined): void => {
      if (quantity === undefined || isZero(quantity)) return;
      const used = part(quantity, slice);
      ledger.countUse(kind, used);
      const priced = find(kind);
      if (priced !== undefined) ledger.post(kind, index, priced, used);
    };
    post('ENERGY', period.energy);
    post('TIME', period.charging);
    post('PARKING_TIME', period.parking);
  }
  return slices.length;
};

/** An expired reservation looks among `RESERVATION_EXPIRES` first, dimension by dimension. */
const reservationTypes = (expired: boolean): readonly ReservationType[] =>
  expired ? ['RESERVATION_EXPIRES', 'RESERVATION'] : ['RESERVATION'];

/** Posts the reserved time of one period. Spec: OCPI 2.2.1 mod_tariffs ReservationRestrictionType. */
const postReservation = (
  ledger: UsageLedger,
  usage: Usage,
  period: UsagePeriod,
  expired: boolean,
  policy: PricingPolicy,
): void => {
  const index = period.tariff;
  const tariff = index === undefined ? undefined : usage.tariffs[index];
  if (index === undefined || tariff === undefined || period.reserved === undefined) return;
  const startMs = usage.reservationStartMs ?? period.startMs;
  for (const slice of sharesOf(usage, tariff, { ...period, energy: ZERO }, startMs, ZERO, policy)) {
    const at = momentOf(usage, tariff, period, slice, startMs);
    const find = (type: DimensionType): Priced | undefined => {
      for (const reservation of reservationTypes(expired)) {
        const found = findComponent(tariff, type, reservation, at, policy);
        if (found !== undefined) return found;
      }
      return undefined;
    };
    const flat = find('FLAT');
    if (flat !== undefined) ledger.postFlat('RESERVATION_FLAT', index, flat);
    const used = part(period.reserved, slice);
    ledger.countUse('RESERVATION_TIME', used);
    const time = find('TIME');
    if (time !== undefined && isPositive(used)) ledger.post('RESERVATION_TIME', index, time, used);
  }
};

const postAll = (ledger: UsageLedger, usage: Usage, policy: PricingPolicy, notes: Note[]): boolean => {
  const expired = isExpiredReservation(usage.periods);
  if (expired) {
    notes.push({ code: 'RESERVATION_EXPIRED', message: 'there was a reservation but no charging session' });
  }
  let energyBefore = ZERO;
  for (const [position, period] of usage.periods.entries()) {
    postReservation(ledger, usage, period, expired, policy);
    if (!expired && !isReservationOnly(period)) {
      const slices = postSession(ledger, usage, period, energyBefore, policy);
      if (slices > 1) {
        const message = `period ${position} crosses an edge of its tariff and was split in ${slices}`;
        notes.push({ code: 'PERIOD_SPLIT', message, pointer: `/charging_periods/${position}` });
      }
    }
    if (period.energy !== undefined) energyBefore = add(energyBefore, period.energy);
  }
  return expired;
};

/** Charges in line order, each tariff's limits after its lines. A lapsed reservation is no session, so has no minimum. */
const chargesOf = (ledger: UsageLedger, usage: Usage, expired: boolean, notes: Note[]): readonly Charge[] => {
  const charges: Charge[] = [];
  for (const entry of ledger.entries) {
    const tariff = usage.tariffs[entry.tariff];
    if (tariff !== undefined) charges.push(chargeOf(entry, tariff));
  }
  const limits = usage.tariffs.flatMap((tariff, index) => {
    if (tariff.minPrice === undefined && tariff.maxPrice === undefined) return [];
    if (!usage.periods.some((period) => period.tariff === index)) return [];
    const own = charges.filter((charge) => charge.tariff === index);
    return limitCharges(own, tariff, index, expired, notes);
  });
  return [...charges, ...limits];
};

const hours = (ticks: Rational): string => rationalToDecimal(ticksToHours(ticks), TOTAL_DIGITS);

/**
 * Rates a session exactly. A pure function of its input: the same usage, tariffs, offsets and policy give the same
 * result on every host. Usage must be in time order with every tariff index valid; callers check what they read.
 */
export const rateUsage = (usage: Usage, policy: PricingPolicy, earlierNotes: readonly Note[] = []): Rated => {
  const notes = [...earlierNotes];
  const ledger = new UsageLedger();
  const expired = postAll(ledger, usage, policy, notes);
  applyStepSizes(ledger, policy, notes);
  const charges = chargesOf(ledger, usage, expired, notes);
  noteUnknownTaxes(ledger, usage, notes);
  const endMs = usage.periods.at(-1)?.endMs ?? usage.sessionStartMs;
  const sessionMs = expired ? 0 : Math.max(0, endMs - usage.sessionStartMs);
  const used = (pick: (period: UsagePeriod) => Rational | undefined): Rational =>
    usage.periods.reduce((total, period) => add(total, pick(period) ?? ZERO), ZERO);
  return {
    currency: usage.tariffs[0]?.currency ?? '',
    version: usage.tariffs[0]?.version ?? '2.2.1',
    ...billOf(charges, usage.tariffs, policy),
    energyKWh: rationalToDecimal(microWhToKWh(used(({ energy }) => energy)), TOTAL_DIGITS),
    timeHours: hours(rational(BigInt(sessionMs) * TICKS_PER_MS)),
    parkingHours: hours(used(({ parking }) => parking)),
    reservationHours: hours(used(({ reserved }) => reserved)),
    policy,
    zoneOffsets: usage.zoneOffsets,
    tariffs: usage.tariffs,
    notes,
  };
};

/** Prices that include taxes nobody named cannot be taken apart; prices without them leave the tax to the reader. */
const noteUnknownTaxes = (ledger: UsageLedger, usage: Usage, notes: Note[]): void => {
  for (const [index, tariff] of usage.tariffs.entries()) {
    const isOpen = ledger.entries.some(
      ({ tariff: at, component }) => at === index && unknownSideOf(component, tariff) !== undefined,
    );
    if (!isOpen) continue;
    const message =
      tariff.taxIncluded === 'YES'
        ? 'prices include taxes at rates the tariff does not state: the amount before taxes is given as the whole'
        : 'components state no vat: no tax is added to them';
    notes.push({ code: 'TAX_UNKNOWN', message });
  }
};
