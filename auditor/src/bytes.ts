import { readable, Unreadable } from './failure.ts';

/** Bytes and their texts, for programs with and without Node. Each text has one spelling. */

export type Bytes = Uint8Array;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const utf8 = (text: string): Bytes => encoder.encode(text);

/** @throws Unreadable for what is no UTF-8. */
export const textOf = (bytes: Bytes): string => {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Unreadable('a text is not UTF-8');
  }
};

export const concat = (...parts: readonly Bytes[]): Bytes => {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

export const same = (a: Bytes, b: Bytes): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index]);

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export const hexOf = (bytes: Bytes): string => {
  let text = '';
  for (const byte of bytes) text += HEX[byte] ?? '';
  return text;
};

/** @throws Unreadable */
export const fromHex = (text: string): Bytes => {
  readable(/^(?:[0-9a-f]{2})*$/.test(text), 'a text is not lower-case hex');
  const bytes = new Uint8Array(text.length >> 1);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = parseInt(text.slice(at * 2, at * 2 + 2), 16);
  return bytes;
};

const CHUNK = 0x8000;

/** A character for each byte: a name for bytes that are met often. */
export const latin1 = (bytes: Bytes): string => {
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK)
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return text;
};

export const base64Of = (bytes: Bytes): string => btoa(latin1(bytes));

/** Strict: the one text that encodes these bytes. @throws Unreadable */
export const fromBase64 = (text: string): Bytes => {
  readable(text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text), 'a text is not base64');
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = binary.charCodeAt(at);
  // The last character has bits that no byte holds: they are zero in the one right text.
  const end = bytes.length - (bytes.length % 3 === 0 ? 3 : bytes.length % 3);
  readable(
    base64Of(bytes.subarray(Math.max(0, end))) === text.slice(-4),
    'a text is not the base64 of its bytes',
  );
  return bytes;
};

export const base64UrlOf = (bytes: Bytes): string =>
  base64Of(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

/** @throws Unreadable */
export const fromBase64Url = (text: string): Bytes => {
  readable(/^[\w-]*$/.test(text), 'a text is not base64url');
  const padded = text.replaceAll('-', '+').replaceAll('_', '/');
  return fromBase64(padded.padEnd(Math.ceil(padded.length / 4) * 4, '='));
};
