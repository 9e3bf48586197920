import {
  invoiceRecord,
  nettingRecord,
  payableStatement,
  stateKey,
  type nettingCommands,
  type InvoiceRecord,
} from '@roamgrid/wire';
import { getUtility } from '../../consortium/registry.ts';
import { ensure, requireRole, type Verb, zip } from '../../context/index.ts';
import { getInvoice } from '../../clearing/get-invoice.ts';
import { settle } from '../positions.ts';

/** Longest netting id that leaves room for the number of a payment. */
const MAX_NETTING_ID = 60;

/**
 * Nets accepted invoices of a period into one position a utility. Bilateral amounts come as transient data, proven by
 * the hashes that the invoices published; only the net positions become public. Every utility with a position endorses.
 */
export const net: Verb<typeof nettingCommands.net> = async (tx, command) => {
  requireRole(tx.caller, ['operator']);
  const { nettingId, periodId, currency, invoiceIds } = command;
  ensure(
    nettingId.length <= MAX_NETTING_ID,
    'INVALID_ARGUMENT',
    `nettingId is longer than ${MAX_NETTING_ID}`,
  );
  ensure(
    new Set(invoiceIds).size === invoiceIds.length,
    'CONFLICT',
    'an invoice stands twice in the netting',
  );
  const key = stateKey.netting(nettingId);
  await tx.requireAbsent(key);

  const payables = tx.transientList(payableStatement, 'payables', invoiceIds.length);
  const invoices: InvoiceRecord[] = [];
  for (const [invoiceId, payable] of zip(invoiceIds, payables)) {
    const invoice = await getInvoice(tx, invoiceId);
    ensure(
      payable.hash === invoice.payableHash,
      'HASH_MISMATCH',
      `the payable of ${invoiceId} is not the one on the ledger`,
    );
    ensure(
      invoice.state === 'accepted',
      'WRONG_STATE',
      `invoice ${invoiceId} is ${invoice.state}, not accepted`,
    );
    ensure(
      invoice.periodId === periodId && payable.value.currency === currency,
      'INVALID_ARGUMENT',
      `invoice ${invoiceId} is of another period or currency`,
    );
    invoices.push(invoice);
  }

  const { positions, payments } = settle(
    nettingId,
    payables.map(({ value }) => value),
  );
  const endorsers: string[] = [];
  for (const { utilityId } of positions) endorsers.push((await getUtility(tx, utilityId)).mspId);
  const isSettled = payments.length === 0;
  tx.put(
    nettingRecord,
    key,
    {
      type: 'netting',
      version: 1,
      nettingId,
      periodId,
      currency,
      invoiceIds,
      positions,
      payments,
      state: isSettled ? 'settled' : 'open',
      nettedAtMs: tx.nowMs,
    },
    { endorsers },
  );
  for (const invoice of invoices) {
    tx.put(invoiceRecord, stateKey.invoice(invoice.invoiceId), {
      ...invoice,
      version: invoice.version + 1,
      state: isSettled ? 'paid' : 'netted',
      nettingId,
    });
  }
};
