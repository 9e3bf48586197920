import { z } from 'zod';
import {
  currencyCode,
  evseId,
  instantMs,
  mspId,
  naturalMicrosCodec,
  ppmCodec,
  powerWCodec,
  publicJwk,
  recordId,
  salt,
  sha256Hex,
  timeZoneName,
  utilityId,
} from '../codec/scalars.ts';
import { adaptationRule } from './adaptation-rule.ts';
import { commandId } from './envelope.ts';

const httpsOrLoopbackUrl = z.url({ protocol: /^https?$/ }).max(512);

/** A utility as the consortium knows it: who issues CINs with a prefix, and whose signatures count. */
export const utilityRecord = z.strictObject({
  type: z.literal('utility'),
  version: z.int().min(1),
  utilityId,
  mspId,
  name: z.string().min(1).max(100),
  /** OpenID issuer of the utility's AAA node. */
  oidcIssuer: httpsOrLoopbackUrl,
  /** Base address of the AAA node's roaming API. */
  aaaUrl: httpsOrLoopbackUrl,
  /** Keys that sign authorisations, profiles, quotes and client assertions. */
  signingKeys: z.array(publicJwk).min(1).max(8),
  validUntilMs: instantMs,
  status: z.enum(['active', 'suspended']),
});
export type UtilityRecord = z.infer<typeof utilityRecord>;

/** A charging outlet and the meter that signs its readings. */
export const evseRecord = z.strictObject({
  evseId,
  meterId: recordId,
  /** Meter's ECDSA P-256 key: OCMF signatures verify with it. */
  meterKey: publicJwk,
  maxPowerW: powerWCodec,
});

/** A charging station of a utility. */
export const stationRecord = z.strictObject({
  type: z.literal('station'),
  version: z.int().min(1),
  stationId: recordId,
  utilityId,
  name: z.string().min(1).max(100),
  address: z.string().min(1).max(200),
  countryCode: z.string().regex(/^[A-Z]{2}$/),
  timeZone: timeZoneName,
  evses: z.array(evseRecord).min(1).max(64),
  /** Key with which the station signs drivers' consents and its own requests. */
  signingKey: publicJwk,
  /** Who owns the charging infrastructure and receives its share; free text id. */
  infrastructureProvider: recordId,
  status: z.enum(['active', 'suspended']),
});
export type StationRecord = z.infer<typeof stationRecord>;

export const loyaltyLevel = z.enum(['none', 'gold', 'diamond', 'platinum']);
export type LoyaltyLevel = z.infer<typeof loyaltyLevel>;

const adjustmentRange = z.strictObject({ minPpm: ppmCodec, maxPpm: ppmCodec });

/**
 * What two utilities agreed. Private to them: it lies in their implicit collections, the channel holds its hash.
 * It applies in both directions.
 */
export const agreementTerms = z.strictObject({
  agreementId: recordId,
  parties: z.tuple([utilityId, utilityId]),
  currency: currencyCode,
  /** Limits of the energy price that a driver may be charged, before tax and before adjustment. */
  floorMicrosPerKWh: naturalMicrosCodec,
  ceilingMicrosPerKWh: naturalMicrosCodec,
  /** Largest change of a price from one tariff of a party to its next one in time, whatever their ids. */
  maxStepMicrosPerKWh: naturalMicrosCodec,
  /** How long before its start a tariff version must be bound; a party's very first one owes none. */
  noticeMs: z
    .int()
    .min(0)
    .max(31 * 86_400_000),
  /** Parts of each session's total; they sum to 1,000,000. */
  shares: z.strictObject({ hun: ppmCodec, vun: ppmCodec, infrastructure: ppmCodec, driver: ppmCodec }),
  /** Adjustment of the tariff that the charging rules may negotiate, by loyalty level; negative is a discount. */
  adjustment: z.strictObject({
    none: adjustmentRange,
    gold: adjustmentRange,
    diamond: adjustmentRange,
    platinum: adjustmentRange,
  }),
  /** Largest total of one session. */
  maxSessionMicros: naturalMicrosCodec,
  /** How much one customer may owe on locally authorised sessions that the home utility has not seen yet. */
  exposureLimitMicros: naturalMicrosCodec,
  /** Longest life of a visitor profile. */
  profileLifetimeMs: z
    .int()
    .min(0)
    .max(31 * 86_400_000),
  /** A CDR later than this after the session's end is refused. */
  cdrBoundMs: z
    .int()
    .min(1)
    .max(366 * 86_400_000),
  settlementPeriod: z.enum(['day', 'week', 'month']),
  /** How measured grid demand moves a session's price; left out, it does not. */
  adaptation: adaptationRule.exactOptional(),
  salt,
});
export type AgreementTerms = z.infer<typeof agreementTerms>;

export const agreementRecord = z.strictObject({
  type: z.literal('agreement'),
  version: z.int().min(1),
  agreementId: recordId,
  parties: z.tuple([utilityId, utilityId]),
  termsHash: sha256Hex,
  validFromMs: instantMs,
  validUntilMs: instantMs,
  state: z.enum(['proposed', 'active', 'ended']),
  /** Utilities whose operator signed this version, in order of signing. */
  signedBy: z.array(utilityId).max(2),
});
export type AgreementRecord = z.infer<typeof agreementRecord>;

/** `consortium` contract: each transaction's one argument is the canonical JSON of its command. */
export const consortiumCommands = {
  /** Role operator; the caller's MSP becomes the utility's. Also re-registers (next version). */
  registerUtility: z.strictObject({
    commandId,
    utility: utilityRecord.omit({ type: true, version: true, mspId: true }),
  }),
  /** Role operator of the utility. */
  registerStation: z.strictObject({ commandId, station: stationRecord.omit({ type: true, version: true }) }),
  /** Role operator of one party. Transient `terms`: canonical JSON of AgreementTerms. Counts as that party's signature. */
  proposeAgreement: z.strictObject({
    commandId,
    agreementId: recordId,
    parties: z.tuple([utilityId, utilityId]),
    termsHash: sha256Hex,
    validFromMs: instantMs,
    validUntilMs: instantMs,
  }),
  /** Role operator of the other party; states the hash it signs. */
  signAgreement: z.strictObject({
    commandId,
    agreementId: recordId,
    version: z.int().min(1),
    termsHash: sha256Hex,
  }),
  /** Role operator of either party. */
  endAgreement: z.strictObject({ commandId, agreementId: recordId, version: z.int().min(1) }),
} as const;

/** Read-only transactions; `bookmark` pages, at most `pageSize` records. */
export const consortiumQueries = {
  getUtility: z.strictObject({ utilityId }),
  getStation: z.strictObject({ utilityId, stationId: recordId }),
  getAgreement: z.strictObject({ agreementId: recordId }),
  listUtilities: z.strictObject({ pageSize: z.int().min(1).max(200), bookmark: z.string() }),
  /** How the endorser that is asked guards the time of proposals: an `endorsementClockAnswer`. */
  getEndorsementClock: z.strictObject({}),
  listStations: z.strictObject({ utilityId, pageSize: z.int().min(1).max(200), bookmark: z.string() }),
} as const;
