import { ok, type Result } from '../result/index.ts';
import type { RoundingMode } from '../rounding/index.ts';
import { currencyCode, type CurrencyError } from './currency.ts';
import { formatMicros, parseMicros, type DecimalError } from './decimal.ts';
import { money, type Money } from './money.ts';

/** Reads an amount and its currency, exactly or by the named rounding. */
export const parseMoney = (
  amount: string,
  currency: string,
  mode?: RoundingMode,
): Result<Money, CurrencyError | DecimalError> => {
  const code = currencyCode(currency);
  if (!code.ok) return code;
  const micros = parseMicros(amount, mode);
  return micros.ok ? ok(money(code.value, micros.value)) : micros;
};

/** `12.34 USD`, every digit there is. */
export const formatMoney = ({ currency, micros }: Money): string => `${formatMicros(micros)} ${currency}`;
