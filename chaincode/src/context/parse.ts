import { bodyHash, canonicalJson, unpackBodies, type JsonValue } from '@roamgrid/wire';
import { z } from 'zod';
import { ensure, refuse } from './ledger-error.ts';

/** JSON text to a value of any shape. */
export const parseJson = (text: string, what: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return refuse('INVALID_ARGUMENT', `${what} is not JSON`);
  }
};

/** Decodes by a schema; the refusal names the path. */
export const decode = <S extends z.ZodType>(schema: S, value: unknown, what: string): z.output<S> => {
  const parsed = z.safeDecode(schema, value as z.input<S>);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = [what, ...(issue?.path ?? [])].map(String).join('.');
  return refuse('INVALID_ARGUMENT', `${path}: ${issue?.message ?? 'wrong'}`);
};

/** Stored records that are decoded at once; beyond it all are decoded anew. */
const REMEMBERED = 8_192;
// A pure function of text and schema, remembered: every endorser finds the same either way.
const decodedBefore = new Map<z.ZodType, Map<string, unknown>>();

/** The same for records that many transactions read and few change: the registry's. What it gives must not be changed. */
export const decodeOften = <S extends z.ZodType>(schema: S, key: string, bytes: Uint8Array): z.output<S> => {
  const text = Buffer.from(bytes).toString('latin1');
  const known = decodedBefore.get(schema) ?? new Map<string, unknown>();
  decodedBefore.set(schema, known);
  const remembered = known.get(text) as z.output<S> | undefined;
  if (remembered !== undefined) return remembered;
  const value = decodeStored(schema, key, bytes);
  if (known.size >= REMEMBERED) known.clear();
  known.set(text, value);
  return value;
};

/**
 * Decodes what a contract wrote earlier.
 * @throws Error when it does not match its schema: a broken invariant, not a refusal.
 */
export const decodeStored = <S extends z.ZodType>(schema: S, key: string, bytes: Uint8Array): z.output<S> => {
  const parsed = z.safeDecode(schema, JSON.parse(Buffer.from(bytes).toString('utf8')) as z.input<S>);
  if (parsed.success) return parsed.data;
  throw new Error(`the stored ${key} does not match its schema: ${z.prettifyError(parsed.error)}`);
};

/** A value that came from outside, in the one form that is hashed and stored. */
export interface Opened<T> {
  readonly value: T;
  /** The same as JSON, before it was decoded. */
  readonly raw: JsonValue;
  readonly text: string;
  readonly hash: string;
}

/** Texts that packed bodies hold, in their order. */
export const unpackedBodies = (text: string, what: string): readonly string[] => {
  const unpacked = unpackBodies(text);
  if (unpacked.ok) return unpacked.value;
  const { code, message } = unpacked.error;
  return refuse(code === 'PACKED_TOO_LARGE' ? 'TOO_LARGE' : 'INVALID_ARGUMENT', `${what}: ${message}`);
};

/** Decodes and gives the canonical text and hash of what came, so that spelling cannot change a hash. */
export const open = <S extends z.ZodType>(schema: S, raw: unknown, what: string): Opened<z.output<S>> => {
  const value = decode(schema, raw, what);
  const json = raw as JsonValue;
  const text = canonicalJson(json);
  return { value, raw: json, text, hash: bodyHash(text) };
};

/** Opens each entry of a list, which must have as many as the command has items. */
export const openAll = <S extends z.ZodType>(
  schema: S,
  entries: readonly unknown[],
  what: string,
  length: number,
): readonly Opened<z.output<S>>[] => {
  ensure(
    entries.length === length,
    'INVALID_ARGUMENT',
    `${what} has ${entries.length} entries, the command ${length}`,
  );
  return entries.map((entry, index) => open(schema, entry, `${what}.${index}`));
};
