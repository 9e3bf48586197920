import type { publicJwk } from '@roamgrid/wire';
import type { z } from 'zod';
import { bytesOfBase64Url, bytesOfHex, utf8, type Bytes } from './hash.ts';

export type Jwk = z.input<typeof publicJwk>;

const COORDINATE_BYTES = 32;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

async function verified({ kty, crv, x, y }: Jwk, signature: Bytes, data: Bytes): Promise<boolean> {
  const key = await crypto.subtle.importKey('jwk', { kty, crv, x, y }, ALGORITHM, false, ['verify']);
  return crypto.subtle.verify(ALGORITHM, key, signature, data);
}

/** One INTEGER of a DER sequence, as the 32 bytes that the browser wants, and what follows it. */
function integerAt(der: Bytes, at: number): { readonly value: Bytes; readonly next: number } | undefined {
  const length = der[at + 1];
  if (der[at] !== 0x02 || length === undefined || at + 2 + length > der.length) return undefined;
  const raw = der.slice(at + 2, at + 2 + length);
  const digits = raw.slice(raw.findIndex((byte) => byte !== 0));
  if (digits.length > COORDINATE_BYTES) return undefined;
  const value = new Uint8Array(COORDINATE_BYTES);
  value.set(digits, COORDINATE_BYTES - digits.length);
  return { value, next: at + 2 + length };
}

/** An ECDSA signature from `SEQUENCE { r, s }` to `r ‖ s`. Spec: RFC 3279 §2.2.3; IEEE P1363 is what WebCrypto takes. */
export function rawOfDer(der: Bytes): Bytes | undefined {
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return undefined;
  const r = integerAt(der, 2);
  const s = r && integerAt(der, r.next);
  return r && s && s.next === der.length ? new Uint8Array([...r.value, ...s.value]) : undefined;
}

/** Is this meter statement signed by this meter? Spec: OCMF 1.4, ECDSA over the payload's bytes as they stand. */
export async function ocmfVerifies(text: string, key: Jwk): Promise<boolean> {
  const [head, payload, tail, ...rest] = text.split('|');
  if (head !== 'OCMF' || payload === undefined || tail === undefined || rest.length > 0) return false;
  const { SA, SE, SD } = JSON.parse(tail) as Record<string, string | undefined>;
  if (SA !== 'ECDSA-secp256r1-SHA256' || (SE ?? 'hex') !== 'hex' || SD === undefined) return false;
  const signature = rawOfDer(bytesOfHex(SD));
  return signature !== undefined && verified(key, signature, utf8(payload));
}

/** What a statement says of one side of a session; the register is read as text, never through a float. */
export function readingOf(
  text: string,
  side: 'begin' | 'end',
): { meterId: string; registerWh: bigint } | undefined {
  const payload = text.split('|')[1] ?? '';
  const meter = /"MS":"([^"]+)"/.exec(payload)?.[1];
  const registers = [...payload.matchAll(/"TX":"(\w)","RV":(\d+)\.(\d{3}),[^}]*"RU":"kWh"/g)].filter(
    ([, transaction]) => (transaction === 'B') === (side === 'begin'),
  );
  const [register] = registers;
  if (meter === undefined || register === undefined || registers.length > 1) return undefined;
  return { meterId: meter, registerWh: BigInt(`${register[2] ?? ''}${register[3] ?? ''}`) };
}

/** The payload of a compact JWS of this type when one of the keys signed it. Spec: RFC 7515, ES256. */
export async function openJws(jws: string, typ: string, keys: readonly Jwk[]): Promise<unknown> {
  const [head = '', payload = '', signature = ''] = jws.split('.');
  const text = (part: string) => new TextDecoder().decode(bytesOfBase64Url(part));
  const header = JSON.parse(text(head)) as { alg?: string; typ?: string; kid?: string };
  const key = keys.find(({ kid }) => kid === header.kid);
  if (header.alg !== 'ES256' || header.typ !== typ || key === undefined) return undefined;
  const good = await verified(key, bytesOfBase64Url(signature), utf8(`${head}.${payload}`));
  return good ? JSON.parse(text(payload)) : undefined;
}
