import { createHash } from 'node:crypto';
import { canonicalOf } from '../codec/canonical-value.ts';
import { DOCUMENT_TYPE, type DocumentType } from '../signature/document.ts';
import type { SignedConsent, SignedDriverConsent } from './session.ts';

/**
 * Consents as they were signed, formed again from their facts. Bodies carry facts and signatures only, so that neither
 * can say more than what was signed.
 */

/** What every consent names besides its own facts. */
export interface ConsentGround {
  readonly channel: string;
  readonly sessionId: string;
  /** SHA-256 of the quote's canonical JSON. */
  readonly quoteHash: string;
}

const base64url = (text: string): string => Buffer.from(text, 'utf8').toString('base64url');

const signingInput = (typ: DocumentType, kid: string, payload: Record<string, string | number>): string =>
  `${base64url(JSON.stringify({ alg: 'ES256', kid, typ }))}.${base64url(canonicalOf(payload))}`;

/** The JWS signing input of a station's consent. Spec: RFC 7515 §5.1; header and payload as `signDocument` writes them. */
export const consentSigningInput = (
  { channel, sessionId, quoteHash }: ConsentGround,
  { consentedAtMs, kid, method }: Omit<SignedConsent, 'signature'>,
  stationId: string,
): string =>
  signingInput(DOCUMENT_TYPE.consent, kid, {
    channel,
    consentedAtMs,
    iss: stationId,
    method,
    quoteHash,
    sessionId,
  });

/** The JWS signing input of a consent by the driver's own device. */
export const driverConsentSigningInput = (
  { channel, sessionId, quoteHash }: ConsentGround,
  { consentedAtMs }: Pick<SignedDriverConsent, 'consentedAtMs'>,
  kid: string,
): string => signingInput(DOCUMENT_TYPE.driverConsent, kid, { channel, consentedAtMs, quoteHash, sessionId });

/**
 * Tariff text that a meter signs with its readings to bind the driver's consent: then the meter's signature covers quote,
 * cap, time and manner of the consent, and no other consent fits the statement.
 */
export const consentBinding = (signedText: string): string =>
  `roamgrid-consent ${createHash('sha256').update(signedText, 'ascii').digest('base64url')}`;
