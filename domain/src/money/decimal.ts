import { err, ok, type DomainError, type Result } from '../result/index.ts';
import { divide, type RoundingMode } from '../rounding/index.ts';

/** Exact decimals: text in, scaled bigint out, and back. No float on the way. */

export type DecimalError = DomainError<'DECIMAL_INVALID' | 'DECIMAL_TOO_PRECISE' | 'DECIMAL_TOO_LONG'>;

/** Longest text that {@link parseDecimal} reads: far above any amount, and a bound on the work a sender can cause. */
const MAX_TEXT_LENGTH = 64;

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;

/**
 * Reads `-12.34` with `scale` decimal places into an integer: scale 6 gives micros. A digit other than zero past the
 * scale is refused unless a rounding is named.
 */
export const parseDecimal = (
  text: string,
  scale: number,
  mode?: RoundingMode,
): Result<bigint, DecimalError> => {
  if (text.length > MAX_TEXT_LENGTH) {
    return err({ code: 'DECIMAL_TOO_LONG', message: `a number has at most ${MAX_TEXT_LENGTH} characters` });
  }
  const match = DECIMAL.exec(text);
  if (match === null) {
    return err({
      code: 'DECIMAL_INVALID',
      message: `${JSON.stringify(text)} is not a decimal number: write it like 12.34`,
    });
  }
  const [, sign = '', whole = '', fraction = ''] = match;
  const magnitude = BigInt(whole + fraction.padEnd(scale, '0'));
  const signed = sign === '-' ? -magnitude : magnitude;
  const surplus = 10n ** BigInt(Math.max(0, fraction.length - scale));
  if (mode === undefined && signed % surplus !== 0n) {
    return err({ code: 'DECIMAL_TOO_PRECISE', message: `${text} has more than ${scale} decimal places` });
  }
  return ok(divide(signed, surplus, mode ?? 'down'));
};

/** Writes an integer of `scale` decimal places exactly, with at least `minPlaces` of them: `1500000n` is `1.50`. */
export const formatDecimal = (value: bigint, scale: number, minPlaces = 0): string => {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const fraction = digits
    .slice(digits.length - scale)
    .replace(/0+$/, '')
    .padEnd(minPlaces, '0');
  return `${value < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
};

/** `12.34` as micros: {@link parseDecimal} at six places. */
export const parseMicros = (text: string, mode?: RoundingMode): Result<bigint, DecimalError> =>
  parseDecimal(text, 6, mode);

/** Micros as a decimal with at least two places, exact: `12340000n` is `12.34`. */
export const formatMicros = (micros: bigint): string => formatDecimal(micros, 6, 2);
