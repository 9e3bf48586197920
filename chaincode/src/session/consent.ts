import {
  bodyHash,
  canonicalJson,
  consent,
  DOCUMENT_TYPE,
  openDocument,
  type JsonValue,
  type SessionOpenBody,
  type StationRecord,
} from '@roamgrid/wire';
import { ensure, refuse, type Opened } from '../context/index.ts';

/** Verifies that the station attests the driver's consent to exactly this quote, in the quote's time. */
export const requireConsent = async (
  { value: body, raw }: Opened<SessionOpenBody>,
  station: StationRecord,
): Promise<void> => {
  const opened = await openDocument(consent, DOCUMENT_TYPE.consent, body.consent, [station.signingKey]);
  if (!opened.ok) return refuse('BAD_SIGNATURE', `consent: ${opened.error.code}: ${opened.error.message}`);
  const { iss, sessionId, quoteHash, consentedAtMs } = opened.value;
  ensure(
    iss === station.stationId && sessionId === body.sessionId,
    'BAD_SIGNATURE',
    'the consent is of another station or session',
  );
  ensure(
    // What the body's schema decoded is what its JSON says, so the quote's hash is that of its JSON.
    quoteHash === bodyHash(canonicalJson((raw as { readonly quote: JsonValue }).quote)),
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
