import {
  authorisation,
  batchHeader,
  bodyHash,
  computeCdr,
  consent,
  DOCUMENT_TYPE,
  packBodies,
  quote as quoteSchema,
  sealBody,
  sessionCloseBody,
  sessionOpenBody,
  signDocument,
  signOcmf,
  visitorProfile,
  type AgreementTerms,
  type Authorisation,
  type BatchHeader,
  type Consent,
  type GridInput,
  type JsonValue,
  type MeterReading,
  type Quote,
  type SealedBody,
  type SessionCloseBody,
  type SessionOpenBody,
  type VisitorProfile,
} from '@roamgrid/wire';
import { sumSplits } from '@roamgrid/domain';
import { merkleRootOf } from '../session/merkle-root.ts';
import {
  AGREEMENT_ID,
  by,
  EVSE_ID,
  HOUR_MS,
  KEYS,
  METER_ID,
  NOW_MS,
  saltOf,
  sealedTerms,
  STATION_ID,
  TARIFF_ID,
  tariffJson,
  termsOf,
  type TestKey,
} from './parties.ts';

/** Sessions as a visited utility's gateway would submit them, signed by everyone who signs. */

const OPENED_MS = NOW_MS - 3 * HOUR_MS;
const CIN_REF = saltOf('cin');

export interface OpenOptions {
  readonly quote?: Partial<Quote>;
  readonly authorisation?: Partial<Authorisation>;
  readonly profile?: Partial<VisitorProfile>;
  readonly consent?: Partial<Consent>;
  readonly body?: Partial<SessionOpenBody>;
  readonly authorisedBy?: 'home' | 'cache';
  readonly homeKey?: TestKey;
  readonly stationKey?: TestKey;
}

export interface OpenedSession {
  readonly body: SessionOpenBody;
  readonly sealed: SealedBody;
}

export const quoteOf = (sessionId: string, over: Partial<Quote> = {}): Quote => ({
  quoteId: `q-${sessionId}`,
  sessionId,
  requestId: sessionId,
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
  issuedAtMs: OPENED_MS - 60_000,
  validUntilMs: OPENED_MS + 240_000,
  ...over,
});

const authorisationOf = (quote: Quote, over: Partial<Authorisation> = {}): Authorisation => ({
  iss: 'USALP',
  aud: 'USDUK',
  requestId: quote.requestId,
  offerHash: bodyHash(`offer ${quote.requestId}`),
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
  validUntilMs: quote.validUntilMs,
  ...over,
});

const profileOf = (quote: Quote, over: Partial<VisitorProfile> = {}): VisitorProfile => ({
  iss: 'USALP',
  aud: 'USDUK',
  profileId: 'profile-1',
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
  validFromMs: OPENED_MS - HOUR_MS,
  validUntilMs: OPENED_MS + 24 * HOUR_MS,
  ...over,
});

export const openSession = async (sessionId: string, options: OpenOptions = {}): Promise<OpenedSession> => {
  const quote = quoteOf(sessionId, options.quote);
  const { authorisedBy = 'home', homeKey = KEYS.USALP, stationKey = KEYS.station } = options;
  const home = { kid: homeKey.jwk.kid, key: homeKey.privateKey };
  const evidence =
    authorisedBy === 'home'
      ? await signDocument(
          authorisation,
          DOCUMENT_TYPE.authorisation,
          authorisationOf(quote, options.authorisation),
          home,
        )
      : await signDocument(visitorProfile, DOCUMENT_TYPE.profile, profileOf(quote, options.profile), home);
  const consentJws = await signDocument(
    consent,
    DOCUMENT_TYPE.consent,
    {
      iss: quote.stationId,
      sessionId,
      quoteHash: sealBody(quoteSchema, quote).hash,
      method: 'kiosk',
      consentedAtMs: OPENED_MS - 1_000,
      ...options.consent,
    },
    { kid: stationKey.jwk.kid, key: stationKey.privateKey },
  );
  const body: SessionOpenBody = {
    sessionId,
    cinRef: CIN_REF,
    authorisedBy,
    evidence,
    quote,
    consent: consentJws,
    openedAtMs: OPENED_MS,
    salt: saltOf(`open ${sessionId}`),
    ...options.body,
  };
  return { body, sealed: sealBody(sessionOpenBody, body) };
};

const PAIR = { vun: 'USDUK', hun: 'USALP', agreementId: AGREEMENT_ID };
const packed = (bodies: readonly SealedBody[]): string => packBodies(bodies.map(({ text }) => text));

export const openCall = (sessions: readonly OpenedSession[]) => ({
  caller: by('USDUK', 'station'),
  verb: 'session.open',
  command: {
    ...PAIR,
    items: sessions.map(({ body, sealed }) => ({ sessionId: body.sessionId, openHash: sealed.hash })),
  } as Record<string, JsonValue>,
  transient: { bodies: packed(sessions.map(({ sealed }) => sealed)), terms: sealedTerms().text },
});

/** 30 kWh in an hour and a half, then 20 minutes parked. */
export const readingsOf = (over: Partial<MeterReading>[] = []): readonly MeterReading[] =>
  [
    { atMs: OPENED_MS, registerWh: 1_000_000n, charging: true },
    { atMs: OPENED_MS + HOUR_MS / 2, registerWh: 1_012_345n, charging: true },
    { atMs: OPENED_MS + HOUR_MS, registerWh: 1_022_001n, charging: true },
    { atMs: OPENED_MS + (3 * HOUR_MS) / 2, registerWh: 1_030_000n, charging: false },
    { atMs: OPENED_MS + (11 * HOUR_MS) / 6, registerWh: 1_030_000n, charging: false },
  ].map((reading, index) => ({ ...reading, ...over[index] }));

export interface CloseOptions {
  readonly readings?: readonly MeterReading[];
  /** Readings that the meter signs, when they are not the stated ones. */
  readonly signed?: readonly MeterReading[];
  readonly meterKey?: TestKey;
  readonly meterSerial?: string;
  readonly pages?: readonly [number, number];
  readonly cdr?: Partial<SessionCloseBody['cdr']>;
  readonly body?: Partial<SessionCloseBody>;
  /** One statement of the meter with both readings, bound to the session, as the station agent's meters sign. */
  readonly oneStatement?: boolean;
  readonly terms?: AgreementTerms;
  /** What the grid demanded, under terms that adapt to it. */
  readonly grid?: GridInput;
  readonly tariffText?: string;
}

export interface ClosedSession {
  readonly open: OpenedSession;
  readonly body: SessionCloseBody;
  readonly sealed: SealedBody;
}

const signReadings = (
  readings: readonly (readonly ['B' | 'E', MeterReading | undefined])[],
  page: number,
  options: CloseOptions,
  sessionId?: string,
): string =>
  signOcmf(
    {
      gateway: { model: 'Roamgrid station', serial: STATION_ID, version: '0.1.0' },
      meter: { vendor: 'Roamgrid', model: 'M', serial: options.meterSerial ?? METER_ID, firmware: '1' },
      page,
      evseId: EVSE_ID,
      ...(sessionId !== undefined && { sessionId }),
      readings: readings.map(([transaction, reading]) => {
        if (reading === undefined) throw new Error('a session has readings');
        return { atMs: reading.atMs, sync: 'S', transaction, registerWh: reading.registerWh };
      }),
    },
    (options.meterKey ?? KEYS.meter).privateKey,
  );

export const closeSession = (
  open: OpenedSession,
  pairSequence: number,
  options: CloseOptions = {},
): ClosedSession => {
  const { readings = readingsOf(), terms = termsOf(), tariffText = tariffJson(), pages = [1, 2] } = options;
  const computed = computeCdr({
    cdrId: `cdr-${open.body.sessionId}`,
    pairSequence,
    quote: open.body.quote,
    readings,
    tariffJson: tariffText,
    terms,
    endReason: 'driver',
    ...(options.grid && { grid: options.grid }),
  });
  if (!computed.ok) throw new Error(computed.error.message);
  const signed = options.signed ?? readings;
  const begin = [['B', signed[0]]] as const;
  const end = [['E', signed.at(-1)]] as const;
  const body: SessionCloseBody = {
    sessionId: open.body.sessionId,
    openHash: open.sealed.hash,
    readings: [...readings],
    ...(options.oneStatement === true
      ? { signedEnd: signReadings([...begin, ...end], pages[1], options, open.body.sessionId) }
      : {
          signedStart: signReadings(begin, pages[0], options),
          signedEnd: signReadings(end, pages[1], options),
        }),
    cdr: { ...computed.value, ...options.cdr },
    salt: saltOf(`close ${open.body.sessionId}`),
    ...options.body,
  };
  return { open, body, sealed: sealBody(sessionCloseBody, body) };
};

/** Header of a batch, as its sessions make it. */
export const headerOf = (
  batchId: string,
  closed: readonly ClosedSession[],
  over: Partial<BatchHeader> = {},
) => {
  const cdrs = closed.map(({ body }) => body.cdr);
  const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);
  const from = cdrs[0]?.pairSequence ?? 1;
  const header: BatchHeader = {
    batchId,
    ...PAIR,
    fromSequence: from,
    toSequence: from + closed.length - 1,
    currency: 'USD',
    energyWh: sum(cdrs.map(({ energyWh }) => energyWh)),
    totalMicros: sum(cdrs.map(({ totalMicros }) => totalMicros)),
    shares: sumSplits(cdrs.map(({ shares }) => shares)),
    merkleRoot: merkleRootOf(closed.map(({ sealed }) => sealed.hash)),
    salt: saltOf(`header ${batchId}`),
    ...over,
  };
  return { header, sealed: sealBody(batchHeader, header) };
};

export const closeCall = (
  batchId: string,
  closed: readonly ClosedSession[],
  headerOver: Partial<BatchHeader> = {},
) => {
  const { header, sealed } = headerOf(batchId, closed, headerOver);
  return {
    caller: by('USDUK', 'aaa'),
    verb: 'session.close',
    command: {
      ...PAIR,
      batchId,
      headerHash: sealed.hash,
      merkleRoot: header.merkleRoot,
      fromSequence: header.fromSequence,
      items: closed.map(({ open, sealed: { hash } }) => ({
        sessionId: open.body.sessionId,
        closeHash: hash,
      })),
    } as Record<string, JsonValue>,
    transient: {
      bodies: packed(closed.map(({ sealed: body }) => body)),
      opens: packed(closed.map(({ open }) => open.sealed)),
      header: sealed.text,
      terms: sealedTerms().text,
    },
  };
};
