import { parseDecimal } from '@roamgrid/domain';

const WITH_EXPONENT = /^([+-]?\d+(?:\.\d+)?)[eE]([+-]?\d{1,3})$/;
/** Beyond these a number is none that a meter shows, and not worth the digits it would make. */
const MOST_PLACES = 30;

/**
 * A decimal text as an integer of 10^-scale, without a float on the way; what is finer is rounded half even. Undefined when the
 * text is no number.
 */
export const scaled = (text: string, scale: number): bigint | undefined => {
  const plain = text.trim();
  const [, mantissa = plain, exponent = '0'] = WITH_EXPONENT.exec(plain) ?? [];
  const places = scale + Number(exponent);
  if (Math.abs(places) > MOST_PLACES) return undefined;
  const read = parseDecimal(mantissa.replace(/^\+/, ''), places, 'half-even');
  return read.ok ? read.value : undefined;
};
