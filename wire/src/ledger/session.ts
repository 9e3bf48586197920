import { END_REASONS } from '@roamgrid/domain';
import { z } from 'zod';
import {
  channelName,
  cinRef,
  compactJws,
  currencyCode,
  energyMilliWhCodec,
  energyWhCodec,
  evseId,
  instantMs,
  keyId,
  microsCodec,
  naturalMicrosCodec,
  ppmCodec,
  recordId,
  salt,
  sha256Hex,
  utilityId,
} from '../codec/scalars.ts';
import { adaptationInputs } from './adaptation-rule.ts';
import { meteredBy } from './dated-keys.ts';
import { LEDGER_LIMITS } from './envelope.ts';
import { laneId, sessionId } from './lane.ts';

/** UTC offset of the station's zone from an instant on; the resolved zone is part of the quote, so peers need no tzdata. */
export const zoneOffset = z.strictObject({ fromMs: instantMs, offsetMinutes: z.int().min(-900).max(900) });

/** The price shown to the driver. Its canonical hash is what the driver consents to. */
export const quote = z.strictObject({
  /** The channel on which the session will stand: what is signed for one consortium is good in no other. */
  channel: channelName,
  sessionId,
  vun: utilityId,
  hun: utilityId,
  agreementId: recordId,
  stationId: recordId,
  evseId,
  tariffId: recordId,
  tariffVersion: z.int().min(1),
  /** Negotiated change of the tariff's total: negative is a discount. */
  adjustmentPpm: ppmCodec,
  currency: currencyCode,
  requestedEnergyWh: energyWhCodec,
  plannedMs: z.int().min(0),
  /** Estimated total with tax, after adjustment. */
  estimateMicros: naturalMicrosCodec,
  /** The bill never exceeds this without new consent. */
  capMicros: naturalMicrosCodec,
  zoneOffsets: z.array(zoneOffset).min(1).max(16),
  issuedAtMs: instantMs,
  validUntilMs: instantMs,
});
export type Quote = z.infer<typeof quote>;

/** JWS payload by which the station attests the driver's consent, `typ: "roamgrid-consent+jwt"`, signed by the station's key. */
export const consent = z.strictObject({
  channel: channelName,
  iss: recordId,
  sessionId,
  quoteHash: sha256Hex,
  /**
   * How the driver agreed: at our kiosk, in an app, by starting at a station whose own display showed the price, or in a
   * partner's system that showed it.
   */
  method: z.enum(['kiosk', 'app', 'display', 'partner']),
  consentedAtMs: instantMs,
});
export type Consent = z.infer<typeof consent>;

/**
 * JWS payload by which the driver's own device consents, `typ: "roamgrid-driver-consent+jwt"`, signed by the key that the
 * home utility bound in its authorisation or profile.
 */
export const driverConsent = z.strictObject({
  channel: channelName,
  sessionId,
  quoteHash: sha256Hex,
  consentedAtMs: instantMs,
});
export type DriverConsent = z.infer<typeof driverConsent>;

/** 64 bytes of an ES256 signature as a JWS has them. */
export const rawSignature = z.string().regex(/^[\w-]{86}$/, 'an ES256 signature in base64url');

/** A consent's facts and signature: what was signed is formed again from them. */
export const signedConsent = z.strictObject({
  consentedAtMs: instantMs,
  /** The station's key. */
  kid: keyId,
  method: consent.shape.method,
  signature: rawSignature,
});
export type SignedConsent = z.infer<typeof signedConsent>;

/** Consent by the driver's own device. */
export const signedDriverConsent = z.strictObject({ consentedAtMs: instantMs, signature: rawSignature });
export type SignedDriverConsent = z.infer<typeof signedDriverConsent>;

/** Where the driver consented: at the station, in a partner's system that it attests, or on the driver's own device beside it. */
export const consentKind = z.enum(['station', 'partner', 'device']);
export type ConsentKind = z.infer<typeof consentKind>;
export const consentKindOf = ({
  consent: { method },
  driverConsent,
  offline,
}: Pick<SessionOpenBody, 'consent' | 'driverConsent' | 'offline'>): ConsentKind => {
  if (driverConsent !== undefined || offline !== undefined) return 'device';
  return method === 'partner' ? 'partner' : 'station';
};

/** What home saw of the offer and the quote does not repeat: with the quote it is the offer that `offerHash` covers. */
export const offerRest = z.strictObject({
  estimateMicros: naturalMicrosCodec,
  maxAdjustmentPpm: ppmCodec,
  maxMicrosPerKWh: naturalMicrosCodec,
  minAdjustmentPpm: ppmCodec,
  minMicrosPerKWh: naturalMicrosCodec,
  requestedEnergyWh: energyWhCodec,
  validUntilMs: instantMs,
});

/** Bytes in base64url; the last character has no bits that no byte holds, as `Buffer` writes it. */
const bytesText = (least: number, most: number) =>
  z
    .string()
    .min(least)
    .max(most)
    .regex(/^[\w-]+$/, 'base64url');

/** How a session began at a charger that reached nobody: by a token that home signed ahead of time. */
export const offlineStart = z.strictObject({
  /** The session's number at its outlet. */
  number: z.int().min(1).max(4_294_967_295),
  /** Energy that the holder asked for. */
  askedWh: energyWhCodec,
  /** COSE_Sign1 by the home utility. */
  token: bytesText(1, 400),
  /** SHA-256 of what phone and charger had said before the holder signed. */
  transcript: bytesText(43, 43),
});
export type OfflineStart = z.infer<typeof offlineStart>;

/**
 * Body of an opened session: a leaf of its opening's Merkle tree is the SHA-256 of its canonical JSON. It goes to the home
 * utility before the contactor closes and reaches the ledger with the session's end.
 */
export const sessionOpenBody = z.strictObject({
  sessionId,
  cinRef,
  authorisedBy: z.enum(['home', 'cache']),
  /** JWS of an Authorisation (home), a VisitorProfile or an OfflineLeave (cache), signed by the home utility. */
  evidence: compactJws,
  /** Of a session that home authorised. */
  offer: offerRest.exactOptional(),
  quote,
  /** Of a session that began offline it is the holder's signature for the start, by the token's own key. */
  consent: signedConsent,
  /** Of a session that began at a charger without network. */
  offline: offlineStart.exactOptional(),
  /** By the driver's own device, where home asked for it or the driver gave it. */
  driverConsent: signedDriverConsent.exactOptional(),
  openedAtMs: instantMs,
  salt,
});
export type SessionOpenBody = z.infer<typeof sessionOpenBody>;

/** Why charging ended (ROAM-12). */
export const endReason = z.enum(END_REASONS);

/**
 * A meter reading. `ocmf` is the signed text for the first and last reading (OCMF 1.x, ECDSA P-256);
 * readings between shape the charging periods and are bounded by the signed ones.
 */
export const meterReading = z.strictObject({
  atMs: instantMs,
  /** Cumulative register of the meter. */
  registerMilliWh: energyMilliWhCodec,
  /** False while the car is connected but takes no energy: counts as parking time. */
  charging: z.boolean(),
});
export type MeterReading = z.infer<typeof meterReading>;

/** A reading as it is recorded; only the first and the last can have flags, which are the meter's own (OCMF 1.4, tables 7, 19). */
export const recordedReading = meterReading.extend({
  /** Clock that is not synchronised: relative, informative or unknown. */
  clock: z.enum(['R', 'I', 'U']).exactOptional(),
  /** The meter flags its time as unusable; with unusable energy nothing is billed. */
  errorFlags: z.literal('t').exactOptional(),
});
export type RecordedReading = z.infer<typeof recordedReading>;

export const cdrLine = z.strictObject({
  /** OCPI component, or what the roaming rules add. */
  kind: z.enum([
    'FLAT',
    'ENERGY',
    'TIME',
    'PARKING_TIME',
    'ADJUSTMENT',
    'ADAPTATION',
    'MIN_PRICE',
    'MAX_PRICE',
    'ROUNDING',
  ]),
  /** Index of the tariff element that made the line; absent for what is not of an element. */
  element: z.int().min(0).exactOptional(),
  /** Billed quantity in the unit: Wh for energy, seconds for time, 1 for flat. */
  quantity: z.string().max(40),
  unit: z.enum(['Wh', 's', '1', 'ppm']),
  /** As the tariff states it, in currency units per kWh, hour or session; empty where no price made the line. */
  unitPrice: z.string().max(40),
  amountMicros: microsCodec,
  taxMicros: microsCodec,
  /** What an `ADAPTATION` line was computed from; its quantity is the move in ppm. */
  grid: adaptationInputs.exactOptional(),
});

/** Charge detail record. Its totals are what `domain` computes from the signed meter values; the contract recomputes them. */
export const cdr = z.strictObject({
  cdrId: recordId,
  sessionId,
  vun: utilityId,
  hun: utilityId,
  /** Running number of the lane's records, from 1, without gaps. */
  laneSequence: z.int().min(1),
  startMs: instantMs,
  endMs: instantMs,
  energyWh: energyWhCodec,
  /** By the registered key that verified its end statement. */
  meteredBy,
  currency: currencyCode,
  tariffId: recordId,
  tariffVersion: z.int().min(1),
  pricingPolicy: z.string().max(64),
  lines: z.array(cdrLine).max(1_000),
  /** Without tax, after adjustment. */
  netMicros: naturalMicrosCodec,
  taxMicros: naturalMicrosCodec,
  /** What the driver owes: net + tax. */
  totalMicros: naturalMicrosCodec,
  /** Parts of `totalMicros`, conserving it. */
  shares: z.strictObject({
    hun: naturalMicrosCodec,
    vun: naturalMicrosCodec,
    infrastructure: naturalMicrosCodec,
    driver: naturalMicrosCodec,
  }),
  endReason,
});
export type Cdr = z.infer<typeof cdr>;

/** OCMF's sections are parted by `|`, so no field of a statement holds one. */
const statementText = (length: number) =>
  z
    .string()
    .max(length)
    .regex(/^[^|]*$/, 'a text without |');

/** A statement of our own meters: the text that it signed is formed again from these facts and the readings. */
export const statementFacts = z.strictObject({
  form: z.literal('facts'),
  gateway: z.strictObject({
    model: statementText(64),
    serial: statementText(64),
    version: statementText(64),
  }),
  meter: z.strictObject({
    firmware: statementText(64),
    model: statementText(64),
    serial: statementText(64),
    vendor: statementText(64),
  }),
  page: z.int().min(0),
  /** DER of the meter's signature in base64. */
  signature: z.base64().max(128),
  /** What the meter signed as the tariff's text: binds the consent, see `consentBinding`. */
  tariffText: statementText(250).exactOptional(),
});
export type StatementFacts = z.infer<typeof statementFacts>;

/** Statements of any other meter, whole. */
export const statementTexts = z.strictObject({
  form: z.literal('ocmf'),
  /** OCMF text of the last reading. */
  end: z.string().max(4_096),
  /** OCMF text of the first reading; absent when `end` holds both. */
  start: z.string().max(4_096).exactOptional(),
});
export const signedStatement = z.discriminatedUnion('form', [statementFacts, statementTexts]);
export type SignedStatement = z.infer<typeof signedStatement>;

/** Body of a closed session: facts and signatures. The CDR is computed from it and from the opening, never carried. */
export const sessionCloseBody = z.strictObject({
  sessionId,
  endReason,
  readings: z.array(recordedReading).min(2).max(LEDGER_LIMITS.readingsPerSession),
  statement: signedStatement,
  salt,
});
export type SessionCloseBody = z.infer<typeof sessionCloseBody>;

/** Private sums of a batch, from which invoices are made without opening every session again. */
export const batchHeader = z.strictObject({
  batchId: recordId,
  agreementId: recordId,
  laneId,
  vun: utilityId,
  hun: utilityId,
  fromSequence: z.int().min(1),
  toSequence: z.int().min(1),
  currency: currencyCode,
  energyWh: energyWhCodec,
  totalMicros: naturalMicrosCodec,
  shares: z.strictObject({
    hun: naturalMicrosCodec,
    vun: naturalMicrosCodec,
    infrastructure: naturalMicrosCodec,
    driver: naturalMicrosCodec,
  }),
  /** When the last of its sessions ended. */
  lastEndMs: instantMs,
  /** Root over the leaf hashes of the settled sessions, in sequence order. */
  merkleRoot: sha256Hex,
  salt,
});
export type BatchHeader = z.infer<typeof batchHeader>;
