import { formatDecimal } from '../money/index.ts';
import type { RoundingMode } from '../rounding/index.ts';
import { rational, toScaled, type Rational } from './rational.ts';

/** Limits on what a number in a file may ask for, so that `1e999999999` costs nothing. */
const MAX_TEXT_LENGTH = 64;
const MAX_EXPONENT = 30;

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;

/** Reads decimal text, with or without an exponent, exactly; `undefined` when it is not a number or is out of bounds. */
export const decimalToRational = (text: string): Rational | undefined => {
  if (text.length > MAX_TEXT_LENGTH) return undefined;
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', exponentText = '0'] = match;
  const exponent = Number(exponentText) - fraction.length;
  if (Math.abs(exponent) > MAX_EXPONENT + MAX_TEXT_LENGTH) return undefined;
  const magnitude = BigInt(whole + fraction);
  const signed = sign === '-' ? -magnitude : magnitude;
  return exponent >= 0
    ? rational(signed * 10n ** BigInt(exponent))
    : rational(signed, 10n ** BigInt(-exponent));
};

/** Writes a fraction with at most `digits` decimals and no exponent; trailing zeros are dropped. */
export const rationalToDecimal = (value: Rational, digits: number, mode: RoundingMode = 'half-up'): string =>
  formatDecimal(toScaled(value, 10n ** BigInt(digits), mode), digits);
