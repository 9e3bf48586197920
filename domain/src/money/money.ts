import { err, ok, type DomainError, type Result } from '../result/index.ts';
import { divide, type RoundingMode } from '../rounding/index.ts';
import type { CurrencyCode } from './currency.ts';

/** Micro-units in one unit of a currency. */
export const MICROS_PER_UNIT = 1_000_000n;

/** An exact amount: `micros` is 10⁻⁶ of the currency's unit and may be negative (a refund, a debt). */
export interface Money {
  readonly currency: CurrencyCode;
  readonly micros: bigint;
}

export interface CurrencyMismatch extends DomainError<'CURRENCY_MISMATCH'> {
  readonly left: CurrencyCode;
  readonly right: CurrencyCode;
}

export const money = (currency: CurrencyCode, micros: bigint): Money => ({ currency, micros });

export const zeroMoney = (currency: CurrencyCode): Money => money(currency, 0n);

const inSameCurrency = <T>(left: Money, right: Money, f: () => T): Result<T, CurrencyMismatch> =>
  left.currency === right.currency
    ? ok(f())
    : err({
        code: 'CURRENCY_MISMATCH',
        message: `${left.currency} and ${right.currency} cannot be combined: convert one of them first`,
        left: left.currency,
        right: right.currency,
      });

export const addMoney = (left: Money, right: Money): Result<Money, CurrencyMismatch> =>
  inSameCurrency(left, right, () => money(left.currency, left.micros + right.micros));

export const subtractMoney = (left: Money, right: Money): Result<Money, CurrencyMismatch> =>
  inSameCurrency(left, right, () => money(left.currency, left.micros - right.micros));

/** -1, 0 or 1 as `left` is less than, equal to, or more than `right`. */
export const compareMoney = (left: Money, right: Money): Result<-1 | 0 | 1, CurrencyMismatch> =>
  inSameCurrency(left, right, () => (left.micros === right.micros ? 0 : left.micros < right.micros ? -1 : 1));

export const negateMoney = ({ currency, micros }: Money): Money => money(currency, -micros);

/** `amount × numerator ÷ denominator`, rounded once, by name. */
export const scaleMoney = (
  amount: Money,
  numerator: bigint,
  denominator: bigint,
  mode: RoundingMode,
): Money => money(amount.currency, divide(amount.micros * numerator, denominator, mode));

/** The sum of amounts that are all in `currency`; an empty list sums to zero. */
export const sumMoney = (
  currency: CurrencyCode,
  amounts: Iterable<Money>,
): Result<Money, CurrencyMismatch> => {
  let sum = zeroMoney(currency);
  for (const amount of amounts) {
    const next = addMoney(sum, amount);
    if (!next.ok) return next;
    sum = next.value;
  }
  return ok(sum);
};
