import { SHARE_PARTIES, sumSplits } from '@roamgrid/domain';
import {
  payableStatement,
  type BatchHeader,
  type BatchRecord,
  type InvoiceBody,
  type PayableStatement,
} from '@roamgrid/wire';
import type { z } from 'zod';
import { ensure, type Opened, type Transaction, zip } from '../context/index.ts';

/** Refuses batches that are not the lane's, were invoiced before, or leave a gap after `lastSequence`. */
export const requireContiguous = (
  batches: readonly BatchRecord[],
  pair: Pick<InvoiceBody, 'vun' | 'hun' | 'agreementId' | 'laneId'>,
  lastSequence: number,
): void => {
  let last = lastSequence;
  for (const batch of batches) {
    ensure(
      batch.vun === pair.vun &&
        batch.hun === pair.hun &&
        batch.laneId === pair.laneId &&
        batch.agreementId === pair.agreementId,
      'INVALID_ARGUMENT',
      `batch ${batch.batchId} is of another pair, lane or agreement`,
    );
    ensure(
      batch.invoiceId === undefined,
      'WRONG_STATE',
      `batch ${batch.batchId} is on invoice ${batch.invoiceId ?? ''} already`,
    );
    ensure(
      batch.fromSequence === last + 1,
      'SEQUENCE_GAP',
      `batch ${batch.batchId} starts at CDR ${batch.fromSequence}, the next one due is ${last + 1}`,
    );
    last = batch.toSequence;
  }
};

/** Refuses headers that are not those of the batches on the ledger. */
export const requireHeaders = (
  batches: readonly BatchRecord[],
  headers: readonly Opened<BatchHeader>[],
): void => {
  for (const [batch, header] of zip(batches, headers)) {
    ensure(
      header.hash === batch.headerHash,
      'HASH_MISMATCH',
      `the header of ${batch.batchId} is not the one on the ledger`,
    );
  }
};

/** Refuses an invoice whose sums are not those of its batches. */
export const requireInvoiceSums = (body: InvoiceBody, headers: readonly BatchHeader[]): void => {
  const sum = (of: (header: BatchHeader) => bigint) =>
    headers.reduce((total, header) => total + of(header), 0n);
  const sessions = headers.reduce((total, header) => total + header.toSequence - header.fromSequence + 1, 0);
  const split = sumSplits(headers.map(({ shares }) => shares));
  const wrong = [
    ['sessions', body.sessions === sessions],
    ['energyWh', body.energyWh === sum((header) => header.energyWh)],
    ['totalMicros', body.totalMicros === sum((header) => header.totalMicros)],
    ['payableMicros', body.payableMicros === split.vun + split.infrastructure],
    ['currency', headers.every(({ currency }) => currency === body.currency)],
    ...SHARE_PARTIES.map((party) => [`shares.${party}`, body.shares[party] === split[party]] as const),
  ] as const;
  for (const [field, holds] of wrong) {
    ensure(holds, 'NOT_BALANCED', `body.${field} is not what the batches add up to`);
  }
};

/** Refuses a payable statement that says anything else than its document. */
export const requireOwes = (
  payable: PayableStatement,
  says: Omit<PayableStatement, 'salt'>,
  document: string,
): void => {
  ensure(
    payable.invoiceId === says.invoiceId &&
      payable.periodId === says.periodId &&
      payable.debtor === says.debtor &&
      payable.creditor === says.creditor &&
      payable.currency === says.currency &&
      payable.payableMicros === says.payableMicros,
    'NOT_BALANCED',
    `the payable statement does not say what the ${document} says`,
  );
};

/** Refuses a payable statement that says anything else than its invoice. */
export const requirePayable = (payable: PayableStatement, body: InvoiceBody): void => {
  requireOwes(payable, { ...body, debtor: body.hun, creditor: body.vun }, 'invoice');
};

/** The body of a document that one party owes by, and its payable statement, as the command names them by their hashes. */
export const openOwed = <S extends z.ZodType>(
  tx: Transaction,
  schema: S,
  { bodyHash, payableHash }: { readonly bodyHash: string; readonly payableHash: string },
): { readonly body: Opened<z.output<S>>; readonly payable: Opened<PayableStatement> } => {
  const body = tx.transient(schema, 'body');
  const payable = tx.transient(payableStatement, 'payable');
  ensure(body.hash === bodyHash, 'HASH_MISMATCH', 'the body does not hash to bodyHash');
  ensure(payable.hash === payableHash, 'HASH_MISMATCH', 'the payable does not hash to payableHash');
  return { body, payable };
};
