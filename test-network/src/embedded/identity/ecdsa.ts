/** ECDSA P-256 signatures as Fabric's crypto provider makes and accepts them: SHA-256, DER, low S only. */
import { sign as cryptoSign, verify as cryptoVerify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

const CURVE_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const HALF_ORDER = bigintToBytes(CURVE_ORDER >> 1n);

function bigintToBytes(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
}

/** The two integers of a DER ECDSA signature, 32 bytes each; undefined when it is not one. */
function parse(der: Uint8Array): { r: Buffer; s: Buffer } | undefined {
  const bytes = Buffer.from(der.buffer, der.byteOffset, der.byteLength);
  if (bytes.length < 8 || bytes[0] !== 0x30 || bytes[1] !== bytes.length - 2) return undefined;
  const r = parseInteger(bytes, 2);
  if (r === undefined) return undefined;
  const s = parseInteger(bytes, r.end);
  if (s?.end !== bytes.length) return undefined;
  return { r: r.value, s: s.value };
}

function parseInteger(bytes: Buffer, at: number): { value: Buffer; end: number } | undefined {
  const length = bytes[at + 1];
  if (bytes[at] !== 0x02 || length === undefined || length === 0 || length > 33) return undefined;
  const end = at + 2 + length;
  if (end > bytes.length) return undefined;
  let start = at + 2;
  if (((bytes[start] ?? 0x80) & 0x80) !== 0) return undefined;
  if (length === 33) {
    if (bytes[start] !== 0) return undefined;
    start += 1;
  }
  const value = Buffer.alloc(32);
  bytes.copy(value, 32 - (end - start), start, end);
  return { value, end };
}

function encodeInteger(value: Buffer): Buffer {
  let start = 0;
  while (start < value.length - 1 && value[start] === 0) start += 1;
  const pad = ((value[start] ?? 0) & 0x80) === 0 ? 0 : 1;
  const body = Buffer.alloc(2 + pad + value.length - start);
  body[0] = 0x02;
  body[1] = body.length - 2;
  value.copy(body, 2 + pad, start);
  return body;
}

/** Signs `SHA-256(message)` and returns the DER signature with the lower of the two valid S. */
export function signLowS(key: KeyObject, message: Uint8Array): Buffer {
  const der = cryptoSign('sha256', message, key);
  const parts = parse(der);
  if (parts === undefined) throw new Error('the platform made an ECDSA signature that is not DER');
  if (Buffer.compare(parts.s, HALF_ORDER) <= 0) return der;
  const lower = bigintToBytes(CURVE_ORDER - BigInt(`0x${parts.s.toString('hex')}`));
  const body = Buffer.concat([encodeInteger(parts.r), encodeInteger(lower)]);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

/** True for a valid signature in the low-S form; the high-S twin is refused, as Fabric refuses it. */
export function verifyLowS(key: KeyObject, message: Uint8Array, signature: Uint8Array): boolean {
  const parts = parse(signature);
  if (parts === undefined || Buffer.compare(parts.s, HALF_ORDER) > 0) return false;
  return cryptoVerify('sha256', message, key, signature);
}
