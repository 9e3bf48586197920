import canonicalize from 'canonicalize';

/** Any value that canonical JSON can carry. Bigints are not among them: encode them by {@link microsCodec} and its kin. */
export type JsonValue =
  null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/**
 * The one text form of a JSON value, so that two peers hash the same bytes.
 *
 * Spec: RFC 8785 (JSON Canonicalization Scheme).
 * @throws TypeError when the value cannot be JSON (undefined, function, bigint, NaN, lone surrogate).
 */
export function canonicalJson(value: JsonValue): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('value has no JSON form');
  return text;
}
