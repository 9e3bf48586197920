import { z } from 'zod';
import {
  currencyCode,
  instantMs,
  mspId,
  naturalMicrosCodec,
  ppmCodec,
  publicJwk,
  recordId,
  salt,
  sha256Hex,
  utilityId,
} from '../codec/scalars.ts';
import { bookingTerms } from '../energy/booking-terms.ts';
import { flexibilityTerms } from '../energy/flexibility-terms.ts';
import { adaptationRule } from './adaptation-rule.ts';
import { datedKey, KEY_HISTORY } from './dated-keys.ts';
import { commandId } from './envelope.ts';
import { stationRegistration } from './station-record.ts';
import { voteDecision } from './vote.ts';

const httpsOrLoopbackUrl = z.url({ protocol: /^https?$/ }).max(512);

/** An epoch of a utility's offline tokens, from its registration on: it takes back all tokens of earlier ones. */
export const tokenEpoch = z.strictObject({ epoch: z.int().min(0).max(4_294_967_295), fromMs: instantMs });

/**
 * Keys that count where nobody hears of anything (SECURE-1), each for one use: tokens of the own customers, or certificates, lists and receipts of
 * the own chargers. They sign nothing else, and no other key signs it.
 */
export const offlineUse = z.enum(['tokens', 'chargers']);
export const offlineKey = datedKey.extend({ use: offlineUse });
export type OfflineKey = z.infer<typeof offlineKey>;

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
  /** Keys that sign authorisations, profiles, quotes and client assertions, and those that did. */
  signingKeys: z.array(datedKey).min(1).max(KEY_HISTORY.keys),
  /** Epochs of its offline tokens that it began, in order; before the first it is 0. */
  tokenEpochs: z.array(tokenEpoch).max(KEY_HISTORY.keys).exactOptional(),
  /** Absent where it never stated any: its customers have no tokens, its chargers always hear of somebody. */
  offlineKeys: z.array(offlineKey).max(KEY_HISTORY.keys).exactOptional(),
  validUntilMs: instantMs,
  /** The members' word alone: an applicant is no member yet, a suspended one takes part in nothing new. */
  status: z.enum(['applied', 'active', 'suspended']),
  /** Since when the status is what it is. */
  statusFromMs: instantMs,
  /** Version of this record with which the status began, an application's own: votes about the status name it. */
  statusVersion: z.int().min(1),
  /** What a member asks for in place of its present addresses; votes about it name the version that asked. */
  pendingIssuer: z
    .strictObject({ version: z.int().min(1), oidcIssuer: httpsOrLoopbackUrl, aaaUrl: httpsOrLoopbackUrl })
    .exactOptional(),
  /** Whether the others made it a registrar of generation, and the version of that: votes about it name the next one. */
  registrar: z
    .strictObject({ version: z.int().min(1), active: z.boolean(), fromMs: instantMs })
    .exactOptional(),
});
export type UtilityRecord = z.infer<typeof utilityRecord>;

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
  /** Largest change of a price at an outlet from one tariff of a party to its next one in time, whatever their ids. */
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
  /** How long after a session's time is over the home utility may expire it; the visited one may at once. */
  expiryGraceMs: z
    .int()
    .min(0)
    .max(366 * 86_400_000),
  /** How long after a profile's revocation a session may still open under it: the time to read revocations. */
  revocationGraceMs: z.int().min(0).max(3_600_000),
  /** What a station does when home does not answer within a second whether the opening is good. */
  homeSilent: z.enum(['charge', 'refuse']),
  /** How long private bodies are kept at least; after it each party can purge its own. */
  retentionMs: z
    .int()
    .min(86_400_000)
    .max(20 * 366 * 86_400_000),
  settlementPeriod: z.enum(['day', 'week', 'month']),
  /** What a site's utility pays for a kWh that a car of the other's customer gave there; without it nothing of that is recorded. */
  givenMicrosPerKWh: naturalMicrosCodec.exactOptional(),
  /**
   * How long a party may be silent in clearing; left out, a settlement period. A home utility that is silent on an invoice,
   * or on the answer to its dispute, accepted it; a visited one that is silent on a dispute credited the record.
   */
  answerWithinMs: z
    .int()
    .min(1)
    .max(366 * 86_400_000)
    .exactOptional(),
  /** How long after its invoice was issued a record that home accepted may still be contested; left out, three settlement periods. */
  contestWithinMs: z
    .int()
    .min(1)
    .max(2 * 366 * 86_400_000)
    .exactOptional(),
  /** How measured grid demand moves a session's price; left out, it does not. */
  adaptation: adaptationRule.exactOptional(),
  /** Under which terms outlets are booked ahead; left out, they are not. */
  booking: bookingTerms.exactOptional(),
  /** What a house is paid that takes less when it is asked to, or gives to the grid; left out, nothing. */
  flexibility: flexibilityTerms.exactOptional(),
  salt,
});
export type AgreementTerms = z.infer<typeof agreementTerms>;

/**
 * How long an agreement stays in force after a party said that it ends. Public, because who judges a session by the
 * agreement must know it: a party cannot take back what it has just said yes to.
 */
const endNoticeMs = z
  .int()
  .min(0)
  .max(92 * 86_400_000);

export const agreementRecord = z.strictObject({
  type: z.literal('agreement'),
  version: z.int().min(1),
  agreementId: recordId,
  /** Two utilities; or one twice, for its own customers at its own stations, before a witness. */
  parties: z.tuple([utilityId, utilityId]),
  /** The other utility that signs, and endorses each session, where the parties are one and the same. */
  witness: utilityId.exactOptional(),
  termsHash: sha256Hex,
  validFromMs: instantMs,
  validUntilMs: instantMs,
  endNoticeMs,
  /** When it ends before its time, because a party said so and the notice is over. */
  endsAtMs: instantMs.exactOptional(),
  /** A proposal that nobody signed can be withdrawn; what both signed ends by its times alone. */
  state: z.enum(['proposed', 'active', 'withdrawn']),
  /** Utilities whose operator signed this version, in order of signing. */
  signedBy: z.array(utilityId).max(2),
});
export type AgreementRecord = z.infer<typeof agreementRecord>;

type Between = Pick<AgreementRecord, 'parties' | 'witness'>;

/** Utilities that sign an agreement, and whose organisations endorse what is recorded under it. */
export const signatoriesOf = ({ parties, witness }: Between): readonly [string, string] =>
  witness === undefined ? parties : [parties[0], witness];

/** Whether an agreement is of these two utilities, or of this one with itself. */
export const isBetween = ({ parties: [one, other] }: Between, vun: string, hun: string): boolean =>
  (vun === one && hun === other) || (vun === other && hun === one);

/**
 * What a utility states of itself. It states the present alone: the contract keeps what was before, and dates both by
 * the transaction. Its status is not its own to state.
 */
export const utilityRegistration = utilityRecord
  .pick({ utilityId: true, name: true, oidcIssuer: true, aaaUrl: true, validUntilMs: true })
  .extend({
    signingKeys: z.array(publicJwk).min(1).max(8),
    /** Epoch of the offline tokens that count from now on; left out, it stays. It never falls. */
    tokenEpoch: tokenEpoch.shape.epoch.exactOptional(),
    /** Left out, all of them end. */
    offlineKeys: z
      .array(publicJwk.extend({ use: offlineUse }))
      .max(8)
      .exactOptional(),
  });

/** `consortium` contract: each transaction's one argument is the canonical JSON of its command. */
export const consortiumCommands = {
  /**
   * Role operator. A new id is an application of the caller's organisation, the channel's very first one a member at once.
   * A member re-registers (next version); other addresses wait for a vote.
   */
  registerUtility: z.strictObject({ commandId, utility: utilityRegistration }),
  /**
   * Role operator of a member. `version` is that of the matter: the record's `statusVersion`, or `pendingIssuer.version`.
   * The vote that makes a majority carries the decision out.
   */
  vote: z.strictObject({
    commandId,
    utilityId,
    version: z.int().min(1),
    decision: voteDecision,
    yes: z.boolean(),
  }),
  /** Role operator of the utility. Also re-registers (next version). */
  registerStation: z.strictObject({ commandId, station: stationRegistration }),
  /** Role operator of one party. Transient `terms`: canonical JSON of AgreementTerms. Counts as that party's signature. */
  proposeAgreement: z.strictObject({
    commandId,
    agreementId: recordId,
    parties: z.tuple([utilityId, utilityId]),
    witness: utilityId.exactOptional(),
    termsHash: sha256Hex,
    validFromMs: instantMs,
    validUntilMs: instantMs,
    endNoticeMs,
  }),
  /** Role operator of the other party, or of the witness; states the hash it signs. */
  signAgreement: z.strictObject({
    commandId,
    agreementId: recordId,
    version: z.int().min(1),
    termsHash: sha256Hex,
  }),
  /** Role operator of either party. Ends the agreement after its notice; withdraws what is only proposed. */
  endAgreement: z.strictObject({ commandId, agreementId: recordId, version: z.int().min(1) }),
} as const;

/** Read-only transactions; `bookmark` pages, at most `pageSize` records. */
export const consortiumQueries = {
  getUtility: z.strictObject({ utilityId }),
  getStation: z.strictObject({ utilityId, stationId: recordId }),
  getAgreement: z.strictObject({ agreementId: recordId }),
  /** Votes about a utility, on all versions of all matters. */
  listVotes: z.strictObject({ utilityId, pageSize: z.int().min(1).max(200), bookmark: z.string() }),
  listUtilities: z.strictObject({ pageSize: z.int().min(1).max(200), bookmark: z.string() }),
  /** How the endorser that is asked guards the time of proposals: an `endorsementClockAnswer`. */
  getEndorsementClock: z.strictObject({}),
  listStations: z.strictObject({ utilityId, pageSize: z.int().min(1).max(200), bookmark: z.string() }),
} as const;
