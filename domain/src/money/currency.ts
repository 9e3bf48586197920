import { err, ok, type DomainError, type Result } from '../result/index.ts';

declare const currencyBrand: unique symbol;

/** Three capital letters. Spec: ISO 4217 alphabetic code (form only; the list is each agreement's business). */
export type CurrencyCode = string & { readonly [currencyBrand]: true };

export type CurrencyError = DomainError<'CURRENCY_INVALID'>;

/** The only maker of a {@link CurrencyCode}. */
export const currencyCode = (text: string): Result<CurrencyCode, CurrencyError> =>
  /^[A-Z]{3}$/.test(text)
    ? ok(text as CurrencyCode)
    : err({
        code: 'CURRENCY_INVALID',
        message: `${JSON.stringify(text)} is not a currency: give three capital letters such as USD`,
      });
