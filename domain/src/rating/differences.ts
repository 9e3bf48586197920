import { formatDecimal, minorUnitPlaces } from '../money/index.ts';
import { decimalToRational, rationalToDecimal } from '../tariff/decimal-text.ts';
import type { Rational } from '../tariff/rational.ts';
import type { Cdr, CdrDimension, StatedQuantity } from './cdr.ts';
import { costsOf, unknownSidesOf } from './costs.ts';
import type { Rated } from './rated.ts';

/** One total that the CDR states otherwise than it was computed. */
export interface Difference {
  readonly field: string;
  readonly declared: string;
  readonly computed: string;
}

const MAX_DIGITS = 12;
const QUANTITY_DIGITS = 2;

/** Decimals that a number was written with, but at least those that are payable: an amount is not wrong for being rounded. */
const digitsOf = (value: Rational, leastDigits: number): number => {
  let digits = leastDigits;
  while (digits < MAX_DIGITS && 10n ** BigInt(digits) % value.d !== 0n) digits += 1;
  return digits;
};

/** True when the computed number is within `halves` halves of the last decimal of the declared one. */
export const agrees = (
  declared: Rational,
  computed: Rational,
  leastDigits = QUANTITY_DIGITS,
  halves = 1n,
): boolean => {
  const tenToDigits = 10n ** BigInt(digitsOf(declared, leastDigits));
  const apart = declared.n * computed.d - computed.n * declared.d;
  const magnitude = apart < 0n ? -apart : apart;
  return 2n * magnitude * tenToDigits <= halves * declared.d * computed.d;
};

type Ground = 'all' | 'some' | 'none';

const statesAny = (dimensions: readonly CdrDimension[], { periods }: Cdr): Ground => {
  const count = periods.filter(({ volumes }) => dimensions.some((type) => volumes.has(type))).length;
  if (count === 0) return 'none';
  return count === periods.length ? 'all' : 'some';
};

/**
 * A period lists the dimensions that its price needs, and no other, so a sum over the periods is ground for a total only as
 * far as they state it: of those that all state it the sum is the total, of some it is a lower bound. Spec: OCPI 2.2.1
 * mod_cdrs ChargingPeriod.
 */
const groundOf = (quantity: StatedQuantity, cdr: Cdr): Ground => {
  switch (quantity) {
    case 'total_energy':
      return statesAny(['ENERGY', 'ENERGY_IMPORT'], cdr);
    case 'total_parking_time':
      return statesAny(['TIME', 'PARKING_TIME'], cdr);
    case 'total_time':
      return 'all';
  }
};

const quantitiesOf = (rated: Rated): ReadonlyMap<StatedQuantity, string> =>
  new Map([
    ['total_energy', rated.energyKWh],
    ['total_time', rated.timeHours],
    ['total_parking_time', rated.parkingHours],
  ]);

const isAbove = (a: Rational, b: Rational): boolean => a.n * b.d > b.n * a.d;

/** Every declared total that differs from the computed one, as far as the CDR and its tariffs give ground to compute it. */
export const differencesOf = (rated: Rated, cdr: Cdr): readonly Difference[] => {
  const differences: Difference[] = [];
  const places = minorUnitPlaces(rated.currency);
  const differs = (field: string, declared: Rational, computed: string): void => {
    differences.push({ field, declared: rationalToDecimal(declared, MAX_DIGITS), computed });
  };
  for (const [field, price] of costsOf(rated, cdr)) {
    const stated = cdr.statedCosts.get(field);
    const unknown = unknownSidesOf(rated, field);
    const check = (side: string, declared: Rational | undefined, micros: bigint, halves = 1n): void => {
      const computed = formatDecimal(micros, 6);
      const exact = decimalToRational(computed);
      if (declared === undefined || exact === undefined || agrees(declared, exact, places, halves)) return;
      differs(`${field}.${side}`, declared, computed);
    };
    if (!unknown.has('before')) check('before_taxes', stated?.beforeTax, price.micros);
    // A sum of rounded parts may be off by one unit of the last decimal.
    if (!unknown.has('after'))
      check('after_taxes', stated?.afterTax, price.inclTaxMicros, stated?.isSum === true ? 2n : 1n);
  }
  for (const [field, computed] of quantitiesOf(rated)) {
    const declared = cdr.statedQuantities.get(field);
    const exact = decimalToRational(computed);
    const ground = groundOf(field, cdr);
    if (declared === undefined || exact === undefined || ground === 'none' || agrees(declared, exact))
      continue;
    if (ground === 'all' || isAbove(exact, declared)) differs(field, declared, computed);
  }
  return differences;
};
