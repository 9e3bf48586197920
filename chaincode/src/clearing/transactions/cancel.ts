import {
  batchRecord,
  invoiceBody,
  invoiceRecord,
  lastInvoicedRecord,
  stateKey,
  type clearingCommands,
} from '@roamgrid/wire';
import { getDealing } from '../../consortium/agreement.ts';
import { ensure, requireMember, type Verb } from '../../context/index.ts';
import { getInvoice } from '../get-invoice.ts';

/**
 * The visited utility takes back an invoice that was not accepted. Its records are free for a new one; it must be the
 * lane's last, because invoices of a lane follow one another without a gap.
 */
export const cancel: Verb<typeof clearingCommands.cancel> = async (tx, { invoiceId }) => {
  const invoice = await getInvoice(tx, invoiceId);
  const { vun, endorsers } = await getDealing(tx, invoice);
  requireMember(tx.caller, vun, ['aaa']);
  ensure(
    invoice.state === 'issued',
    'WRONG_STATE',
    `invoice ${invoiceId} is ${invoice.state}: only an issued one is cancelled`,
  );
  const { value, hash } = tx.transient(invoiceBody, 'body');
  ensure(hash === invoice.bodyHash, 'HASH_MISMATCH', 'the body is not that of the invoice');
  const cursorKey = stateKey.lastInvoiced(invoice.laneId);
  const cursor = await tx.get(lastInvoicedRecord, cursorKey);
  ensure(
    cursor.toSequence === invoice.toSequence,
    'SEQUENCE_GAP',
    `${cursor.invoiceId} follows invoice ${invoiceId} in its lane: cancel that one first`,
  );
  for (const batchId of value.batchIds) {
    const { invoiceId: taken, ...batch } = await tx.get(batchRecord, stateKey.batch(batchId));
    ensure(taken === invoiceId, 'WRONG_STATE', `batch ${batchId} is not on invoice ${invoiceId}`);
    tx.put(batchRecord, stateKey.batch(batchId), { ...batch, version: batch.version + 1 });
  }
  tx.put(lastInvoicedRecord, cursorKey, {
    ...cursor,
    version: cursor.version + 1,
    toSequence: invoice.fromSequence - 1,
  });
  tx.put(invoiceRecord, stateKey.invoice(invoiceId), {
    ...invoice,
    version: invoice.version + 1,
    state: 'cancelled',
  });
  tx.endorseBy(endorsers);
};
