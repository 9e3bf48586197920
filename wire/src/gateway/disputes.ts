import { z } from 'zod';
import { instantMs, recordId, utilityId } from '../codec/scalars.ts';
import { invoiceBody, invoiceRecord } from '../ledger/clearing.ts';
import { creditBody, creditRecord } from '../ledger/credit.ts';
import {
  answerBody,
  disputeBody,
  disputeReason,
  disputeRecord,
  evidenceText,
  MAX_DISPUTED,
} from '../ledger/dispute.ts';
import { sessionId } from '../ledger/lane.ts';
import { settlementPeriod } from '../ledger/netting.ts';
import { cdr, sessionCloseBody } from '../ledger/session.ts';
import { sessionEndState } from '../ledger/session-record.ts';

/**
 * What a gateway tells its own AAA node, role aaa, of records that are not accepted and those that do not come. Every POST told
 * again gives what the first one made; what the contracts refuse is a problem `LEDGER_<code>`, what this gateway does not have
 * `RECORD_NOT_FOUND`.
 */

export const partyRole = z.enum(['hun', 'vun']);

/** An invoice with its body. */
export const invoiceEntry = z.strictObject({ record: invoiceRecord, body: invoiceBody });
export type InvoiceEntry = z.output<typeof invoiceEntry>;

/** A charge record of an invoice, with the settled session that it was computed from. */
export const invoicedRecord = z.strictObject({
  cdr,
  batchId: recordId,
  /** Text of the settled session, as `parseSettled` reads it. */
  settled: z.string(),
});
export type InvoicedRecord = z.output<typeof invoicedRecord>;

/** `GET /internal/v1/invoices/{invoiceId}/records?after=&limit=`: in the lane's order; `after` is the last `laneSequence`, 0 at first. */
export const invoicedRecordPage = z.strictObject({
  invoice: invoiceEntry,
  items: z.array(invoicedRecord),
  /** Absent on the last page. */
  cursor: z.string().exactOptional(),
});

/** `GET /internal/v1/sessions/{sessionId}/invoice`: the invoice that a session's record is on, as an `invoiceEntry`; `RECORD_NOT_FOUND` as long as it is on none. */

/** A dispute as its parties know it. */
export const shownDispute = z.strictObject({
  record: disputeRecord,
  /** Until it is purged. */
  body: disputeBody.exactOptional(),
  answer: answerBody.exactOptional(),
  /** Of a revised record: the close that takes the settled one's place. */
  revision: sessionCloseBody.exactOptional(),
  /** Until when whose turn it is may be silent: the visited utility on a dispute, home on an answer. */
  silentUntilMs: instantMs.exactOptional(),
});
export type ShownDispute = z.output<typeof shownDispute>;

export const disputeState = disputeRecord.shape.state;
export type DisputeState = z.output<typeof disputeState>;

/** `GET /internal/v1/disputes?role=hun|vun&state=&invoiceId=&after=&limit=`; `after` is the last dispute's id. One: `/internal/v1/disputes/{disputeId}`. */
export const disputePage = z.strictObject({
  items: z.array(shownDispute),
  cursor: z.string().exactOptional(),
});

/**
 * `GET /internal/v1/dispute-changes?role=hun|vun&after=&limit=`: disputes in the order in which the ledger last changed them.
 * `after` is the last answer's cursor, empty at first: what changes later comes behind it, once more.
 */
export const disputeChanges = z.strictObject({ items: z.array(shownDispute), cursor: z.string() });

/**
 * `POST /internal/v1/invoices/{invoiceId}/disputes` (home): accepts the invoice but for these records; contests them when it was
 * accepted already, as long as the agreement lets it.
 */
export const disputeRequest = z.strictObject({
  disputes: z
    .array(z.strictObject({ sessionId, reason: disputeReason, evidence: evidenceText }))
    .min(1)
    .max(MAX_DISPUTED),
});
export type DisputeRequest = z.output<typeof disputeRequest>;
export const disputeAnswer = z.strictObject({ invoice: invoiceEntry, disputes: z.array(shownDispute) });

/** `POST /internal/v1/disputes/{disputeId}/answer` (visited); answers with the dispute. */
export const answerRequest = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('upheld'), evidence: evidenceText }),
  z.strictObject({ outcome: z.literal('credited'), evidence: evidenceText }),
  /** Another close of the session, which its outlet's meter signed. */
  z.strictObject({ outcome: z.literal('revised'), evidence: evidenceText, close: sessionCloseBody }),
]);
export type AnswerRequest = z.output<typeof answerRequest>;

/** `POST /internal/v1/disputes/{disputeId}/silence` (home): the visited utility did not answer in time; answers with the dispute. */

/**
 * `POST /internal/v1/disputes/{disputeId}/supplement` (home, or the visited utility after home's silence): what the answer says is
 * owed, on an accepted invoice of its own in a period.
 */
export const supplementRequest = z.strictObject({ periodId: settlementPeriod });
export const supplementAnswer = z.strictObject({ dispute: shownDispute, supplement: invoiceEntry });

/** A credit note with its body. */
export const creditEntry = z.strictObject({ record: creditRecord, body: creditBody });
export type CreditEntry = z.output<typeof creditEntry>;

/**
 * `POST /internal/v1/disputes/{disputeId}/credit-note` (either): what a late dispute came to, to be netted in a period.
 * `GET /internal/v1/credits?role=hun|vun&periodId=&after=&limit=`; `after` is the last note's id.
 */
export const creditRequest = z.strictObject({ periodId: settlementPeriod });
export const creditAnswer = z.strictObject({ dispute: shownDispute, credit: creditEntry });
export const creditPage = z.strictObject({ items: z.array(creditEntry), cursor: z.string().exactOptional() });

/**
 * `POST /internal/v1/invoices/{invoiceId}/accept`: by home; by the visited utility once home was silent for the agreed time.
 * `POST /internal/v1/invoices/{invoiceId}/cancel` (visited): takes back an invoice that nobody accepted; answers `invoiceEntry`.
 */

/** Why a number is on the list: its session has no end; its record is on no invoice; home demands its record, or demanded it. */
export const missingKind = z.enum(['not-ended', 'not-invoiced', 'demanded']);
export type MissingKind = z.output<typeof missingKind>;

export const missingNumber = z.strictObject({
  sessionId,
  vun: utilityId,
  hun: utilityId,
  state: sessionEndState,
  openedAtMs: instantMs,
  /** Of one that has no end: from when home can demand it. */
  dueAtMs: instantMs.exactOptional(),
  demandedAtMs: instantMs.exactOptional(),
  /** Of one that is closed. */
  batchId: recordId.exactOptional(),
});
export type MissingNumber = z.output<typeof missingNumber>;

/**
 * `GET /internal/v1/missing?role=hun|vun&kind=&after=&limit=`: the oldest first; the cursor is opaque.
 * `POST /internal/v1/sessions/{sessionId}/demand` (home) demands a record; answers `missingNumber`.
 */
export const missingPage = z.strictObject({
  items: z.array(missingNumber),
  cursor: z.string().exactOptional(),
});
