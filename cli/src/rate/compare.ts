import {
  decimalToRational,
  formatDecimal,
  rationalToDecimal,
  type Cdr,
  type Rated,
  type Rational,
  type StatedQuantity,
} from '@roamgrid/domain';
import { costsOf } from './totals.ts';

/** One total that the CDR states otherwise than it was computed. */
export interface Difference {
  readonly field: string;
  readonly declared: string;
  readonly computed: string;
}

const MIN_DIGITS = 2;
const MAX_DIGITS = 12;

/** Decimals that a number was written with, at least cents: an amount is not wrong for having been rounded. */
const digitsOf = (value: Rational): number => {
  let digits = MIN_DIGITS;
  while (digits < MAX_DIGITS && 10n ** BigInt(digits) % value.d !== 0n) digits += 1;
  return digits;
};

/** True when the computed number is within half of the last decimal of the declared one. */
const agrees = (declared: Rational, computed: Rational): boolean => {
  const tenToDigits = 10n ** BigInt(digitsOf(declared));
  const apart = declared.n * computed.d - computed.n * declared.d;
  const magnitude = apart < 0n ? -apart : apart;
  return 2n * magnitude * tenToDigits <= declared.d * computed.d;
};

const quantitiesOf = (rated: Rated): ReadonlyMap<StatedQuantity, string> =>
  new Map([
    ['total_energy', rated.energyKWh],
    ['total_time', rated.timeHours],
    ['total_parking_time', rated.parkingHours],
  ]);

/** Every declared total that differs from the computed one. */
export const differencesOf = (rated: Rated, cdr: Cdr): readonly Difference[] => {
  const differences: Difference[] = [];
  const check = (field: string, declared: Rational | undefined, computed: string): void => {
    const exact = decimalToRational(computed);
    if (declared === undefined || exact === undefined || agrees(declared, exact)) return;
    differences.push({ field, declared: rationalToDecimal(declared, MAX_DIGITS), computed });
  };
  for (const [field, price] of costsOf(rated, cdr)) {
    const stated = cdr.statedCosts.get(field);
    check(`${field}.before_taxes`, stated?.beforeTax, formatDecimal(price.micros, 6));
    check(`${field}.after_taxes`, stated?.afterTax, formatDecimal(price.inclTaxMicros, 6));
  }
  for (const [field, computed] of quantitiesOf(rated))
    check(field, cdr.statedQuantities.get(field), computed);
  return differences;
};
