import { hash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson, type JsonValue } from '../codec/canonical-json.ts';

/** SHA-256 of a text's UTF-8 bytes, in lower-case hex. */
export const bodyHash = (text: string): string => hash('sha256', text, 'hex');

/** A value in the one text form that is hashed, signed and stored, and the hash that the channel sees of it. */
export interface SealedBody {
  readonly text: string;
  readonly hash: string;
}

/**
 * Canonical text (RFC 8785) of a value as its schema encodes it, bigints as decimal strings.
 * @throws ZodError when the value does not match the schema: a broken invariant of the caller.
 */
export const canonicalText = <S extends z.ZodType>(schema: S, value: z.output<S>): string =>
  canonicalJson(z.encode(schema, value) as JsonValue);

/** Canonical text and hash of a private body. The body carries its own salt, made by the caller. */
export const sealBody = <S extends z.ZodType>(schema: S, value: z.output<S>): SealedBody => {
  const text = canonicalText(schema, value);
  return { text, hash: bodyHash(text) };
};
