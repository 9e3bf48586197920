import { z } from 'zod';
import {
  cinRef,
  compactJws,
  currencyCode,
  energyWhCodec,
  evseId,
  instantMs,
  microsCodec,
  naturalMicrosCodec,
  ppmCodec,
  recordId,
  salt,
  sha256Hex,
  utilityId,
} from '../codec/scalars.ts';
import { adaptationInputs } from './adaptation-rule.ts';
import { commandId, LEDGER_LIMITS } from './envelope.ts';

/** UTC offset of the station's zone from an instant on; the resolved zone is part of the quote, so peers need no tzdata. */
export const zoneOffset = z.strictObject({ fromMs: instantMs, offsetMinutes: z.int().min(-900).max(900) });

/** The price shown to the driver. Its canonical hash is what the driver consents to. */
export const quote = z.strictObject({
  quoteId: recordId,
  sessionId: recordId,
  requestId: recordId,
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
  iss: recordId,
  sessionId: recordId,
  quoteHash: sha256Hex,
  method: z.enum(['kiosk', 'app']),
  consentedAtMs: instantMs,
});
export type Consent = z.infer<typeof consent>;

/** Private body of an opened session, in both parties' implicit collections among the packed `opening:<openingId>`. */
export const sessionOpenBody = z.strictObject({
  sessionId: recordId,
  cinRef,
  authorisedBy: z.enum(['home', 'cache']),
  /** JWS of an Authorisation (home) or a VisitorProfile (cache), signed by the home utility. */
  evidence: compactJws,
  quote,
  /** JWS of a Consent. */
  consent: compactJws,
  openedAtMs: instantMs,
  salt,
});
export type SessionOpenBody = z.infer<typeof sessionOpenBody>;

/** Why charging ended (ROAM-12). */
export const endReason = z.enum(['full', 'driver', 'limit', 'fault']);

/**
 * A meter reading. `ocmf` is the signed text for the first and last reading (OCMF 1.x, ECDSA P-256);
 * readings between shape the charging periods and are bounded by the signed ones.
 */
export const meterReading = z.strictObject({
  atMs: instantMs,
  /** Cumulative register of the meter. */
  registerWh: energyWhCodec,
  /** False while the car is connected but takes no energy: counts as parking time. */
  charging: z.boolean(),
});
export type MeterReading = z.infer<typeof meterReading>;

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
  sessionId: recordId,
  vun: utilityId,
  hun: utilityId,
  /** Running number of the pair VUN → HUN, from 1, without gaps. */
  pairSequence: z.int().min(1),
  startMs: instantMs,
  endMs: instantMs,
  energyWh: energyWhCodec,
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

/** Private body of a closed session: a leaf of its batch's Merkle tree is the SHA-256 of its canonical JSON. */
export const sessionCloseBody = z.strictObject({
  sessionId: recordId,
  openHash: sha256Hex,
  readings: z.array(meterReading).min(2).max(LEDGER_LIMITS.readingsPerSession),
  /** OCMF text of the first reading; absent when `signedEnd` holds both, as a meter's end record usually does. */
  signedStart: z.string().max(4_096).exactOptional(),
  /** OCMF text of the last reading. */
  signedEnd: z.string().max(4_096),
  cdr,
  salt,
});
export type SessionCloseBody = z.infer<typeof sessionCloseBody>;

/** Private sums of a batch, from which invoices are made without opening every CDR again. */
export const batchHeader = z.strictObject({
  batchId: recordId,
  agreementId: recordId,
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
  /** Root over the leaf hashes of the close bodies, in pair-sequence order. */
  merkleRoot: sha256Hex,
  salt,
});
export type BatchHeader = z.infer<typeof batchHeader>;

/** What `getBatchBodies` answers from the caller's own collection. */
export const batchBodies = z.strictObject({ header: batchHeader, bodies: z.array(sessionCloseBody) });
export type BatchBodies = z.infer<typeof batchBodies>;

const pair = { vun: utilityId, hun: utilityId, agreementId: recordId };
const items = <T extends z.ZodType>(item: T) => z.array(item).min(1).max(LEDGER_LIMITS.batchItems);

/**
 * `session` contract. Roles station and aaa of the VUN; endorsed by VUN and HUN (key-level).
 * Private bodies travel in transient data, never in arguments or results.
 */
export const sessionCommands = {
  /** Transient `bodies`: packed SessionOpenBody, same order; `terms`: AgreementTerms. */
  open: z.strictObject({
    commandId,
    ...pair,
    items: items(z.strictObject({ sessionId: recordId, openHash: sha256Hex })),
  }),
  /** Interim record of a running session: hash of the reading (blind write, one key per sequence). */
  record: z.strictObject({
    commandId,
    ...pair,
    items: items(z.strictObject({ sessionId: recordId, sequence: z.int().min(1), readingHash: sha256Hex })),
  }),
  /**
   * Transient `bodies`: packed SessionCloseBody; `opens`: their SessionOpenBody, packed; `header`: BatchHeader; `terms`.
   * Items in pair-sequence order, contiguous.
   */
  close: z.strictObject({
    commandId,
    ...pair,
    batchId: recordId,
    headerHash: sha256Hex,
    merkleRoot: sha256Hex,
    fromSequence: z.int().min(1),
    items: items(z.strictObject({ sessionId: recordId, closeHash: sha256Hex })),
  }),
  /** An opened session that never charged. */
  void: z.strictObject({
    commandId,
    ...pair,
    sessionId: recordId,
    reason: z.enum(['not-started', 'operator', 'fault']),
  }),
  /** Any member, after `expiresAtMs`: the session's CDR never came. */
  expire: z.strictObject({ commandId, ...pair, sessionId: recordId }),
} as const;

export const sessionQueries = {
  get: z.strictObject({ sessionId: recordId }),
  getBatch: z.strictObject({ batchId: recordId }),
  /** From the caller's own collection; transient not needed. */
  getOpenBody: z.strictObject({ sessionId: recordId }),
  getBatchBodies: z.strictObject({ batchId: recordId }),
} as const;
