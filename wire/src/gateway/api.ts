/** What a gateway serves to its own utility's services, to operators and to auditors. */
import { z } from 'zod';
import {
  energyWhCodec,
  evseId,
  instantMs,
  powerWCodec,
  recordId,
  sha256Hex,
  utilityId,
} from '../codec/scalars.ts';
import { allocationHeader, allocationRecord } from '../energy/allocation.ts';
import { flexSettlementBody, flexSettlementRecord } from '../energy/flexibility.ts';
import { tamperRecord } from '../energy/tampering.ts';
import { chargeBody, chargeRecord } from '../energy/charge.ts';
import { reservationRecord } from '../energy/reservation.ts';
import { agreementRecord, agreementTerms, utilityRecord } from '../ledger/consortium.ts';
import { datedKey } from '../ledger/dated-keys.ts';
import { ledgerErrorCode } from '../ledger/envelope.ts';
import { laneId, sessionId } from '../ledger/lane.ts';
import { inclusionPath, openingProof } from '../ledger/session-proofs.ts';
import { cdr, consentKind, signedDriverConsent } from '../ledger/session.ts';
import { batchRecord, openingRecord, sessionEndState, sessionRecord } from '../ledger/session-record.ts';
import { invoiceBody, invoiceRecord } from '../ledger/clearing.ts';
import { creditRecord } from '../ledger/credit.ts';
import { disputeRecord, missingRecord } from '../ledger/dispute.ts';
import { nettingRecord } from '../ledger/netting.ts';
import { nettingState } from '../ledger/netting-state.ts';
import { paymentRecord, unmatchedRecord } from '../ledger/payment.ts';
import { stationRecord } from '../ledger/station-record.ts';
import { tariffRecord } from '../ledger/tariff.ts';
import { bill, billLine } from '../roaming/aaa.ts';
import { openBodyText } from '../roaming/authorisation.ts';
import { exchanged } from '../roaming/exchange.ts';
import { socAtEnds } from '../station/api.ts';
import { invoiceEntry } from './disputes.ts';
import { auditedCertificate } from './origin.ts';

/** `GET /internal/v1/registry/issuers/{prefix}` (roles router, aaa). */
export const issuerEntry = z.strictObject({
  utility: utilityRecord,
  /** Active agreement between this gateway's utility and the issuer, with its terms, when there is one. */
  agreement: agreementRecord.exactOptional(),
  terms: agreementTerms.exactOptional(),
  /** Block height of the read model when this was true. */
  asOfBlock: z.int().min(0),
});
export type IssuerEntry = z.infer<typeof issuerEntry>;

/** `GET /internal/v1/registry/stations/{stationId}?utilityId=`; of the own utility when none is named. */
export const stationEntry = z.strictObject({ station: stationRecord, asOfBlock: z.int().min(0) });

/** `POST /operator/v1/commands/{contract}/{transaction}` (role operator, grid-operator, aaa by the command). */
export const operatorCommand = z.strictObject({
  /** The command in wire form; its schema is the ledger command's. */
  command: z.record(z.string(), z.unknown()),
  /** Private bodies in wire form by transient name. */
  transient: z.record(z.string(), z.unknown()).exactOptional(),
});
export const operatorReceipt = z.strictObject({
  transactionId: z.string(),
  blockNumber: z.string(),
  wrote: z.array(z.string()),
});

/**
 * `GET /operator/v1/parked?after=&limit=` (role operator): facts that the ledger refused, each until it is told again:
 * `POST /operator/v1/parked/{factId}/retell`, or `POST /operator/v1/parked/retell` for all of them.
 */
export const parkedFact = z.strictObject({
  factId: z.string(),
  kind: z.enum(['open', 'note', 'settle', 'void', 'claim']),
  sessionId,
  /** Why, in the contracts' codes or the gateway's own. */
  code: z.string(),
  text: z.string(),
  acceptedAtMs: instantMs,
});
export const parkedPage = z.strictObject({ items: z.array(parkedFact), cursor: z.string().exactOptional() });
export const retold = z.strictObject({ facts: z.int().min(0) });

/** Why nobody pays for a session that charged, or may have. */
export const unbilledCode = z.enum(['unbillable', 'station-silent', 'record-refused']);
/** `GET /operator/v1/unbilled?limit=` (role operator): sessions that came to nothing, newest first. */
export const unbilledSession = z.strictObject({
  sessionId,
  stationId: recordId,
  evseId,
  openedAtMs: instantMs,
  code: unbilledCode,
  detail: z.string(),
  /** As far as the station told. */
  energyWh: energyWhCodec,
  closedAtMs: instantMs,
  /** How the number stands on the ledger: voided, once both utilities have endorsed it. */
  ledger: z.enum(['opened', 'closed', 'voided', 'expired', 'not-opened']),
});
export type UnbilledSession = z.output<typeof unbilledSession>;
export const unbilledPage = z.strictObject({ items: z.array(unbilledSession) });

/** `GET /internal/v1/cdrs?role=hun|vun&after=<cursor>&limit=` (role aaa): committed CDRs that concern this utility, in order. */
export const cdrPage = z.strictObject({
  items: z.array(
    z.strictObject({
      cursor: z.string(),
      cdr,
      cinRef: sha256Hex,
      authorisedBy: z.enum(['home', 'cache']),
      consentBy: consentKind,
      stationId: recordId,
      /** When the session opened. */
      openedAtMs: instantMs,
      /** Of a session on a kept profile. */
      profileId: recordId.exactOptional(),
      /** Of a session that began at a charger without network: where, and its number there. */
      offline: z.strictObject({ evseId, number: z.int().min(1) }).exactOptional(),
      /** Of a session that the home utility authorised: the opening that both endorsers judged, with the consent in it. */
      openBody: openBodyText.exactOptional(),
      batchId: recordId,
      blockNumber: z.string(),
    }),
  ),
  cursor: z.string(),
});

/**
 * `POST /internal/v1/openings/judge` (role aaa): is this opening, which another utility tells before energy flows, one
 * that this utility's endorser will take when it is settled? The answer is kept, so that a repeat answers alike.
 */
export const openingQuestion = z.strictObject({ openBody: openBodyText });
export const openingJudgement = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('good'), consentBy: consentKind }),
  z.strictObject({ outcome: z.literal('refused'), code: ledgerErrorCode, message: z.string() }),
]);
export type OpeningJudgement = z.infer<typeof openingJudgement>;

const gridFigure = z.strictObject({ atMs: instantMs, powerW: powerWCodec });
export type GridFigure = z.output<typeof gridFigure>;
/**
 * `GET /internal/v1/grid/areas/{areaId}/figures?fromMs=&untilMs=` (role aaa): what the utility's grid operator recorded
 * of an area: the latest reading that is not after `untilMs`, and the highest from `fromMs` to `untilMs`, both within;
 * of equal ones the earliest. Absent when there is none. Generation is recorded and asked for under an area of its own.
 */
export const gridFigures = z.strictObject({
  latest: gridFigure.exactOptional(),
  highest: gridFigure.exactOptional(),
  /** Block height of the read model when this was true. */
  asOfBlock: z.int().min(0),
});
export type GridFigures = z.output<typeof gridFigures>;

/** `POST /internal/v1/periods/{periodId}/invoices` (role aaa): invoice every utility whose customers charged here. */
export const invoiceRun = z.strictObject({ untilMs: instantMs });
export const invoiceRunAnswer = z.strictObject({ invoices: z.array(invoiceEntry) });

/** `GET /internal/v1/invoices?role=hun|vun&state=&after=&limit=` (role aaa): in the order of their ids; `after` is the last one's. */
export const invoicePage = z.strictObject({
  invoices: z.array(invoiceEntry),
  /** Absent on the last page. */
  cursor: z.string().exactOptional(),
});

/** Longest that `/internal/v1/head` waits, ms. */
export const HEAD_WAIT_MAX_MS = 30_000;

/**
 * `GET /internal/v1/head?after=&waitMs=` (role aaa): the block that is read next, once that is another one than `after` or the time is over.
 * Whatever the gateway says of the ledger is the same as long as this is.
 */
export const ledgerHead = z.strictObject({ nextBlock: z.string().regex(/^\d{1,18}$/) });

/** Why the way from an open body to its opening's root cannot be shown. */
export const openingProofAbsence = z.enum([
  'not-a-party', // this utility has no bodies of the session
  'bodies-missing', // the way needs the open bodies of every session of the opening, and some are not here
  'root-differs', // the bodies that are here do not make the root that the ledger has
]);

/** The way from an open body to the root of its lane's opening, or why there is none yet. */
export const shownOpeningProof = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('present'), proof: openingProof }),
  z.strictObject({ state: z.literal('absent'), reason: openingProofAbsence }),
]);
export type ShownOpeningProof = z.infer<typeof shownOpeningProof>;

/** `GET /auditor/v1/sessions/{sessionId}`: everything to verify one session offline; bodies only where this utility is a party. */
export const sessionEvidence = z.strictObject({
  record: sessionRecord,
  /** The lane's opening that has the session's number. */
  opening: openingRecord,
  openingProof: shownOpeningProof,
  /** Canonical text of the open body; its SHA-256 is a leaf of the opening. */
  openBody: z.string().exactOptional(),
  /** Who signed the driver's consent in it. */
  consentBy: consentKind.exactOptional(),
  batch: batchRecord.exactOptional(),
  batchHeader: z.string().exactOptional(),
  /** Text of the settled session, which holds the open body's; its SHA-256 is a leaf of the batch. */
  settledBody: z.string().exactOptional(),
  /** The way from the settled session to its batch's root. */
  proof: inclusionPath.exactOptional(),
  /** What the readings, the tariff and the agreement came to: derived here as by the contract, carried by nobody. */
  cdr: cdr.exactOptional(),
  transactions: z.array(
    z.strictObject({ transactionId: z.string(), blockNumber: z.string(), valid: z.boolean() }),
  ),
});
export type SessionEvidence = z.infer<typeof sessionEvidence>;

export const utilityPosition = z.strictObject({ utilityId, netMicros: z.string() });

/* ── Auditor API: lists are pages; `cursor` of one page is `after` of the next, absent on the last. ── */

const page = <T extends z.ZodType>(item: T) =>
  z.strictObject({ items: z.array(item), cursor: z.string().exactOptional(), asOfBlock: z.int().min(0) });

/** `GET /auditor/v1/sessions?state=&utilityId=&laneId=&batchId=&fromMs=&untilMs=&stationId=&after=&limit=` */
export const auditedSession = z.strictObject({
  record: sessionRecord,
  /** The visited utility stated its end in time although the home utility's peer was away. */
  claimed: z.boolean(),
  /** Where this utility is a party; the filters by station and by batch find no others. */
  stationId: recordId.exactOptional(),
  /** Where this utility is a party. */
  consentBy: consentKind.exactOptional(),
  cdr: cdr.exactOptional(),
});
export const auditedSessionPage = page(auditedSession);
/** `GET /auditor/v1/lanes?utilityId=&after=&limit=`: what became of every number that a lane opened, from public records. */
export const auditedLane = z.strictObject({
  laneId,
  vun: utilityId,
  hun: utilityId,
  /** Numbers opened; each is in exactly one of the states that follow. */
  opened: z.int().min(1),
  open: z.int().min(0),
  closed: z.int().min(0),
  voided: z.int().min(0),
  expired: z.int().min(0),
  /** The highest number opened. One below it that is not listed led to no session. */
  lastNumber: z.int().min(1),
});
export const auditedLanePage = page(auditedLane);
/** `GET /auditor/v1/utilities`, `/stations`, `/agreements` */
export const auditedUtilityPage = page(utilityRecord);
export const auditedStationPage = page(stationRecord);
export const auditedAgreementPage = page(agreementRecord);
/** `GET /auditor/v1/tariffs?utilityId=&atMs=` */
export const auditedTariff = z.strictObject({ record: tariffRecord, boundUnder: z.array(recordId) });
export const auditedTariffPage = page(auditedTariff);
/** `GET /auditor/v1/certificates?generatorId=&fromMs=&untilMs=` */
export const auditedCertificatePage = page(auditedCertificate);
/** `GET /auditor/v1/batches?utilityId=` */
export const auditedBatchPage = page(batchRecord);
/** `GET /auditor/v1/invoices?state=&utilityId=&periodId=` */
export const auditedInvoiceState = z.enum([...invoiceRecord.shape.state.options, 'paid']);
export const auditedInvoice = z.strictObject({
  record: invoiceRecord,
  body: invoiceBody.exactOptional(),
  /** The record's, or `paid` when all payments of its netting came. */
  state: auditedInvoiceState,
});
export const auditedInvoicePage = page(auditedInvoice);
/** `GET /auditor/v1/disputes?state=&utilityId=&invoiceId=`: hashes and states; which record and why, its parties alone know. */
export const auditedDisputePage = page(disputeRecord);
/** `GET /auditor/v1/credits?utilityId=&periodId=`: credit notes on records that were contested after they were accepted. */
export const auditedCreditPage = page(creditRecord);
/** `GET /auditor/v1/reservations?utilityId=&state=` */
export const auditedReservationPage = page(reservationRecord);
/** `GET /auditor/v1/charges?utilityId=&periodId=`: bodies where this utility is a party. */
export const auditedChargePage = page(
  z.strictObject({ record: chargeRecord, body: chargeBody.exactOptional() }),
);
/** `GET /auditor/v1/allocations?utilityId=&siteId=` */
export const auditedAllocation = z.strictObject({
  record: allocationRecord,
  /** Where this utility is a party; the slots packed, each text a leaf under the root. */
  header: allocationHeader.exactOptional(),
  slots: z.string().exactOptional(),
});
export const auditedAllocationPage = page(auditedAllocation);

/** What a house's day came to, with its body where this utility is a party. */
const auditedHouseDay = z.strictObject({
  record: flexSettlementRecord,
  body: flexSettlementBody.exactOptional(),
});
export const auditedHouseDayPage = page(auditedHouseDay);
/** `GET /auditor/v1/tampering?utilityId=&siteId=`: the newest on the ledger first. */
export const auditedTamperingPage = page(tamperRecord);
/** `GET /auditor/v1/missing?utilityId=`: numbers whose records home demanded, with how each stands now. */
export const auditedMissing = z.strictObject({ record: missingRecord, state: sessionEndState });
export const auditedMissingPage = page(auditedMissing);
/** `GET /auditor/v1/nettings?state=&periodId=` */
export const auditedNetting = z.strictObject({
  record: nettingRecord,
  state: nettingState,
  /** Those that hold: of an earlier cast too, when they were begun before it was replaced. */
  payments: z.array(paymentRecord),
});
export const auditedNettingPage = page(auditedNetting);
/** `GET /auditor/v1/unmatched?utilityId=`: money that came and is of no payment. */
export const auditedUnmatchedPage = page(unmatchedRecord);
/** `GET /auditor/v1/demand?utilityId=&areaId=&fromMs=&untilMs=` */
export const auditedDemandPage = page(
  z.strictObject({
    utilityId,
    areaId: recordId,
    atMs: instantMs,
    intervalMs: z.int(),
    demandW: powerWCodec,
  }),
);
/** `GET /auditor/v1/soc?sessionId=`: known to the session's parties alone, nothing elsewhere. */
export const auditedSocPage = page(
  z.strictObject({ sessionId, stationId: recordId.exactOptional(), atMs: instantMs, socPpm: z.int() }),
);
/** `GET /auditor/v1/transactions?valid=` */
export const auditedTransactionPage = page(
  z.strictObject({
    transactionId: z.string(),
    blockNumber: z.string(),
    index: z.int(),
    valid: z.boolean(),
    validationCode: z.string(),
    creatorMspId: z.string(),
    atMs: z.int(),
  }),
);

/** Numbers of a lane's CDRs that no batch on the ledger carries, as ranges. */
export const sequenceGap = z.strictObject({
  laneId,
  fromSequence: z.int().min(1),
  toSequence: z.int().min(1),
});
/** A number that was opened and has not ended. */
export const openNumber = z.strictObject({
  sessionId,
  openedAtMs: instantMs,
  /** By the time of the last block. */
  ageMs: z.int(),
  claimed: z.boolean(),
  /** When its time is over and the visited utility can expire it; where this utility is a party. */
  dueAtMs: instantMs.exactOptional(),
});
/**
 * `GET /auditor/v1/gaps?openForMs=`: what is missing in each lane's CDR numbers, how far each lane has come, and the
 * numbers that have been open for so long, the oldest first.
 */
export const gapReport = z.strictObject({
  lanes: z.array(z.strictObject({ laneId, lastSequence: z.int().min(1) })),
  gaps: z.array(sequenceGap),
  open: z.array(openNumber).max(1_000),
  /** How many there are, listed or not. */
  openCount: z.int().min(0),
  /** Time of the last block. */
  atMs: instantMs,
  asOfBlock: z.int().min(0),
});
export type GapReport = z.infer<typeof gapReport>;

/** How full the car was at the start and at the end, as the station told both utilities. */
const driverBillLine = billLine.extend({ soc: socAtEnds.exactOptional() });
export const driverBill = bill.extend({ lines: z.array(driverBillLine) });
export type DriverBill = z.output<typeof driverBill>;
/** `GET /driver/v1/bills` (access token of the utility's own OpenID provider, scope `bills`) */
export const driverBills = z.strictObject({ bills: z.array(driverBill) });
/** `GET /driver/v1/sessions`: the sessions of those bills, latest first. */
export const driverSessions = z.strictObject({ sessions: z.array(driverBillLine) });

/* ── What drivers' devices ask without signing in: each request stands for itself. ── */

/**
 * `POST /driver/v1/driver-consents`, at the utility where the driver stands: the driver's own device consents to a quote.
 * Answers 204, told again as well; the signature is all that counts.
 */
export const driverConsentRequest = signedDriverConsent.extend({ sessionId });
/**
 * `GET /driver/v1/exchange?quote=`, at home: by the quote's signed text, its price in the currency of the customer's account;
 * without `exchanged` where that is the quote's own.
 */
export const quotedExchange = z.strictObject({ exchanged: exchanged.exactOptional() });
/** `GET /driver/v1/clock`: the time that quotes are issued in, so that a phone whose clock is wrong can consent in time. */
export const driverClock = z.strictObject({ nowMs: instantMs });
/** `GET /driver/v1/utilities/{utilityId}/stations/{stationId}`, at home: who offers, and the keys that sign its quotes. */
export const quotingStation = z.strictObject({
  utilityName: z.string(),
  stationName: z.string(),
  address: z.string(),
  timeZone: z.string(),
  /** With their times: the one that signed must have counted when the quote was issued. */
  signingKeys: z.array(datedKey),
});
