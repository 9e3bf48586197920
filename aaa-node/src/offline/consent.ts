import {
  DOCUMENT_TYPE,
  offlineConsent,
  openDocument,
  type OfflineConsent,
  type PublicJwk,
} from '@roamgrid/wire';
import { createHash } from 'node:crypto';
import { aaaError } from '../problems.ts';

/** The phone's clock may be off by so much. */
const SKEW_MS = 10 * 60_000;

export const hashOf = (signedQuote: string): Buffer => createHash('sha256').update(signedQuote).digest();

/** @throws ServiceError OFFLINE_CONSENT_INVALID when the phone did not sign for this price, just now */
export const openConsent = async (
  signed: string,
  key: PublicJwk,
  { channel, signedQuote }: { readonly channel: string; readonly signedQuote: string },
  nowMs: number,
): Promise<OfflineConsent> => {
  const invalid = (message: string) => aaaError('OFFLINE_CONSENT_INVALID', message);
  const opened = await openDocument(offlineConsent, DOCUMENT_TYPE.offlineConsent, signed, [key]);
  if (!opened.ok) throw invalid(opened.error.message);
  const consent = opened.value;
  if (consent.channel !== channel || consent.quoteHash !== hashOf(signedQuote).toString('hex'))
    throw invalid('it is for another price');
  if (Math.abs(consent.consentedAtMs - nowMs) > SKEW_MS)
    throw invalid('it was not given now: set the phone’s clock');
  return consent;
};
