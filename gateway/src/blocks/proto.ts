import { createHash } from 'node:crypto';

/** What the SDK's generated messages give as bytes. */
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
export const utf8 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
export const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
