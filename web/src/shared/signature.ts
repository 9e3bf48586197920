import type { publicJwk } from '@roamgrid/wire';
import type { z } from 'zod';
import { bytesOfBase64, bytesOfBase64Url, bytesOfHex, utf8, type Bytes } from './hash.ts';

export type Jwk = z.input<typeof publicJwk>;

/** Keys of the registry that counted at an instant: what was signed then is judged by them, whatever came after. */
export const keysAt = <K extends { readonly fromMs: number; readonly untilMs?: number }>(
  keys: readonly K[],
  atMs: number,
): readonly K[] => keys.filter(({ fromMs, untilMs = Infinity }) => fromMs <= atMs && atMs < untilMs);

/** How far two parties' clocks may differ. */
export const CLOCK_SKEW_MS = 5 * 60_000;

/**
 * Keys that may have counted at an instant that their owner states by its own clock, which may differ from the one that
 * dated the keys: in favour of who relied on the signature, as the contracts judge it.
 */
export const keysAbout = <K extends { readonly fromMs: number; readonly untilMs?: number }>(
  keys: readonly K[],
  saidAtMs: number,
): readonly K[] =>
  keys.filter(
    ({ fromMs, untilMs = Infinity }) =>
      fromMs - CLOCK_SKEW_MS <= saidAtMs && saidAtMs < untilMs + CLOCK_SKEW_MS,
  );

const COORDINATE_BYTES = 32;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

async function verified({ kty, crv, x, y }: Jwk, signature: Bytes, data: Bytes): Promise<boolean> {
  const key = await crypto.subtle.importKey('jwk', { kty, crv, x, y }, ALGORITHM, false, ['verify']);
  return crypto.subtle.verify(ALGORITHM, key, signature, data);
}

/** One INTEGER of a DER sequence, as the bytes that a number of the curve has, and what follows it. */
function integerAt(
  der: Bytes,
  at: number,
  bytes: number,
): { readonly value: Bytes; readonly next: number } | undefined {
  const length = der[at + 1];
  if (der[at] !== 0x02 || length === undefined || at + 2 + length > der.length) return undefined;
  const raw = der.slice(at + 2, at + 2 + length);
  const digits = raw.slice(raw.findIndex((byte) => byte !== 0));
  if (digits.length > bytes) return undefined;
  const value = new Uint8Array(bytes);
  value.set(digits, bytes - digits.length);
  return { value, next: at + 2 + length };
}

/** An ECDSA signature from `SEQUENCE { r, s }` to `r ‖ s`. Spec: RFC 3279 §2.2.3; IEEE P1363 is what WebCrypto takes. */
export function rawOfDer(der: Bytes, bytes = COORDINATE_BYTES): Bytes | undefined {
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return undefined;
  const r = integerAt(der, 2, bytes);
  const s = r && integerAt(der, r.next, bytes);
  return r && s && s.next === der.length ? new Uint8Array([...r.value, ...s.value]) : undefined;
}

const MADE_BY = 'ECDSA-secp256r1-SHA256';
const DER = 'application/x-der';

/** A meter's statement in its parts. */
export interface OcmfParts {
  readonly payload: string;
  readonly algorithm: string;
  readonly signature: Bytes;
}

/** The parts of a text; undefined for one that is no statement that can be verified. Spec: OCMF 1.4. */
export function ocmfParts(text: string): OcmfParts | undefined {
  const [head, payload, tail, ...rest] = text.split('|');
  if (head !== 'OCMF' || payload === undefined || tail === undefined || rest.length > 0) return undefined;
  const { SA = MADE_BY, SE = 'hex', SM = DER, SD } = JSON.parse(tail) as Record<string, string | undefined>;
  if (SM !== DER || SD === undefined || (SE !== 'hex' && SE !== 'base64')) return undefined;
  return { payload, algorithm: SA, signature: SE === 'hex' ? bytesOfHex(SD) : bytesOfBase64(SD) };
}

/** Is this meter statement signed by this meter? ECDSA over the payload's bytes as they stand. */
export async function ocmfVerifies(text: string, key: Jwk): Promise<boolean> {
  const parts = ocmfParts(text);
  if (parts?.algorithm !== MADE_BY) return false;
  return payloadVerifies(parts.payload, parts.signature, key);
}

/** Did this meter sign this payload? The signature is in DER. */
export async function payloadVerifies(payload: string, der: Bytes, key: Jwk): Promise<boolean> {
  // Some meters write both numbers bare, against the format.
  const signature = rawOfDer(der) ?? (der.length === 2 * COORDINATE_BYTES ? der : undefined);
  return signature !== undefined && verified(key, signature, utf8(payload));
}

/** Did the key's holder sign this JWS signing input? Spec: RFC 7515 §5.2, ES256. */
export const inputVerifies = (input: string, signature: string, key: Jwk): Promise<boolean> =>
  verified(key, bytesOfBase64Url(signature), utf8(input));

/**
 * The payload of a compact JWS of this type when its key is one of those that its signer had when it says that it signed.
 * Spec: RFC 7515, ES256.
 */
export async function openJws<T extends object>(
  jws: string,
  typ: string,
  keysFor: (said: T) => readonly Jwk[],
): Promise<T | undefined> {
  const [head = '', payload = '', signature = ''] = jws.split('.');
  const read = (part: string): unknown => JSON.parse(new TextDecoder().decode(bytesOfBase64Url(part)));
  const header = read(head) as { alg?: string; typ?: string; kid?: string };
  const said = read(payload) as T;
  const key = keysFor(said).find(({ kid }) => kid === header.kid);
  if (header.alg !== 'ES256' || header.typ !== typ || key === undefined) return undefined;
  return (await inputVerifies(`${head}.${payload}`, signature, key)) ? said : undefined;
}
