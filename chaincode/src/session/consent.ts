import {
  consent,
  DOCUMENT_TYPE,
  openDocument,
  quote as quoteSchema,
  sealBody,
  type SessionOpenBody,
  type StationRecord,
} from '@roamgrid/wire';
import { ensure, refuse } from '../context/index.ts';

/** Verifies that the station attests the driver's consent to exactly this quote, in the quote's time. */
export const requireConsent = async (body: SessionOpenBody, station: StationRecord): Promise<void> => {
  const opened = await openDocument(consent, DOCUMENT_TYPE.consent, body.consent, [station.signingKey]);
  if (!opened.ok) return refuse('BAD_SIGNATURE', `consent: ${opened.error.code}: ${opened.error.message}`);
  const { iss, sessionId, quoteHash, consentedAtMs } = opened.value;
  ensure(
    iss === station.stationId && sessionId === body.sessionId,
    'BAD_SIGNATURE',
    'the consent is of another station or session',
  );
  ensure(
    quoteHash === sealBody(quoteSchema, body.quote).hash,
    'HASH_MISMATCH',
    'the consent is to another quote',
  );
  const { issuedAtMs, validUntilMs } = body.quote;
  ensure(
    issuedAtMs <= consentedAtMs && consentedAtMs <= validUntilMs,
    'EXPIRED',
    'the consent was given outside the time of the quote',
  );
  ensure(
    consentedAtMs <= body.openedAtMs,
    'INVALID_ARGUMENT',
    'the session opened before the driver consented',
  );
};
