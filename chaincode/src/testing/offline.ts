import { createHash, type KeyObject } from 'node:crypto';
import { issueChargeToken, type ChargeToken } from '@roamgrid/offline';
import { keyIdOf, NODE_VERIFIER, startProof, statementText } from '@roamgrid/offline/judged';
import { publicKeyOf, signerOf } from '@roamgrid/offline/node';
import {
  bodyHash,
  canonicalText,
  DOCUMENT_TYPE,
  HOLDER_KID,
  offlineLeave,
  offlineQuote,
  sessionCloseBody,
  sessionIdOf,
  sessionOpenBody,
  settledText,
  signDocument,
  signOcmf,
  type JsonValue,
  type OfflineLeave,
  type OfflineStart,
  type Quote,
  type SessionCloseBody,
  type SessionOpenBody,
} from '@roamgrid/wire';
import type { ClosedSession } from './closed.ts';
import { LANE_ID, openedMsOf, PAST, SITE, type OpenedSession, type Site } from './opened.ts';
import {
  AGREEMENT_ID,
  by,
  CHANNEL,
  HOUR_MS,
  KEYS,
  makeKey,
  saltOf,
  SET_UP_MS,
  TARIFF_ID,
  utilityOf,
  type TestKey,
} from './parties.ts';

/** Sessions at a charger without network, as home's token, the phone, the charger and its meter sign them. */

const MS_PER_S = 1_000;

/** Home as it is registered once it issues tokens. */
export const issuing = (more: Readonly<Record<string, JsonValue>> = {}, nowMs = SET_UP_MS) => ({
  caller: by('USALP', 'operator'),
  verb: 'consortium.registerUtility',
  command: {
    utility: { ...utilityOf('USALP'), offlineKeys: [{ ...KEYS.tokens.jwk, use: 'tokens' }], ...more },
  },
  nowMs,
});

export const PHONE = makeKey('phone');
const CIN_REF = saltOf('cin');

export interface OfflineOptions {
  readonly site?: Site;
  readonly lane?: string;
  readonly openedAtMs?: number;
  readonly askedWh?: bigint;
  /** Its number at the outlet. */
  readonly outletNumber?: number;
  /** Names the token: sessions of one name are of one. */
  readonly tokenName?: string;
  readonly token?: Partial<ChargeToken>;
  readonly limits?: Partial<ChargeToken['limits']>;
  readonly price?: Partial<ChargeToken['price']>;
  readonly leave?: Partial<OfflineLeave>;
  readonly quote?: Partial<Quote>;
  readonly start?: Partial<OfflineStart>;
  readonly homeKey?: TestKey;
  /** Signs the token, when it is not home's key for tokens; `named`: which key it says that it is by. */
  readonly tokenKey?: KeyObject;
  readonly named?: KeyObject;
  readonly holderKey?: TestKey;
  /** What the holder asked for, when it is not what is stated. */
  readonly signedWh?: bigint;
  readonly body?: Partial<SessionOpenBody>;
}

export interface OfflineOpened extends OpenedSession {
  /** What the meter signs with its readings. */
  readonly binding: string;
}

const digest = (label: string): Uint8Array => new Uint8Array(createHash('sha256').update(label).digest());
const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

/** By energy and by parked time at the tests' tariff, adjusted and taxed. */
const PRICE = { currency: 'USD', microsPerKWh: 288_900n, microsPerHour: 1_926_000n, microsPerSession: 0n };

/** What home signs while the phone is online. */
const agreed = async (options: OfflineOptions, lane: string, site: Site, openedAtMs: number) => {
  const { tokenName = 'token', homeKey = KEYS.USALP } = options;
  const { tokenKey = KEYS.tokens.privateKey, named = tokenKey } = options;
  const openedS = Math.floor(openedAtMs / MS_PER_S);
  const unpriced: ChargeToken = {
    tokenId: digest(tokenName).slice(0, 16),
    issuer: 'USALP',
    audience: { kind: 'outlet', evseId: site.evseId },
    issuedAtS: openedS - 7_200,
    notBeforeS: openedS - 3_600,
    expiresS: openedS + 4 * 3_600,
    holder: publicKeyOf(PHONE.privateKey),
    limits: { energyWh: 40_000n, costMicros: 12_000_000n, sessions: 1, ...options.limits },
    price: { quoteHash: new Uint8Array(16), ...PRICE },
    revocationEpoch: 0,
    ...options.token,
  };
  const leave: OfflineLeave = {
    iss: 'USALP',
    aud: 'USDUK',
    channel: CHANNEL,
    profileId: Buffer.from(unpriced.tokenId).toString('hex'),
    laneId: lane,
    cinRef: CIN_REF,
    service: 'charging',
    loyalty: 'gold',
    customerClass: 'residential',
    paymentMethod: 'postpaid',
    adjustmentPpm: -100_000n,
    currency: 'USD',
    perSessionMicros: unpriced.limits.costMicros,
    exposureMicros: unpriced.limits.costMicros,
    maxSessions: unpriced.limits.sessions,
    validFromMs: unpriced.notBeforeS * MS_PER_S,
    validUntilMs: unpriced.expiresS * MS_PER_S,
    agreementId: AGREEMENT_ID,
    tariffId: TARIFF_ID,
    tariffVersion: 1,
    zoneOffsets: [{ fromMs: 0, offsetMinutes: -240 }],
    energyWh: unpriced.limits.energyWh,
    ...options.leave,
  };
  const signer = { kid: homeKey.jwk.kid, key: homeKey.privateKey };
  const evidence = await signDocument(offlineLeave, DOCUMENT_TYPE.offlineLeave, leave, signer);
  const quoteHash = new Uint8Array(createHash('sha256').update(evidence).digest().subarray(0, 16));
  const token = { ...unpriced, price: { ...unpriced.price, quoteHash, ...options.price } };
  const bytes = await issueChargeToken(
    token,
    signerOf(tokenKey, await keyIdOf(publicKeyOf(named), NODE_VERIFIER)),
  );
  return { token, leave, evidence, bytes };
};

/** A session of a lane that began offline. */
export const openOffline = async (number: number, options: OfflineOptions = {}): Promise<OfflineOpened> => {
  const { site = SITE, lane = LANE_ID, askedWh = 30_000n, holderKey = PHONE } = options;
  const { openedAtMs = openedMsOf(number) } = options;
  const { token, leave, evidence, bytes } = await agreed(options, lane, site, openedAtMs);
  const sessionId = sessionIdOf(lane, number);
  const { stationId, evseId } = site;
  const transcript = digest(`contact ${sessionId}`);
  const outletNumber = options.outletNumber ?? number;
  const offline: OfflineStart = {
    number: outletNumber,
    askedWh,
    token: base64url(bytes),
    transcript: base64url(transcript),
    ...options.start,
  };
  const shown = { token: bytes, transcript: new Uint8Array(Buffer.from(offline.transcript, 'base64url')) };
  const signed = await startProof({ ...shown, askedWh: options.signedWh ?? askedWh }, NODE_VERIFIER);
  const signature = await signerOf(holderKey.privateKey, new Uint8Array()).sign(signed);
  const body: SessionOpenBody = {
    sessionId,
    cinRef: CIN_REF,
    authorisedBy: 'cache',
    evidence,
    quote: {
      ...offlineQuote(leave, token, offline, { sessionId, stationId, evseId, openedAtMs }),
      ...options.quote,
    },
    consent: { consentedAtMs: openedAtMs, kid: HOLDER_KID, method: 'app', signature: base64url(signature) },
    offline,
    openedAtMs,
    salt: saltOf(`open ${sessionId}`),
    ...options.body,
  };
  const text = canonicalText(sessionOpenBody, body);
  const binding = await statementText(NODE_VERIFIER, { ...shown, signature });
  return { number, body, text, hash: bodyHash(text), pace: PAST, site, binding };
};

export interface OfflineCloseOptions {
  readonly energyWh?: bigint;
  readonly lastedMs?: number;
  /** When the meter began, after the charger. */
  readonly laterMs?: number;
  readonly fromMilliWh?: bigint;
  readonly binding?: string;
  readonly meterKey?: TestKey;
  readonly body?: Partial<SessionCloseBody>;
}

const METER = { firmware: '1', model: 'M', vendor: 'Roamgrid' };
const MILLI = 1_000n;
const REGISTER_EACH = 1_000_000_000n;

/** The same, closed by what its meter signed: it knows the start, and no id of a lane. */
export const closeOffline = (open: OfflineOpened, options: OfflineCloseOptions = {}): ClosedSession => {
  const { energyWh = 20_000n, lastedMs = HOUR_MS, laterMs = 0, binding = open.binding } = options;
  const { site, body: opened } = open;
  const from = options.fromMilliWh ?? BigInt(open.number) * REGISTER_EACH;
  const startMs = opened.openedAtMs + laterMs;
  const readings = [
    { atMs: startMs, registerMilliWh: from, charging: true },
    { atMs: startMs + lastedMs, registerMilliWh: from + energyWh * MILLI, charging: true },
  ];
  const end = signOcmf(
    {
      gateway: { model: 'Roamgrid station', serial: site.stationId, version: '1' },
      meter: { ...METER, serial: site.meterId },
      page: 1,
      evseId: site.evseId,
      tariffText: binding,
      readings: readings.map(({ atMs, registerMilliWh }, index) => ({
        ...{ atMs, registerMilliWh, sync: 'S' as const },
        transaction: index === 0 ? ('B' as const) : ('E' as const),
      })),
    },
    (options.meterKey ?? site.meter).privateKey,
  );
  const body: SessionCloseBody = {
    sessionId: opened.sessionId,
    endReason: 'driver',
    readings,
    statement: { form: 'ocmf', end },
    salt: saltOf(`close ${opened.sessionId}`),
    ...options.body,
  };
  const text = settledText(canonicalText(sessionCloseBody, body), open.text);
  return { open, body, text, hash: bodyHash(text) };
};
