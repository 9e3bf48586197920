import type { quote, quotingStation } from '@roamgrid/wire';
import canonicalize from 'canonicalize';
import type { z } from 'zod';
import { driverConsentInput } from '../shared/consent.ts';
import { base64UrlOf, bytesOfBase64Url, textHash, utf8 } from '../shared/hash.ts';
import { keysAbout, openJws } from '../shared/signature.ts';

export type Quote = z.input<typeof quote>;
export type QuotingStation = z.input<typeof quotingStation>;

/** What the code on the station's screen leads here with. */
export interface OfferLink {
  /** JWS of the quote as it came. */
  readonly signedQuote: string;
  readonly quote: Quote;
  /** What a consent names. */
  readonly quoteHash: string;
  /** Origin of the gateway that takes the consent. */
  readonly takenAt: string;
}

/** The device's key: made in this browser, and it cannot leave it. */
export interface DeviceKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: { kty: 'EC'; crv: 'P-256'; x: string; y: string; kid: string };
}

/** Reads what stands behind the address's `#`; undefined when that is no offer. */
export async function readOfferLink(fragment: string): Promise<OfferLink | undefined> {
  const given = new URLSearchParams(fragment.replace(/^#/, ''));
  const signedQuote = given.get('quote');
  const at = given.get('at');
  if (signedQuote === null || at === null || !/^https?:\/\//.test(at)) return undefined;
  try {
    const text = new TextDecoder().decode(bytesOfBase64Url(signedQuote.split('.')[1] ?? ''));
    const read = JSON.parse(text) as Quote;
    // Only what is canonical has the hash that both utilities will compute.
    if (canonicalize(read) !== text) return undefined;
    return { signedQuote, quote: read, quoteHash: await textHash(text), takenAt: new URL(at).origin };
  } catch {
    return undefined;
  }
}

/** Did the utility that the quote names sign it, with a key that counted when it was issued? */
export const quoteVerifies = async (
  { signedQuote, quote: { issuedAtMs } }: OfferLink,
  { signingKeys }: QuotingStation,
): Promise<boolean> =>
  (await openJws<Quote>(signedQuote, 'roamgrid-quote+jwt', () => keysAbout(signingKeys, issuedAtMs)).catch(
    () => undefined,
  )) !== undefined;

/** Signs the driver's consent to a quote. */
export async function signConsent(
  { quote: { channel, sessionId }, quoteHash }: OfferLink,
  consentedAtMs: number,
  { kid, privateKey }: Pick<DeviceKey, 'kid' | 'privateKey'>,
): Promise<{ sessionId: string; consentedAtMs: number; signature: string }> {
  const input = driverConsentInput({ channel, sessionId, quoteHash }, { consentedAtMs }, kid);
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, utf8(input));
  return { sessionId, consentedAtMs, signature: base64UrlOf(new Uint8Array(signature)) };
}
