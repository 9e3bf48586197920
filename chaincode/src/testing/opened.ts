import {
  authorisation,
  bodyHash,
  canonicalText,
  chargeOffer,
  consentSigningInput,
  DOCUMENT_TYPE,
  laneOf,
  driverConsentSigningInput,
  quote as quoteSchema,
  sessionOpenBody,
  sessionIdOf,
  signDocument,
  visitorProfile,
  type Authorisation,
  type ChargeOffer,
  type Quote,
  type SessionOpenBody,
  type SignedConsent,
  type VisitorProfile,
} from '@roamgrid/wire';
import { sign } from 'node:crypto';
import {
  AGREEMENT_ID,
  CHANNEL,
  EVSE_ID,
  HOUR_MS,
  KEYS,
  METER_ID,
  NOW_MS,
  saltOf,
  STATION_ID,
  TARIFF_ID,
  type TestKey,
} from './parties.ts';

/** Sessions as a visited utility opens them, signed by everyone who signs. */

export const LANE_ID = 'USDUK-USALP-g0';
const CIN_REF = saltOf('cin');

/** When sessions happen. On a real ledger, whose clock nobody can set, they are squeezed into seconds. */
export interface Pace {
  /** Opening of number 1. */
  readonly baseMs: number;
  readonly hourMs: number;
}
const HOURS_AGO = 30;
export const PAST: Pace = { baseMs: NOW_MS - HOURS_AGO * HOUR_MS, hourMs: HOUR_MS };

/** Sessions of a lane follow one another at one outlet: two hours each. */
const HOURS_EACH = 2;
export const openedMsOf = (number: number, { baseMs, hourMs }: Pace = PAST): number =>
  baseMs + (number - 1) * HOURS_EACH * hourMs;

/** An outlet where sessions happen, with everyone who signs there. */
export interface Site {
  readonly stationId: string;
  readonly evseId: string;
  readonly meterId: string;
  readonly station: TestKey;
  readonly meter: TestKey;
}

export const SITE: Site = {
  stationId: STATION_ID,
  evseId: EVSE_ID,
  meterId: METER_ID,
  station: KEYS.station,
  meter: KEYS.meter,
};

export interface OpenOptions {
  readonly pace?: Pace;
  readonly site?: Site;
  /** When it opened; by the number and the pace if left out. */
  readonly openedAtMs?: number;
  readonly lane?: string;
  readonly quote?: Partial<Quote>;
  readonly offer?: Partial<ChargeOffer>;
  readonly authorisation?: Partial<Authorisation>;
  readonly profile?: Partial<VisitorProfile>;
  readonly consent?: Partial<SignedConsent>;
  readonly body?: Partial<SessionOpenBody>;
  readonly authorisedBy?: 'home' | 'cache';
  readonly homeKey?: TestKey;
  readonly stationKey?: TestKey;
  /** The driver's device, which then consents too. */
  readonly driverKey?: TestKey;
  /** Another device signs than the one that home bound. */
  readonly otherDriverKey?: TestKey;
}

export interface OpenedSession {
  readonly number: number;
  readonly body: SessionOpenBody;
  readonly text: string;
  readonly hash: string;
  readonly pace: Pace;
  readonly site: Site;
}

const es256 = (input: string, { privateKey }: TestKey): string =>
  sign('sha256', Buffer.from(input, 'ascii'), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString(
    'base64url',
  );

export const quoteOf = (sessionId: string, openedAtMs: number, over: Partial<Quote> = {}): Quote => ({
  channel: CHANNEL,
  sessionId,
  vun: 'USDUK',
  hun: 'USALP',
  agreementId: AGREEMENT_ID,
  stationId: STATION_ID,
  evseId: EVSE_ID,
  tariffId: TARIFF_ID,
  tariffVersion: 1,
  adjustmentPpm: -100_000n,
  currency: 'USD',
  requestedEnergyWh: 40_000n,
  plannedMs: 2 * HOUR_MS,
  estimateMicros: 12_000_000n,
  capMicros: 20_000_000n,
  zoneOffsets: [{ fromMs: 0, offsetMinutes: -240 }],
  issuedAtMs: openedAtMs - 60_000,
  validUntilMs: openedAtMs + 240_000,
  ...over,
});

const offerOf = (quote: Quote, over: Partial<ChargeOffer> = {}): ChargeOffer => ({
  channel: quote.channel,
  sessionId: quote.sessionId,
  vun: quote.vun,
  agreementId: quote.agreementId,
  stationId: quote.stationId,
  evseId: quote.evseId,
  service: 'charging',
  tariffId: quote.tariffId,
  tariffVersion: quote.tariffVersion,
  currency: quote.currency,
  minMicrosPerKWh: 300_000n,
  maxMicrosPerKWh: 300_000n,
  minAdjustmentPpm: -200_000n,
  maxAdjustmentPpm: 0n,
  requestedEnergyWh: quote.requestedEnergyWh,
  estimateMicros: 13_000_000n,
  validUntilMs: quote.validUntilMs,
  ...over,
});

const restOf = (offer: ChargeOffer): NonNullable<SessionOpenBody['offer']> => ({
  estimateMicros: offer.estimateMicros,
  maxAdjustmentPpm: offer.maxAdjustmentPpm,
  maxMicrosPerKWh: offer.maxMicrosPerKWh,
  minAdjustmentPpm: offer.minAdjustmentPpm,
  minMicrosPerKWh: offer.minMicrosPerKWh,
  requestedEnergyWh: offer.requestedEnergyWh,
  validUntilMs: offer.validUntilMs,
});

const authorisationOf = (
  quote: Quote,
  offer: ChargeOffer,
  over: Partial<Authorisation> = {},
): Authorisation => ({
  iss: 'USALP',
  aud: 'USDUK',
  channel: quote.channel,
  sessionId: quote.sessionId,
  offerHash: bodyHash(canonicalText(chargeOffer, offer)),
  cinRef: CIN_REF,
  service: 'charging',
  evseId: quote.evseId,
  loyalty: 'gold',
  customerClass: 'residential',
  paymentMethod: 'postpaid',
  adjustmentPpm: quote.adjustmentPpm,
  currency: 'USD',
  limitMicros: 50_000_000n,
  energyLimitWh: 80_000n,
  issuedAtMs: quote.issuedAtMs,
  validUntilMs: quote.validUntilMs,
  ...over,
});

/** End of the profiles that sessions open on. */
export const PROFILE_UNTIL_MS = NOW_MS + 24 * HOUR_MS;

const profileOf = (quote: Quote, over: Partial<VisitorProfile> = {}): VisitorProfile => ({
  iss: 'USALP',
  aud: 'USDUK',
  channel: quote.channel,
  profileId: 'profile-1',
  laneId: laneOf(quote.sessionId),
  cinRef: CIN_REF,
  service: 'charging',
  whitelist: 'ALLOWED',
  loyalty: 'gold',
  customerClass: 'residential',
  paymentMethod: 'postpaid',
  adjustmentPpm: quote.adjustmentPpm,
  currency: 'USD',
  perSessionMicros: 30_000_000n,
  exposureMicros: 60_000_000n,
  maxSessions: 20,
  // The time of the profile does not hang on the session: one profile serves many.
  validFromMs: NOW_MS - (HOURS_AGO + 1) * HOUR_MS,
  validUntilMs: PROFILE_UNTIL_MS,
  ...over,
});

export const openSession = async (number: number, options: OpenOptions = {}): Promise<OpenedSession> => {
  const { authorisedBy = 'home', homeKey = KEYS.USALP, pace = PAST, site = SITE } = options;
  const { stationKey = site.station } = options;
  const sessionId = sessionIdOf(options.lane ?? LANE_ID, number);
  const openedAtMs = options.openedAtMs ?? openedMsOf(number, pace);
  const { stationId, evseId } = site;
  const quote = quoteOf(sessionId, openedAtMs, { stationId, evseId, ...options.quote });
  const home = { kid: homeKey.jwk.kid, key: homeKey.privateKey };
  const bound = options.driverKey && { driverKey: options.driverKey.jwk };
  const offer = offerOf(quote, options.offer);
  const evidence =
    authorisedBy === 'home'
      ? await signDocument(
          authorisation,
          DOCUMENT_TYPE.authorisation,
          authorisationOf(quote, offer, { ...bound, ...options.authorisation }),
          home,
        )
      : await signDocument(
          visitorProfile,
          DOCUMENT_TYPE.profile,
          profileOf(quote, { ...bound, ...options.profile }),
          home,
        );
  const quoteHash = bodyHash(canonicalText(quoteSchema, quote));
  const ground = { channel: quote.channel, sessionId, quoteHash };
  const facts = {
    consentedAtMs: openedAtMs - Math.min(1_000, pace.hourMs / 10),
    kid: stationKey.jwk.kid,
    method: 'kiosk' as const,
  };
  const signature = es256(consentSigningInput(ground, facts, quote.stationId), stationKey);
  const device = options.otherDriverKey ?? options.driverKey;
  const body: SessionOpenBody = {
    sessionId,
    cinRef: CIN_REF,
    authorisedBy,
    evidence,
    ...(authorisedBy === 'home' && { offer: restOf(offer) }),
    quote,
    consent: { ...facts, signature, ...options.consent },
    ...(device && {
      driverConsent: {
        consentedAtMs: facts.consentedAtMs,
        signature: es256(
          driverConsentSigningInput(ground, facts, options.driverKey?.jwk.kid ?? device.jwk.kid),
          device,
        ),
      },
    }),
    openedAtMs,
    salt: saltOf(`open ${sessionId}`),
    ...options.body,
  };
  const text = canonicalText(sessionOpenBody, body);
  return { number, body, text, hash: bodyHash(text), pace, site };
};
