/** Bytes and hashes by the browser's own cryptography. */
export type Bytes = Uint8Array<ArrayBuffer>;

export const utf8 = (text: string): Bytes => new TextEncoder().encode(text);

export const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** @throws RangeError for what is not pairs of hex digits. */
export function bytesOfHex(hex: string): Bytes {
  if (!/^([0-9a-f]{2})*$/i.test(hex)) throw new RangeError('not hex');
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** @throws DOMException for what is not base64. */
export const bytesOfBase64 = (text: string): Bytes =>
  Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

/** @throws DOMException for what is not base64url. */
export const bytesOfBase64Url = (text: string): Bytes =>
  bytesOfBase64(text.replace(/-/g, '+').replace(/_/g, '/'));

export const base64UrlOf = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '');

export const sha256 = async (data: Bytes): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', data));

/** SHA-256 of a text's UTF-8 bytes in hex, as the ledger writes it. */
export const textHash = async (text: string): Promise<string> => hexOf(await sha256(utf8(text)));
