import { verify, type KeyObject } from 'node:crypto';
import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import { CompactSign, importJWK, type CryptoKey, type JWK } from 'jose';
import { canonicalJson, type JsonValue } from '../codec/canonical-json.ts';
import { parseJson } from '../codec/exact-json.ts';
import type { PublicJwk } from '../codec/scalars.ts';
import { publicKeyOf } from './public-key.ts';

/** Compact JSON Web Signatures with ECDSA P-256. Spec: RFC 7515, RFC 7518 §3.4 (`ES256`). */

export type JwsErrorCode =
  | 'JWS_MALFORMED' // not a compact JWS, or its payload is not JSON
  | 'JWS_TYPE' // the `typ` header is another document's
  | 'JWS_ALGORITHM' // not ES256
  | 'JWS_KEY_UNKNOWN' // no key of the signer has this `kid`
  | 'JWS_BAD_SIGNATURE'; // the key is the signer's, the signature is not

export type JwsError = DomainError<JwsErrorCode>;

/** A private P-256 key: a JWK with `d`, or a key object of node or Web Crypto. */
export type PrivateSigningKey = JWK | KeyObject | CryptoKey;

/** Who signs: the key and the id under which verifiers find its public half. */
export interface Signer {
  readonly kid: string;
  readonly key: PrivateSigningKey;
}

const isJwk = (key: PrivateSigningKey): key is JWK => 'kty' in key;

/**
 * Signs a JSON payload in its canonical form.
 * @throws when the key is not a private P-256 key: a broken configuration.
 */
export const signJws = async (
  payload: JsonValue,
  key: PrivateSigningKey,
  kid: string,
  typ: string,
): Promise<string> => {
  const imported = isJwk(key) ? await importJWK(key, 'ES256') : key;
  return new CompactSign(new TextEncoder().encode(canonicalJson(payload)))
    .setProtectedHeader({ alg: 'ES256', kid, typ })
    .sign(imported);
};

interface JwsHeader {
  readonly alg: unknown;
  readonly kid: unknown;
  readonly typ: unknown;
  readonly crit: unknown;
  readonly b64: unknown;
}

const BASE64URL_PARTS = /^[\w.-]*$/;

const malformed = (message: string) => err<JwsError>({ code: 'JWS_MALFORMED', message });

const parsePart = (part: string): Result<unknown, JwsError> => {
  const json = parseJson(Buffer.from(part, 'base64url').toString('utf8'));
  return json.ok ? json : malformed(json.error.message);
};

/** Reads the protected header without trusting it. */
const readHeader = (jws: string): Result<JwsHeader, JwsError> => {
  const parts = jws.split('.');
  if (parts.length !== 3) return malformed('a compact JWS has three parts');
  // Decoding skips foreign characters, and a text that is not what was signed must not decode to anything.
  if (!BASE64URL_PARTS.test(jws)) return malformed('a part is not base64url');
  const header = parsePart(parts[0] ?? '');
  if (!header.ok) return header;
  if (typeof header.value !== 'object' || header.value === null) return malformed('the header is no object');
  const { alg, kid, typ, crit, b64 } = header.value as Partial<JwsHeader>;
  return ok({ alg, kid, typ, crit, b64 });
};

/** Key id that a JWS names, unverified; absent when there is none. */
export const kidOf = (jws: string): string | undefined => {
  const header = readHeader(jws);
  return header.ok && typeof header.value.kid === 'string' ? header.value.kid : undefined;
};

/** What a JWS says, unverified: to find whose key verifies it, or where it goes; undefined when it says nothing. */
export const payloadOf = (jws: string): unknown => {
  const payload = parsePart(jws.split('.')[1] ?? '');
  return payload.ok ? payload.value : undefined;
};

/**
 * Node's own ECDSA, in this thread: the way through Web Crypto's thread pool costs more than the verification. False for
 * a key that is no point of the curve, too.
 */
export const verifyEs256 = (signed: string, signature: string, jwk: PublicJwk): boolean => {
  try {
    const key = { key: publicKeyOf(jwk), dsaEncoding: 'ieee-p1363' as const };
    return verify('sha256', Buffer.from(signed, 'ascii'), key, Buffer.from(signature, 'base64url'));
  } catch {
    return false;
  }
};

const verifyNow = (jws: string, keys: readonly PublicJwk[], typ: string): Result<unknown, JwsError> => {
  const header = readHeader(jws);
  if (!header.ok) return header;
  const { alg, kid } = header.value;
  if (header.value.typ !== typ) return err({ code: 'JWS_TYPE', message: `the document is not a ${typ}` });
  if (alg !== 'ES256') return err({ code: 'JWS_ALGORITHM', message: 'the signature algorithm is not ES256' });
  const jwk = keys.find((key) => key.kid === kid);
  if (jwk === undefined) {
    return err({ code: 'JWS_KEY_UNKNOWN', message: `the signer has no key ${JSON.stringify(kid)}` });
  }
  // No extension is known here, so one that must be understood is not (RFC 7515 §4.1.11).
  if (header.value.crit !== undefined || header.value.b64 !== undefined) {
    return malformed('the header demands an extension');
  }
  const end = jws.lastIndexOf('.');
  const verified = verifyEs256(jws.slice(0, end), jws.slice(end + 1), jwk);
  return verified
    ? parsePart(jws.slice(jws.indexOf('.') + 1, end))
    : err({ code: 'JWS_BAD_SIGNATURE', message: `the signature does not verify with key ${jwk.kid}` });
};

/** Checks type, algorithm, key and signature, in that order, and gives the payload. Asynchronous for callers, who need not know how. */
export const verifyJws = (
  jws: string,
  keys: readonly PublicJwk[],
  typ: string,
): Promise<Result<unknown, JwsError>> => Promise.resolve(verifyNow(jws, keys, typ));
