import {
  agreementGround,
  answerRequest,
  creditAnswer,
  creditRequest,
  demandGround,
  disputeAnswer,
  disputeChanges,
  disputePage,
  disputeRequest,
  invoicedRecordPage,
  invoiceEntry,
  invoicePage,
  missingNumber,
  missingPage,
  operatorReceipt,
  shownDispute,
  supplementAnswer,
  supplementRequest,
  tariffGround,
  type AnswerRequest,
  type DisputeRequest,
  type DisputeState,
  type InvoiceEntry,
  type MissingKind,
} from '@roamgrid/wire';
import type { Call, CallResult } from '@roamgrid/service-kit';
import { z } from 'zod';

/** Asks the own gateway; see `createGatewayClient`. */
export type AskGateway = <T extends z.ZodType>(
  method: Call<T>['method'],
  path: string,
  answer: T,
  body?: unknown,
  timeoutMs?: number,
) => Promise<CallResult<z.output<T>>>;

/** Asks it for what only a new block changes, and not again before one comes; the newest answer of a kind is kept. */
export type AskKept = <T extends z.ZodType>(
  kind: string,
  path: string,
  answer: T,
) => Promise<CallResult<z.output<T>>>;

/** A command waits for a block, and for what was begun before it. */
const COMMAND_TIMEOUT_MS = 60_000;

export type ClearingSide = 'hun' | 'vun';

export interface DisputeQuery {
  readonly role: ClearingSide;
  readonly state?: DisputeState;
  readonly invoiceId?: string;
}

const query = (values: Readonly<Record<string, string | undefined>>): string =>
  new URLSearchParams(
    Object.entries(values).filter((each): each is [string, string] => each[1] !== undefined),
  ).toString();

/** What the node asks and says of invoices, disputed records and those that do not come. */
export const clearingCalls = (ask: AskGateway, askKept: AskKept, must: <T>(result: CallResult<T>) => T) => {
  const all = async <T>(
    page: (after: string | undefined) => Promise<{ readonly items: readonly T[]; readonly cursor?: string }>,
  ): Promise<readonly T[]> => {
    const found: T[] = [];
    let after: string | undefined;
    do {
      const { items, cursor } = await page(after);
      found.push(...items);
      after = cursor;
    } while (after !== undefined);
    return found;
  };
  return {
    /** Invoices that wait for home's word: this utility's own to give, or to wait for. */
    issuedInvoices: (role: ClearingSide) =>
      all(async (after) => {
        const path = `/internal/v1/invoices?${query({ role, state: 'issued', after })}`;
        const { invoices, ...page } = must(await askKept(`invoices ${role}`, path, invoicePage));
        return { items: invoices, ...page };
      }),
    /** The invoice that a session's record is on; undefined as long as it is on none. */
    invoiceWith: async (sessionId: string): Promise<InvoiceEntry | undefined> => {
      const asked = await ask('GET', `/internal/v1/sessions/${sessionId}/invoice`, invoiceEntry);
      const isOnNone =
        !asked.ok && asked.failure.kind === 'problem' && asked.failure.problem.code === 'RECORD_NOT_FOUND';
      return isOnNone ? undefined : must(asked);
    },
    /** A page of an invoice's records with their settled sessions, after a number of the lane. */
    invoiceRecords: async (invoiceId: string, after: number, limit: number) =>
      must(
        await ask(
          'GET',
          `/internal/v1/invoices/${invoiceId}/records?${query({ after: after.toString(), limit: limit.toString() })}`,
          invoicedRecordPage,
        ),
      ),
    agreement: async (agreementId: string) =>
      must(await ask('GET', `/internal/v1/agreements/${agreementId}`, agreementGround)),
    tariff: async (tariffId: string, version: number) =>
      must(await ask('GET', `/internal/v1/tariffs/${tariffId}/versions/${version}`, tariffGround)),
    /** Grid demand that may move prices of sessions in a span. */
    demandUnder: async (agreementId: string, startMs: number, endMs: number) =>
      must(
        await ask(
          'GET',
          `/internal/v1/agreements/${agreementId}/demand?${query({ startMs: startMs.toString(), endMs: endMs.toString() })}`,
          demandGround,
        ),
      ),
    /** Accepts on the ledger; accepting twice is accepting once. */
    acceptInvoice: (invoiceId: string) =>
      ask(
        'POST',
        `/internal/v1/invoices/${invoiceId}/accept`,
        operatorReceipt,
        undefined,
        COMMAND_TIMEOUT_MS,
      ),
    /** Accepts but for some records, or contests them afterwards; told again it gives what stands. */
    disputeRecords: (invoiceId: string, disputes: DisputeRequest['disputes']) =>
      ask(
        'POST',
        `/internal/v1/invoices/${invoiceId}/disputes`,
        disputeAnswer,
        disputeRequest.encode({ disputes }),
        COMMAND_TIMEOUT_MS,
      ),
    disputes: ({ role, state, invoiceId }: DisputeQuery) =>
      all(async (after) =>
        must(
          await ask('GET', `/internal/v1/disputes?${query({ role, state, invoiceId, after })}`, disputePage),
        ),
      ),
    /** Disputes that the ledger changed behind a cursor, the earliest change first. */
    disputeChanges: async (role: ClearingSide, after: string) =>
      must(
        await askKept(
          `disputes ${role}`,
          `/internal/v1/dispute-changes?${query({ role, after })}`,
          disputeChanges,
        ),
      ),
    dispute: async (disputeId: string) =>
      must(await ask('GET', `/internal/v1/disputes/${disputeId}`, shownDispute)),
    answerDispute: (disputeId: string, answer: AnswerRequest) =>
      ask(
        'POST',
        `/internal/v1/disputes/${disputeId}/answer`,
        shownDispute,
        answerRequest.encode(answer),
        COMMAND_TIMEOUT_MS,
      ),
    creditBySilence: (disputeId: string) =>
      ask('POST', `/internal/v1/disputes/${disputeId}/silence`, shownDispute, undefined, COMMAND_TIMEOUT_MS),
    /** Puts what an answer says is owed on an invoice of its own. */
    supplement: (disputeId: string, periodId: string) =>
      ask(
        'POST',
        `/internal/v1/disputes/${disputeId}/supplement`,
        supplementAnswer,
        supplementRequest.encode({ periodId }),
        COMMAND_TIMEOUT_MS,
      ),
    /** Writes what a late dispute came to as a credit note. */
    creditNote: (disputeId: string, periodId: string) =>
      ask(
        'POST',
        `/internal/v1/disputes/${disputeId}/credit-note`,
        creditAnswer,
        creditRequest.encode({ periodId }),
        COMMAND_TIMEOUT_MS,
      ),
    /** Tells home that this utility takes a record back. */
    takeBack: (sessionId: string, statement: string) =>
      ask<z.ZodUndefined>('POST', `/internal/v1/sessions/${sessionId}/take-back`, z.undefined(), {
        statement,
      }),
    missing: (role: ClearingSide, kind: MissingKind) =>
      all(async (after) =>
        must(
          await askKept(
            `missing ${role} ${kind}`,
            `/internal/v1/missing?${query({ role, kind, after })}`,
            missingPage,
          ),
        ),
      ),
    demandRecord: (sessionId: string) =>
      ask('POST', `/internal/v1/sessions/${sessionId}/demand`, missingNumber, undefined, COMMAND_TIMEOUT_MS),
  };
};
