import { err, ok, type DomainError, type Result } from '../result/index.ts';
import { divide } from '../rounding/index.ts';
import type { CurrencyCode } from './currency.ts';
import { formatDecimal, parseDecimal, type DecimalError } from './decimal.ts';
import { minorUnitPlaces } from './minor-units.ts';

/** An amount that can be paid: a whole number of the currency's smallest payable units (cents, yen, fils). */
export interface MinorAmount {
  readonly currency: CurrencyCode;
  readonly minor: bigint;
}

/** Decimal places of a micro. */
const MICRO_PLACES = 6;

/** Micros in one smallest payable unit: 10,000 for a currency with cents, a million for one without. */
export const microsPerMinor = (currency: string): bigint =>
  10n ** BigInt(MICRO_PLACES - minorUnitPlaces(currency));

/** What can be paid of an amount, rounded toward zero, and what is left over, which keeps the amount's sign. */
export const payableOf = (
  currency: CurrencyCode,
  micros: bigint,
): { readonly payable: MinorAmount; readonly leftMicros: bigint } => {
  const unit = microsPerMinor(currency);
  const minor = divide(micros, unit, 'down');
  return { payable: { currency, minor }, leftMicros: micros - minor * unit };
};

/** The amount in micros, exactly. */
export const microsOfMinor = ({ currency, minor }: MinorAmount): bigint => minor * microsPerMinor(currency);

/** `12.50`, `1000`, `0.125`: always with the currency's own number of places. */
export const formatMinor = ({ currency, minor }: MinorAmount): string => {
  const places = minorUnitPlaces(currency);
  return formatDecimal(minor, places, places);
};

/** Reads an amount; more places than the currency has are refused unless they are zeros. */
export const parseMinor = (text: string, currency: CurrencyCode): Result<MinorAmount, DecimalError> => {
  const minor = parseDecimal(text, minorUnitPlaces(currency));
  return minor.ok ? ok({ currency, minor: minor.value }) : minor;
};

/** An amount of micros that must be whole: nothing is rounded on the way to a bank. */
export const wholeMinor = (
  currency: CurrencyCode,
  micros: bigint,
): Result<MinorAmount, DomainError<'AMOUNT_NOT_PAYABLE'>> => {
  const { payable, leftMicros } = payableOf(currency, micros);
  return leftMicros === 0n
    ? ok(payable)
    : err({
        code: 'AMOUNT_NOT_PAYABLE',
        message: `${micros} micros are no whole number of ${currency}’s smallest payable unit, which has ${microsPerMinor(currency)}`,
      });
};
