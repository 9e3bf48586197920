import { createPrivateKey, randomBytes, sign } from 'node:crypto';
import {
  bodyHash,
  canonicalText,
  consentSigningInput,
  DOCUMENT_TYPE,
  driverConsentSigningInput,
  quote as quoteSchema,
  sessionOpenBody,
  signDocument,
  type ChargeOffer,
  type HomeConsent,
  type Quote,
  type SessionOpenBody,
} from '@roamgrid/wire';
import type { TestKey } from './keys.ts';
import { CHANNEL, EVSE, HOME, STATION, VISITED } from './two-utilities.ts';

/** The quote that a gateway would make of an authorisation. */
export const makeQuote = (
  yes: Pick<Quote, 'adjustmentPpm'>,
  offer: ChargeOffer,
  changes: Partial<Quote> = {},
): Quote => ({
  channel: CHANNEL,
  sessionId: offer.sessionId,
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

/** Signature of a JWS signing input as the JWS has it. */
const signText = (key: TestKey, text: string): string =>
  sign('sha256', Buffer.from(text, 'ascii'), {
    key: createPrivateKey({ key: { ...key }, format: 'jwk' }),
    dsaEncoding: 'ieee-p1363',
  }).toString('base64url');

/** On whose word a session opens: home's yes to the offer, or the profile that home let the visited utility keep. */
export interface OpenedBy {
  readonly evidence: string;
  readonly cinRef: string;
  /** Of a session that home authorised. */
  readonly offer?: ChargeOffer;
}

export interface ConsentChanges {
  readonly consentedAtMs?: number;
  /** Station whose consent it is. */
  readonly stationId?: string;
  /** The driver's own device consents, too. */
  readonly device?: TestKey;
  readonly open?: Partial<SessionOpenBody>;
}

const offerRestOf = ({
  estimateMicros,
  maxAdjustmentPpm,
  maxMicrosPerKWh,
  minAdjustmentPpm,
  minMicrosPerKWh,
  requestedEnergyWh,
  validUntilMs,
}: ChargeOffer): NonNullable<SessionOpenBody['offer']> => ({
  estimateMicros,
  maxAdjustmentPpm,
  maxMicrosPerKWh,
  minAdjustmentPpm,
  minMicrosPerKWh,
  requestedEnergyWh,
  validUntilMs,
});

/** What the visited gateway tells of a consent: the quote signed by the utility, and the opening with all signatures. */
export const makeConsent = async (
  keys: { readonly visited: TestKey; readonly station: TestKey },
  quote: Quote,
  { evidence, cinRef, offer }: OpenedBy,
  { consentedAtMs = Date.now(), stationId = STATION, device, open: openChanges }: ConsentChanges = {},
): Promise<HomeConsent> => {
  const { visited, station } = keys;
  const quoteHash = bodyHash(canonicalText(quoteSchema, quote));
  const ground = { channel: quote.channel, sessionId: quote.sessionId, quoteHash };
  const facts = { consentedAtMs, kid: station.kid, method: 'kiosk' } as const;
  const open: SessionOpenBody = {
    sessionId: quote.sessionId,
    cinRef,
    authorisedBy: offer === undefined ? 'cache' : 'home',
    evidence,
    ...(offer === undefined ? {} : { offer: offerRestOf(offer) }),
    quote,
    consent: { ...facts, signature: signText(station, consentSigningInput(ground, facts, stationId)) },
    ...(device === undefined
      ? {}
      : {
          driverConsent: {
            consentedAtMs,
            signature: signText(device, driverConsentSigningInput(ground, { consentedAtMs }, device.kid)),
          },
        }),
    openedAtMs: consentedAtMs,
    salt: randomBytes(32).toString('hex'),
    ...openChanges,
  };
  return {
    sessionId: quote.sessionId,
    quoteHash,
    signedQuote: await signDocument(quoteSchema, DOCUMENT_TYPE.quote, quote, {
      kid: visited.kid,
      key: visited,
    }),
    openBody: canonicalText(sessionOpenBody, open),
  };
};
