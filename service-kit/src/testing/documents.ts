import { randomUUID } from 'node:crypto';
import {
  bodyHash,
  canonicalText,
  consent as consentSchema,
  DOCUMENT_TYPE,
  quote as quoteSchema,
  signDocument,
  type ChargeOffer,
  type Quote,
} from '@roamgrid/wire';
import type { TestKey } from './keys.ts';
import { EVSE, HOME, STATION, VISITED } from './two-utilities.ts';

/** The quote that a gateway would make of an authorisation. */
export const makeQuote = (
  yes: Pick<Quote, 'requestId' | 'adjustmentPpm'>,
  offer: ChargeOffer,
  changes: Partial<Quote> = {},
): Quote => ({
  quoteId: `quote-${randomUUID()}`,
  sessionId: `session-${randomUUID()}`,
  requestId: yes.requestId,
  vun: VISITED,
  hun: HOME,
  agreementId: offer.agreementId,
  stationId: STATION,
  evseId: EVSE,
  tariffId: offer.tariffId,
  tariffVersion: offer.tariffVersion,
  adjustmentPpm: yes.adjustmentPpm,
  currency: offer.currency,
  requestedEnergyWh: offer.requestedEnergyWh,
  plannedMs: 3_600_000,
  estimateMicros: offer.estimateMicros,
  capMicros: 12_000_000n,
  zoneOffsets: [{ fromMs: 0, offsetMinutes: -300 }],
  issuedAtMs: Date.now() - 1_000,
  validUntilMs: Date.now() + 60_000,
  ...changes,
});

/** Body of the consent: the quote signed by the utility, the consent by the station. */
export const makeConsent = async (
  keys: { readonly visited: TestKey; readonly station: TestKey },
  quote: Quote,
  changes: { readonly consentedAtMs?: number; readonly stationId?: string } = {},
) => {
  const quoteHash = bodyHash(canonicalText(quoteSchema, quote));
  const { visited, station } = keys;
  return {
    sessionId: quote.sessionId,
    quoteHash,
    signedQuote: await signDocument(quoteSchema, DOCUMENT_TYPE.quote, quote, {
      kid: visited.kid,
      key: visited,
    }),
    consent: await signDocument(
      consentSchema,
      DOCUMENT_TYPE.consent,
      {
        iss: changes.stationId ?? STATION,
        sessionId: quote.sessionId,
        quoteHash,
        method: 'kiosk',
        consentedAtMs: changes.consentedAtMs ?? Date.now(),
      },
      { kid: station.kid, key: station },
    ),
  };
};
