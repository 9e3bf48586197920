import {
  COST_KINDS,
  costsOf,
  formatDecimal,
  minorUnitPlaces,
  parseDecimal,
  unknownSidesOf,
  type Cdr,
  type Rated,
  type RatedTax,
  type StatedCost,
  type TaxedMicros,
} from '@roamgrid/domain';
import { LosslessNumber } from 'lossless-json';

const MICRO_DIGITS = 6;

/** Micros as a JSON number, exact and without exponent. */
export const amount = (micros: bigint): LosslessNumber =>
  new LosslessNumber(formatDecimal(micros, MICRO_DIGITS));

/** What is paid of an exact amount: rounded half up to the currency's own smallest unit. */
export const payable = (micros: bigint, currency: string): string => {
  const places = minorUnitPlaces(currency);
  const rounded = parseDecimal(formatDecimal(micros, MICRO_DIGITS), places, 'half-up');
  return rounded.ok ? formatDecimal(rounded.value, places, places) : formatDecimal(micros, MICRO_DIGITS);
};

/** Every total as it is paid: before and after taxes, as far as they are known. */
export const payableOf = (rated: Rated, cdr: Pick<Cdr, 'isCredit'>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    [...costsOf(rated, cdr)].map(([field, { micros, inclTaxMicros }]) => {
      const unknown = unknownSidesOf(rated, field);
      return [
        field,
        {
          ...(!unknown.has('before') && { excl_vat: new LosslessNumber(payable(micros, rated.currency)) }),
          ...(!unknown.has('after') && {
            incl_vat: new LosslessNumber(payable(inclTaxMicros, rated.currency)),
          }),
        },
      ];
    }),
  );

/** Taxes of one total by rate, as OCPI 2.3.0 lists them. */
const taxesOf = (rated: Rated, cost: StatedCost, sign: bigint): readonly RatedTax[] => {
  if (cost === 'total_cost') {
    return rated.taxes.map((tax) => ({ ...tax, taxMicros: sign * tax.taxMicros }));
  }
  const byPercent = new Map<string, bigint>();
  for (const { type, vatPercent, taxMicros } of rated.lines) {
    if (vatPercent === undefined || !COST_KINDS[cost].includes(type)) continue;
    byPercent.set(vatPercent, (byPercent.get(vatPercent) ?? 0n) + taxMicros);
  }
  return [...byPercent].map(([percent, taxMicros]) => ({ percent, taxMicros }));
};

/**
 * A price in the words of its version. 2.3.0 prices carry the 2.2.1 pair too, so that a reader of either finds what it
 * knows; 2.2.1 prices have no list of taxes. A side that cannot be known is left out rather than guessed.
 */
export const priceOf = (
  rated: Rated,
  cdr: Pick<Cdr, 'isCredit'>,
  cost: StatedCost,
  price: TaxedMicros,
): Readonly<Record<string, unknown>> => {
  const unknown = unknownSidesOf(rated, cost);
  const before = unknown.has('before') ? undefined : amount(price.micros);
  const after = unknown.has('after') ? undefined : amount(price.inclTaxMicros);
  const pair = { ...(before && { excl_vat: before }), ...(after && { incl_vat: after }) };
  if (rated.version !== '2.3.0') return pair;
  const sign = cost === 'total_cost' && cdr.isCredit ? -1n : 1n;
  const taxes = taxesOf(rated, cost, sign).map(({ percent, taxMicros }) => ({
    name: 'VAT',
    ...(percent !== undefined && { percentage: new LosslessNumber(percent) }),
    amount: amount(taxMicros),
  }));
  return {
    ...(before && { before_taxes: before }),
    ...(unknown.size === 0 && { taxes }),
    ...(after && { after_taxes: after }),
    ...pair,
  };
};
