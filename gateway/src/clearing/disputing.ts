import {
  bodyHash,
  canonicalText,
  disputeIdOf,
  invoiceBody,
  sealBody,
  sessionCloseBody,
  type AnswerRequest,
  type AssertionClaims,
  type CreditEntry,
  type DisputeRequest,
  type InvoiceEntry,
  type ShownDispute,
} from '@roamgrid/wire';
import { tell } from '../operator-api/tell.ts';
import type { GridOf } from '../station-api/grid-demand.ts';
import { Serial } from '../station-api/serial.ts';
import { creditOf } from './credits.ts';
import { formCredit } from './form-credit.ts';
import { formAnswer, formSupplement } from './form-answer.ts';
import { formDispute, sessionsOn } from './form-dispute.ts';
import { KeptCommands, type KeptCommandsContext } from './kept-commands.ts';
import { disputeOf, disputesOf, invoiceOf, type ClearingRead } from './read.ts';

export interface DisputingContext extends KeptCommandsContext, ClearingRead {
  readonly gridOf: GridOf;
}

type Caller = Pick<AssertionClaims, 'role'>;

/** A command id that is the same each time: telling twice is telling once. */
const idOf = (verb: string, id: string): string => `${verb}-${id}`.slice(0, 64);

/**
 * Disputes of this utility as its AAA node tells them. Each step looks first whether it was made: told again it gives what
 * stands, also when a crash came between the ledger and the answer.
 */
export class Disputing {
  readonly #context: DisputingContext;
  readonly #kept: KeptCommands;
  readonly #serial = new Serial();

  constructor(context: DisputingContext) {
    this.#context = context;
    this.#kept = new KeptCommands(context);
  }

  /** One step of an invoice or dispute at a time, after what an earlier one began. */
  async #step<T>(of: string, work: (queue: string) => Promise<T>): Promise<T> {
    return this.#serial.run(of, async () => {
      const queue = `clearing/${of}`;
      await this.#kept.finish(queue);
      return work(queue);
    });
  }

  /** Accepts an invoice but for some records, or contests them when it was accepted. */
  async dispute(
    invoiceId: string,
    request: DisputeRequest,
  ): Promise<{ readonly invoice: InvoiceEntry; readonly disputes: readonly ShownDispute[] }> {
    const context = this.#context;
    return this.#step(invoiceId, async (queue) => {
      const invoice = await invoiceOf(context, invoiceId, 'hun');
      const sessions = await sessionsOn(
        context,
        invoice,
        request.disputes.map(({ sessionId }) => sessionId),
      );
      const ids = [...new Set(sessions.map(({ text }) => disputeIdOf(bodyHash(text))))];
      const standing = () => disputesOf(context, { ids, limit: ids.length });
      const before = await standing();
      if (before.length === ids.length) return { invoice, disputes: before };
      await this.#kept.tell(queue, await formDispute(context, invoice, sessions, request));
      return { invoice: await invoiceOf(context, invoiceId), disputes: await standing() };
    });
  }

  async answer(disputeId: string, request: AnswerRequest): Promise<ShownDispute> {
    const context = this.#context;
    return this.#step(disputeId, async (queue) => {
      const dispute = await disputeOf(context, disputeId, 'vun');
      if (isAnsweredSo(dispute, request)) return dispute;
      await this.#kept.tell(queue, await formAnswer(context, dispute, request));
      return disputeOf(context, disputeId);
    });
  }

  /** Says that the visited utility was silent for the agreed time. */
  async silence(disputeId: string, caller: Caller): Promise<ShownDispute> {
    const context = this.#context;
    await disputeOf(context, disputeId, 'hun');
    await tell(context, caller, {
      contract: 'clearing',
      transaction: 'creditBySilence',
      command: { commandId: idOf('silence', disputeId), disputeId },
      transient: {},
    });
    return disputeOf(context, disputeId);
  }

  async supplement(
    disputeId: string,
    periodId: string,
  ): Promise<{ readonly dispute: ShownDispute; readonly supplement: InvoiceEntry }> {
    const context = this.#context;
    return this.#step(disputeId, async (queue) => {
      const before = await disputeOf(context, disputeId);
      if (before.record.supplementId === undefined) {
        const invoice = await invoiceOf(context, before.record.invoiceId);
        await this.#kept.tell(queue, await formSupplement(context, before, invoice, periodId));
      }
      const dispute = await disputeOf(context, disputeId);
      return { dispute, supplement: await invoiceOf(context, dispute.record.supplementId ?? '') };
    });
  }

  /** The credit note on what a late dispute came to. */
  async creditNote(
    disputeId: string,
    periodId: string,
  ): Promise<{ readonly dispute: ShownDispute; readonly credit: CreditEntry }> {
    const context = this.#context;
    return this.#step(disputeId, async (queue) => {
      const before = await disputeOf(context, disputeId);
      if (before.record.creditId === undefined)
        await this.#kept.tell(queue, formCredit(context, before, periodId));
      const dispute = await disputeOf(context, disputeId);
      return { dispute, credit: await creditOf(context, dispute.record.creditId ?? '') };
    });
  }

  /** Accepts an invoice: as home, or for home, which was silent for the agreed time. */
  async accept(invoiceId: string, caller: Caller) {
    const { record } = await invoiceOf(this.#context, invoiceId);
    return tell(this.#context, caller, {
      contract: 'clearing',
      transaction: 'accept',
      command: { commandId: idOf('accept', invoiceId), invoiceId, bodyHash: record.bodyHash },
      transient: {},
    });
  }

  /** Takes an invoice back that nobody accepted. */
  async cancel(invoiceId: string, caller: Caller): Promise<InvoiceEntry> {
    const { body } = await invoiceOf(this.#context, invoiceId, 'vun');
    await tell(this.#context, caller, {
      contract: 'clearing',
      transaction: 'cancel',
      command: { commandId: idOf('cancel', invoiceId), invoiceId },
      transient: { body: JSON.parse(sealBody(invoiceBody, body).text) as unknown },
    });
    return invoiceOf(this.#context, invoiceId);
  }
}

const isAnsweredSo = ({ answer, revision }: ShownDispute, request: AnswerRequest): boolean =>
  answer?.outcome === request.outcome &&
  answer.evidence === request.evidence &&
  (request.outcome !== 'revised' ||
    (revision !== undefined &&
      canonicalText(sessionCloseBody, revision) === canonicalText(sessionCloseBody, request.close)));
