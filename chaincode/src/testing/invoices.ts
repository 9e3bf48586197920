import { sumSplits } from '@roamgrid/domain';
import {
  invoiceBody,
  payableStatement,
  sealBody,
  type InvoiceBody,
  type InvoiceRecord,
  type JsonValue,
  type PayableStatement,
} from '@roamgrid/wire';
import type { MemoryLedger } from './memory-ledger.ts';
import { AGREEMENT_ID, by, MONTH, NOW_MS, saltOf, sealedTerms } from './parties.ts';
import { Lane } from './lane.ts';
import { type ClosedSession } from './closed.ts';
import { LANE_ID } from './opened.ts';

/** Invoices as the visited utility's AAA node makes them from its batches. */

export interface Batch {
  readonly batchId: string;
  readonly closed: readonly ClosedSession[];
  /** 1 when left out. */
  readonly fromSequence?: number;
}

const headerOf = ({ batchId, closed, fromSequence = 1 }: Batch, laneId = LANE_ID) =>
  new Lane(laneId).header(batchId, closed, { fromSequence });

const PAIR = { vun: 'USDUK', hun: 'USALP', agreementId: AGREEMENT_ID };

export const invoiceOf = (
  invoiceId: string,
  batches: readonly Batch[],
  over: Partial<InvoiceBody> = {},
): InvoiceBody => {
  const { laneId = LANE_ID } = over;
  const headers = batches.map((batch) => headerOf(batch, laneId).header);
  const shares = sumSplits(headers.map((header) => header.shares));
  const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);
  return {
    invoiceId,
    ...PAIR,
    laneId,
    periodId: MONTH,
    currency: 'USD',
    batchIds: batches.map(({ batchId }) => batchId),
    fromSequence: headers[0]?.fromSequence ?? 1,
    toSequence: headers.at(-1)?.toSequence ?? 1,
    sessions: batches.reduce((total, { closed }) => total + closed.length, 0),
    energyWh: sum(headers.map(({ energyWh }) => energyWh)),
    totalMicros: sum(headers.map(({ totalMicros }) => totalMicros)),
    shares,
    payableMicros: shares.vun + shares.infrastructure,
    salt: saltOf(`invoice ${invoiceId}`),
    ...over,
  };
};

export const payableOf = (
  body: Pick<InvoiceBody, 'invoiceId' | 'periodId' | 'vun' | 'hun' | 'currency' | 'payableMicros'>,
  over: Partial<PayableStatement> = {},
): PayableStatement => ({
  invoiceId: body.invoiceId,
  periodId: body.periodId,
  debtor: body.hun,
  creditor: body.vun,
  currency: body.currency,
  payableMicros: body.payableMicros,
  salt: saltOf(`payable ${body.invoiceId}`),
  ...over,
});

export interface InvoiceOptions {
  readonly body?: Partial<InvoiceBody>;
  readonly payable?: Partial<PayableStatement>;
  readonly laneId?: string;
  readonly periodId?: string;
}

export const invoiceCall = (invoiceId: string, batches: readonly Batch[], options: InvoiceOptions = {}) => {
  const { laneId = LANE_ID, periodId = MONTH } = options;
  const body = invoiceOf(invoiceId, batches, { laneId, periodId, ...options.body });
  const sealedBody = sealBody(invoiceBody, body);
  const sealedPayable = sealBody(payableStatement, payableOf(body, options.payable));
  const headers = batches.map((batch) => headerOf(batch, laneId).sealed.text);
  return {
    caller: by('USDUK', 'aaa'),
    verb: 'clearing.invoice',
    command: {
      invoiceId,
      ...PAIR,
      laneId,
      periodId,
      batchIds: batches.map(({ batchId }) => batchId),
      bodyHash: sealedBody.hash,
      payableHash: sealedPayable.hash,
    } as Record<string, JsonValue>,
    transient: {
      body: sealedBody.text,
      payable: sealedPayable.text,
      headers: `[${headers.join(',')}]`,
      terms: sealedTerms().text,
    },
  };
};

/** Puts an accepted invoice on the ledger as earlier transactions would have left it. */
export const acceptedInvoice = (
  ledger: MemoryLedger,
  statement: PayableStatement,
  over: Partial<InvoiceRecord> = {},
): string => {
  const sealed = sealBody(payableStatement, statement);
  const record: InvoiceRecord = {
    type: 'invoice',
    version: 2,
    invoiceId: statement.invoiceId,
    agreementId: 'any',
    vun: statement.creditor,
    hun: statement.debtor,
    laneId: LANE_ID,
    periodId: statement.periodId,
    state: 'accepted',
    bodyHash: saltOf('body'),
    payableHash: sealed.hash,
    fromSequence: 1,
    toSequence: 1,
    issuedAtMs: NOW_MS,
    ...over,
  };
  ledger.state.set(`invoice:${statement.invoiceId}`, JSON.stringify(record));
  return sealed.text;
};
