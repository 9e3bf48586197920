import { randomBytes } from 'node:crypto';
import { sumSplits } from '@roamgrid/domain';
import {
  batchHeader,
  batchRecord,
  canonicalText,
  clearingCommands,
  invoiceBody,
  invoiceRecord,
  payableStatement,
  sealBody,
  type BatchHeader,
  type BatchRecord,
  type InvoiceBody,
  type InvoiceEntry,
} from '@roamgrid/wire';
import type { Registry } from '../registry/registry.ts';
import { Serial } from '../station-api/serial.ts';
import { KeptCommands, type KeptCommandsContext } from './kept-commands.ts';

/** Batches on one invoice. Spec: `clearingCommands.invoice`. */
const MAX_BATCHES = 200;

export interface InvoicingContext extends KeptCommandsContext {
  readonly utilityId: string;
  readonly registry: Registry;
}

interface Due {
  readonly record: BatchRecord;
  readonly header: { readonly value: BatchHeader; readonly text: string };
}

const newSalt = (): string => randomBytes(32).toString('hex');

/** Lane of the commands that invoice a lane of sessions: one at a time. */
const commandLane = (laneId: string): string => `invoice/${laneId}`;

/** Invoices home utilities for the batches of CDRs that no invoice has taken, each lane in its order. */
export class Invoicing {
  readonly #context: InvoicingContext;
  readonly #kept: KeptCommands;
  readonly #serial = new Serial();

  constructor(context: InvoicingContext) {
    this.#context = context;
    this.#kept = new KeptCommands(context);
  }

  /** Told again, it invoices what has come since and gives all invoices of the period. */
  async run(periodId: string, untilMs: number): Promise<InvoiceEntry[]> {
    for (const laneId of await this.#lanes()) {
      await this.#serial.run(laneId, () => this.#invoiceLane(laneId, periodId, untilMs));
    }
    return this.list({ vun: this.#context.utilityId, periodId });
  }

  /** Lanes with batches that no invoice has, or with an invoice that an earlier run began. */
  async #lanes(): Promise<string[]> {
    const { db, utilityId } = this.#context;
    const due = await db
      .selectFrom('batch')
      .select('lane_id')
      .distinct()
      .where('vun', '=', utilityId)
      // Own customers at own stations: nobody owes that to anybody else.
      .where('hun', '!=', utilityId)
      .where('invoice_id', 'is', null)
      .execute();
    const begun = await db
      .selectFrom('ledger_command')
      .select('queue')
      .where('queue', 'like', commandLane('%'))
      .where('state', '=', 'formed')
      .execute();
    const lanes = [
      ...due.map(({ lane_id }) => lane_id),
      ...begun.map(({ queue }) => queue.slice(commandLane('').length)),
    ];
    return [...new Set(lanes)].sort();
  }

  async #invoiceLane(laneId: string, periodId: string, untilMs: number): Promise<void> {
    for (;;) {
      if (await this.#kept.finish(commandLane(laneId))) continue;
      const due = await this.#due(laneId, untilMs);
      if (due.length === 0) return;
      await this.#tell(laneId, periodId, due);
    }
  }

  /** The next batches in the lane's order whose sessions all ended before `untilMs`, up to the first gap. */
  async #due(laneId: string, untilMs: number): Promise<Due[]> {
    const { db } = this.#context;
    const cursor = await db
      .selectFrom('last_invoiced')
      .select('to_sequence')
      .where('lane_id', '=', laneId)
      .executeTakeFirst();
    const rows = await db
      .selectFrom('batch')
      .innerJoin('batch_header', 'batch_header.batch_id', 'batch.batch_id')
      .select(['batch.record', 'batch.from_sequence', 'batch_header.body'])
      .where('batch.lane_id', '=', laneId)
      .where('batch.from_sequence', '>', cursor?.to_sequence ?? 0)
      .orderBy('batch.from_sequence')
      .limit(MAX_BATCHES)
      .execute();
    const due: Due[] = [];
    let next = (cursor?.to_sequence ?? 0) + 1;
    for (const row of rows) {
      const record = batchRecord.parse(row.record);
      const header = batchHeader.parse(JSON.parse(row.body));
      const sameAgreement = due[0] === undefined || due[0].record.agreementId === record.agreementId;
      if (row.from_sequence !== next || !sameAgreement || header.lastEndMs >= untilMs) break;
      due.push({ record, header: { value: header, text: row.body } });
      next = record.toSequence + 1;
    }
    return due;
  }

  async #tell(laneId: string, periodId: string, due: readonly Due[]): Promise<void> {
    const { registry, utilityId } = this.#context;
    const first = due[0]?.record;
    if (first === undefined) return;
    const { agreementId, hun, fromSequence } = first;
    const agreement = registry.agreement(agreementId);
    const terms = agreement && registry.terms(agreementId, agreement.version);
    const own = registry.utility(utilityId);
    const home = registry.utility(hun);
    if (terms === undefined || own === undefined || home === undefined) {
      throw new Error(`agreement ${agreementId} is not in the read model`);
    }
    const invoiceId = await this.#newId(`inv-${periodId}-${laneId}-${fromSequence}`);
    const batchIds = due.map(({ record }) => record.batchId);
    const split = sumSplits(due.map(({ header }) => header.value.shares));
    const sum = (of: (header: BatchHeader) => bigint) =>
      due.reduce((total, { header }) => total + of(header.value), 0n);
    const toSequence = due.at(-1)?.record.toSequence ?? fromSequence;
    const body: InvoiceBody = {
      invoiceId,
      agreementId,
      vun: utilityId,
      hun,
      laneId,
      periodId,
      currency: terms.terms.currency,
      batchIds,
      fromSequence,
      toSequence,
      sessions: toSequence - fromSequence + 1,
      energyWh: sum(({ energyWh }) => energyWh),
      totalMicros: sum(({ totalMicros }) => totalMicros),
      shares: split,
      payableMicros: split.vun + split.infrastructure,
      salt: newSalt(),
    };
    const sealed = sealBody(invoiceBody, body);
    const payable = sealBody(payableStatement, {
      invoiceId,
      periodId,
      debtor: hun,
      creditor: utilityId,
      currency: body.currency,
      payableMicros: body.payableMicros,
      salt: newSalt(),
    });
    const commandId = invoiceId;
    await this.#kept.tell(commandLane(laneId), {
      commandId,
      command: {
        contract: 'clearing',
        transaction: 'invoice',
        argument: canonicalText(clearingCommands.invoice, {
          commandId,
          invoiceId,
          agreementId,
          vun: utilityId,
          hun,
          laneId,
          periodId,
          batchIds,
          bodyHash: sealed.hash,
          payableHash: payable.hash,
        }),
        transient: {
          body: sealed.text,
          payable: payable.text,
          headers: `[${due.map(({ header }) => header.text).join(',')}]`,
          terms: terms.text,
        },
        endorsers: [own.mspId, home.mspId],
        role: 'aaa',
      },
    });
  }

  /** An id is used once: what takes the place of a cancelled invoice has one of its own. */
  async #newId(base: string): Promise<string> {
    const { count } = await this.#context.db
      .selectFrom('invoice')
      .select(({ fn }) => fn.countAll<bigint>().as('count'))
      .where(({ eb, or }) => or([eb('invoice_id', '=', base), eb('invoice_id', 'like', `${base}-r%`)]))
      .executeTakeFirstOrThrow();
    return count === 0n ? base : `${base}-r${count + 1n}`;
  }

  /** Invoices with bodies, where this utility is a party, in the order of their ids. */
  async list(filter: {
    readonly vun?: string;
    readonly hun?: string;
    readonly state?: string;
    readonly periodId?: string;
    readonly invoiceId?: string;
    readonly after?: string;
    readonly limit?: number;
  }): Promise<InvoiceEntry[]> {
    const rows = await this.#context.db
      .selectFrom('invoice')
      .innerJoin('invoice_body', 'invoice_body.invoice_id', 'invoice.invoice_id')
      .select(['record', 'body'])
      .$if(filter.vun !== undefined, (query) => query.where('vun', '=', filter.vun ?? ''))
      .$if(filter.hun !== undefined, (query) => query.where('hun', '=', filter.hun ?? ''))
      .$if(filter.state !== undefined, (query) => query.where('state', '=', filter.state ?? ''))
      .$if(filter.periodId !== undefined, (query) => query.where('period_id', '=', filter.periodId ?? ''))
      .$if(filter.invoiceId !== undefined, (query) =>
        query.where('invoice.invoice_id', '=', filter.invoiceId ?? ''),
      )
      .$if(filter.after !== undefined, (query) => query.where('invoice.invoice_id', '>', filter.after ?? ''))
      .orderBy('invoice.invoice_id')
      .limit(filter.limit ?? 1_000)
      .execute();
    return rows.map(({ record, body }) => ({
      record: invoiceRecord.parse(record),
      body: invoiceBody.parse(JSON.parse(body)),
    }));
  }
}
