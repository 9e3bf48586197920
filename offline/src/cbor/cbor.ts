import { decode, encode, rfc8949EncodeOptions } from 'cborg';
import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import { isSame } from './bytes.ts';

/** CBOR in its one deterministic form. Spec: RFC 8949 §4.2.1. */

export type CborValue =
  number | bigint | string | boolean | null | Uint8Array | readonly CborValue[] | CborMap;
/** Keys are whole numbers or texts. */
export type CborMap = ReadonlyMap<CborValue, CborValue>;

export type CborError = DomainError<'CBOR_MALFORMED'>;

/** Longer items are not read. The longest are lists of some hundred issuers. */
const MOST_BYTES = 65_536;

export const encodeCbor = (value: CborValue): Uint8Array => encode(value, rfc8949EncodeOptions);

const malformed = (message: string): Result<never, CborError> => err({ code: 'CBOR_MALFORMED', message });

/**
 * Reads one item that fills the bytes and is in its deterministic form: there is one text for one meaning, so nothing can be hidden in
 * another spelling. No tags, floats or undefined.
 */
export const decodeCbor = (bytes: Uint8Array): Result<CborValue, CborError> => {
  if (bytes.length > MOST_BYTES) return malformed(`more than ${MOST_BYTES} bytes`);
  try {
    const value = decode(bytes, {
      strict: true,
      useMaps: true,
      rejectDuplicateMapKeys: true,
      allowIndefinite: false,
      allowUndefined: false,
      allowNaN: false,
      allowInfinity: false,
    }) as CborValue;
    // Neither the order of keys nor the length of a fraction is looked at by the reader.
    return isSame(encodeCbor(value), bytes) ? ok(value) : malformed('not in deterministic form');
  } catch (error) {
    return malformed(error instanceof Error ? error.message : 'not readable');
  }
};

export const isMap = (value: CborValue | undefined): value is CborMap => value instanceof Map;
export const isBytes = (value: CborValue | undefined): value is Uint8Array => value instanceof Uint8Array;

/** A whole number that is counted exactly, from `least` on. */
export const isWhole = (value: CborValue | undefined, least = 0): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= least;

/** The items of a list; none of what is none. */
export const itemsOf = (value: CborValue | undefined): readonly CborValue[] =>
  Array.isArray(value) ? (value as readonly CborValue[]) : [];

/** The items of a list in bytes; none of what is none. */
export const listOf = (bytes: Uint8Array): readonly CborValue[] => {
  const item = decodeCbor(bytes);
  return item.ok ? itemsOf(item.value) : [];
};
