import { concat, type Bytes } from '../../bytes.ts';

/** Protocol buffers as bytes, right and wrong ones. */

const varint = (value: number): number[] =>
  value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...varint(Math.floor(value / 0x80))];

export const numberField = (field: number, value: number): Bytes =>
  Uint8Array.from([...varint(field * 8), ...varint(value)]);

export const field = (number: number, ...content: readonly Bytes[]): Bytes => {
  const value = concat(...content);
  return concat(Uint8Array.from([...varint(number * 8 + 2), ...varint(value.length)]), value);
};
