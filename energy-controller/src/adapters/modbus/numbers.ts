import { divide } from '@roamgrid/domain';
import { wordsOf, type Target } from './table.ts';

/** Registers as numbers and back. Values are thousandths, so that a scale of -3 is still exact. */

type Shape = Pick<Target, 'type' | 'words'>;

const WORD_BITS = 16n;
const THOUSANDTHS = 3;

const bitsOf = (words: readonly number[]): bigint =>
  words.reduce((bits, word) => (bits << WORD_BITS) | BigInt(word), 0n);

const inOrder = ({ words }: Shape, told: readonly number[]): readonly number[] =>
  words === 'high-first' ? told : told.toReversed();

const widthOf = ({ type }: Shape): number => wordsOf(type) * Number(WORD_BITS);

const asFloat = (bits: bigint): number => {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, Number(bits));
  return view.getFloat32(0);
};

/**
 * Whether it is the number by which SunSpec says that a value is not there: the lowest of the signed types, all ones of
 * the unsigned, and no number at all of the floating ones. Spec: SunSpec Device Information Model, "Not implemented".
 */
export const isMissing = (number: Shape, told: readonly number[]): boolean => {
  const bits = bitsOf(inOrder(number, told));
  const width = BigInt(widthOf(number));
  if (number.type === 'float32') return Number.isNaN(asFloat(bits));
  return number.type.startsWith('u') ? bits === (1n << width) - 1n : bits === 1n << (width - 1n);
};

/** Times ten to a power; what is finer is rounded half even. */
const scaled = (value: bigint, power: number): bigint =>
  power >= 0 ? value * 10n ** BigInt(power) : divide(value, 10n ** BigInt(-power), 'half-even');

/** A float is rounded to the nearest thousandth of what is told, before it is scaled. */
const ofFloat = (value: number, power: number): bigint | undefined => {
  const thousandths = Math.round(value * 1_000);
  return Number.isSafeInteger(thousandths) ? scaled(BigInt(thousandths), power) : undefined;
};

/** The value in thousandths, or undefined where it is no number. `power` is the table's and the device's scale together. */
export const thousandthsOf = (number: Shape, told: readonly number[], power: number): bigint | undefined => {
  const bits = bitsOf(inOrder(number, told));
  if (number.type === 'float32') return ofFloat(asFloat(bits), power);
  const value = number.type.startsWith('u') ? bits : BigInt.asIntN(widthOf(number), bits);
  return scaled(value, power + THOUSANDTHS);
};

const floatWords = (thousandths: bigint, power: number): bigint => {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, Number(thousandths) / 10 ** (power + THOUSANDTHS));
  return BigInt(view.getUint32(0));
};

/** The registers for a value in thousandths, rounded half even to what they can say; undefined where it does not fit. */
export const registersOf = (
  number: Shape,
  thousandths: bigint,
  power: number,
): readonly number[] | undefined => {
  const width = widthOf(number);
  const value =
    number.type === 'float32' ? floatWords(thousandths, power) : scaled(thousandths, -power - THOUSANDTHS);
  const isUnsigned = number.type.startsWith('u') || number.type === 'float32';
  const fits = (isUnsigned ? BigInt.asUintN(width, value) : BigInt.asIntN(width, value)) === value;
  if (!fits) return undefined;
  const bits = BigInt.asUintN(width, value);
  const count = wordsOf(number.type);
  const words = Array.from({ length: count }, (_, at) =>
    Number((bits >> (BigInt(count - 1 - at) * WORD_BITS)) & 0xffffn),
  );
  return inOrder(number, words);
};
