import { createHash } from 'node:crypto';
import { z } from 'zod';
import {
  currencyCode,
  energyWhCodec,
  instantMs,
  naturalMicrosCodec,
  recordId,
  salt,
  sha256Hex,
  utilityId,
} from '../codec/scalars.ts';
import type { AgreementTerms } from './consortium.ts';
import { commandId } from './envelope.ts';
import { laneId, sessionId, sessionNumber } from './lane.ts';
import { inclusionPath } from './session-proofs.ts';

/**
 * Charge records that the home utility does not accept, and what becomes of them. A disputed record is taken off its
 * invoice; it comes back, if at all, as an invoice of its own. Nothing is edited in place.
 */

/** Why a charge record is disputed. */
export const disputeReason = z.enum([
  'RATING', // the amount is not what tariff and readings give
  'CAP', // above what the driver consented to
  'AGREEMENT', // a price, share or currency outside the agreement
  'AUTHORISATION', // nothing that the home utility said allows it
  'METER_SIGNATURE', // the meter did not sign the readings
  'ENERGY', // more than the outlet's power gives in the time
  'TIME', // begins in its future, or lasts no time
  'OVERLAP_EVSE', // the outlet charged another session then
  'OVERLAP_METER', // the meter counted that energy for another session
  'OVERLAP_CIN', // the customer charged elsewhere then
  'SEQUENCE', // the number is missing or stands twice
  'DRIVER', // the driver contests it
  'TAKEN_BACK', // the visited utility takes it back itself
]);
export type DisputeReason = z.infer<typeof disputeReason>;

/**
 * Id of the dispute of a settled session, from its leaf: one record has one, and who does not know the salted body cannot
 * tell which session of the invoice it is.
 */
export const disputeIdOf = (leafHash: string): string =>
  createHash('sha256').update(`dispute ${leafHash}`).digest('hex');

/** What shows why a record is disputed or what answers it, where it is short enough to stand in the body itself. */
export const evidenceText = z.string().min(1).max(8_000);

const amounts = {
  currency: currencyCode,
  energyWh: energyWhCodec,
  totalMicros: naturalMicrosCodec,
  shares: z.strictObject({
    hun: naturalMicrosCodec,
    vun: naturalMicrosCodec,
    infrastructure: naturalMicrosCodec,
    driver: naturalMicrosCodec,
  }),
  /** What the HUN owes the VUN of it. */
  payableMicros: naturalMicrosCodec,
} as const;

/** Private body of a dispute, in both parties' implicit collections: a credit over the whole record. */
export const disputeBody = z.strictObject({
  disputeId: sha256Hex,
  invoiceId: recordId,
  laneId,
  laneSequence: z.int().min(1),
  sessionId,
  reason: disputeReason,
  /** Of whatever shows it; what is not in `evidence` the parties hand over outside the ledger. */
  evidenceHash: sha256Hex,
  evidence: evidenceText.exactOptional(),
  /** As the contract computes them from the settled session. */
  ...amounts,
  salt,
});
export type DisputeBody = z.infer<typeof disputeBody>;

export const disputeOutcome = z.enum(['revised', 'upheld', 'credited']);
export type DisputeOutcome = z.infer<typeof disputeOutcome>;

/** Private body of the visited utility's answer. */
export const answerBody = z.strictObject({
  disputeId: sha256Hex,
  outcome: disputeOutcome,
  evidenceHash: sha256Hex,
  evidence: evidenceText.exactOptional(),
  /** What the record comes to now: of `upheld` as before, of `credited` nothing. */
  ...amounts,
  salt,
});
export type AnswerBody = z.infer<typeof answerBody>;

/** What the channel sees of a dispute. */
export const disputeRecord = z.strictObject({
  type: z.literal('dispute'),
  version: z.int().min(1),
  disputeId: sha256Hex,
  invoiceId: recordId,
  agreementId: recordId,
  vun: utilityId,
  hun: utilityId,
  state: z.enum(['disputed', 'revised', 'upheld', 'credited', 'settled']),
  bodyHash: sha256Hex,
  answerHash: sha256Hex.exactOptional(),
  /** Time of the transaction: the time to answer runs from here. */
  disputedAtMs: instantMs,
  answeredAtMs: instantMs.exactOptional(),
  /** Contested after its invoice was accepted: the record stays billed, and what is not owed of it is a credit note. */
  late: z.literal(true).exactOptional(),
  /** The invoice on which the record came back. */
  supplementId: recordId.exactOptional(),
  /** Of a late one: the credit note that it led to. */
  creditId: recordId.exactOptional(),
});
export type DisputeRecord = z.infer<typeof disputeRecord>;

/** Where a disputed record lies in its batch. */
export const disputedPlace = z.strictObject({ batchId: recordId, ...inclusionPath.shape });
export type DisputedPlace = z.infer<typeof disputedPlace>;

/** Records of one invoice disputed at once: their settled texts travel beside the command. */
export const MAX_DISPUTED = 100;

/** A number whose record the home utility demands. Public as its opening is; the number's end answers it. */
export const missingRecord = z.strictObject({
  type: z.literal('missing'),
  version: z.literal(1),
  laneId,
  number: sessionNumber,
  agreementId: recordId,
  vun: utilityId,
  hun: utilityId,
  /** Time of the transaction. */
  demandedAtMs: instantMs,
});
export type MissingRecord = z.infer<typeof missingRecord>;

const DAY_MS = 86_400_000;

/** How long a party may be silent where the agreement does not say: one settlement period of it. */
const PERIOD_MS: Readonly<Record<AgreementTerms['settlementPeriod'], number>> = {
  day: DAY_MS,
  week: 7 * DAY_MS,
  month: 31 * DAY_MS,
};

/** How long a party may be silent in clearing before its silence says yes to the other. */
export const silenceMs = ({
  answerWithinMs,
  settlementPeriod,
}: Pick<AgreementTerms, 'answerWithinMs' | 'settlementPeriod'>): number =>
  answerWithinMs ?? PERIOD_MS[settlementPeriod];

/** How long after an invoice was issued its accepted records may be contested. */
export const contestMs = ({
  contestWithinMs,
  settlementPeriod,
}: Pick<AgreementTerms, 'contestWithinMs' | 'settlementPeriod'>): number =>
  contestWithinMs ?? 3 * PERIOD_MS[settlementPeriod];

const raised = z
  .array(z.strictObject({ disputeId: sha256Hex, bodyHash: sha256Hex }))
  .min(1)
  .max(MAX_DISPUTED);

/** Verbs of the `clearing` contract about records that are not accepted, and those that do not come. */
export const disputeCommands = {
  /**
   * Role aaa of the HUN; endorsed by both. Accepts an invoice but for some records. Transient `body`: InvoiceBody,
   * `disputes`: array of DisputeBody, `sessions`: their settled texts packed, `places`: array of DisputedPlace,
   * `payable`: the rest as PayableStatement, `terms`.
   */
  acceptInPart: z.strictObject({
    commandId,
    invoiceId: recordId,
    bodyHash: sha256Hex,
    disputes: raised,
    payableHash: sha256Hex,
  }),
  /**
   * Role aaa of the HUN; endorsed by both. Disputes records of an invoice that was accepted, as long as the agreement lets it;
   * each once, whenever. Transient `disputes`, `sessions`, `places`, `terms` as of `acceptInPart`.
   */
  contest: z.strictObject({ commandId, invoiceId: recordId, disputes: raised }),
  /**
   * Role aaa of the VUN; endorsed by both. Transient `dispute`: DisputeBody, `answer`: AnswerBody; for `revised` also
   * `session`: the settled text, `close`: another SessionCloseBody that the meter signed, `terms`.
   */
  answer: z.strictObject({
    commandId,
    disputeId: sha256Hex,
    outcome: disputeOutcome,
    answerHash: sha256Hex,
  }),
  /** Role aaa of the HUN: the VUN was silent for the agreed time, so the record is credited. Transient `terms`. */
  creditBySilence: z.strictObject({ commandId, disputeId: sha256Hex }),
  /**
   * Role aaa of the HUN, of the VUN when the HUN was silent for the agreed time: what the answer says is owed, on an
   * accepted invoice of its own. Transient `dispute`, `answer`, `body`: InvoiceBody of the supplement, `payable`, `terms`.
   */
  reinvoice: z.strictObject({
    commandId,
    disputeId: sha256Hex,
    supplementId: recordId,
    periodId: recordId,
    bodyHash: sha256Hex,
    payableHash: sha256Hex,
  }),
  /**
   * Role aaa of either; endorsed by both. What a late dispute came to, as a credit note that is netted: of a revised record the
   * difference, of a credited one all of it. Transient `dispute`, `answer` unless silence said it, `body`: CreditBody, `payable`.
   */
  credit: z.strictObject({
    commandId,
    disputeId: sha256Hex,
    creditId: recordId,
    periodId: recordId,
    bodyHash: sha256Hex,
    payableHash: sha256Hex,
  }),
  /** Role aaa of the VUN; endorsed by both. An invoice that nobody accepted yet; transient `body`: its InvoiceBody. */
  cancel: z.strictObject({ commandId, invoiceId: recordId }),
  /**
   * Role aaa of the HUN alone. A number that was opened and did not end in time. Transient `terms`; with `open` and
   * `proof` (OpeningProof) the time is the session's own, without them the longest that any may last.
   */
  demand: z.strictObject({
    commandId,
    agreementId: recordId,
    vun: utilityId,
    hun: utilityId,
    laneId,
    number: sessionNumber,
    slot: z.int().min(1),
  }),
} as const;

export const disputeQueries = {
  getDispute: z.strictObject({ disputeId: sha256Hex }),
  getDisputeBody: z.strictObject({ disputeId: sha256Hex }),
  getCredit: z.strictObject({ creditId: recordId }),
  getMissing: z.strictObject({ laneId, number: sessionNumber }),
} as const;
