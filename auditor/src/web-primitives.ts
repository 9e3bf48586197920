import type { Primitives } from './primitives.ts';
import { sha256 } from './sha256.ts';

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256' } as const;

/** What browsers have, and Node too: Web Crypto. */
export const webPrimitives: Primitives = {
  sha256,
  verify: async (point, signature, message) => {
    try {
      const { subtle } = globalThis.crypto;
      const key = await subtle.importKey('raw', Uint8Array.from(point), ECDSA, false, ['verify']);
      const by = { name: 'ECDSA', hash: 'SHA-256' };
      return await subtle.verify(by, key, Uint8Array.from(signature), Uint8Array.from(message));
    } catch {
      // No point of the curve: nothing verifies with it.
      return false;
    }
  },
};
