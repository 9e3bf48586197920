import {
  batchHeader,
  batchRecord,
  invoiceBody,
  invoiceRecord,
  lastInvoicedRecord,
  privateKey,
  stateKey,
  type BatchRecord,
  type clearingCommands,
} from '@roamgrid/wire';
import { getDealing, openTerms } from '../../consortium/agreement.ts';
import { ensure, requireMember, type Verb } from '../../context/index.ts';
import { noteDue } from '../../netting/pair.ts';
import {
  openOwed,
  requireContiguous,
  requireHeaders,
  requireInvoiceSums,
  requirePayable,
} from '../invoicing.ts';

/**
 * Invoices the home utility for batches of CDRs. They follow the lane's last invoice without a gap, so a CDR that is
 * missing or counted twice shows here; the sums come from the batches' headers, which the CDRs proved when they closed.
 */
export const invoice: Verb<typeof clearingCommands.invoice> = async (tx, command) => {
  const dealing = await getDealing(tx, command);
  const { vun, hun, agreement, endorsers } = dealing;
  requireMember(tx.caller, vun, ['aaa']);
  ensure(command.vun !== command.hun, 'OUTSIDE_AGREEMENT', 'nobody owes anything to himself');
  const terms = openTerms(tx, agreement);
  const { invoiceId, batchIds, periodId, laneId } = command;
  const pair = { vun: vun.utilityId, hun: hun.utilityId, agreementId: agreement.agreementId };
  await tx.requireAbsent(stateKey.invoice(invoiceId));
  ensure(new Set(batchIds).size === batchIds.length, 'CONFLICT', 'a batch stands twice on the invoice');

  const { body, payable } = openOwed(tx, invoiceBody, command);
  ensure(
    body.value.invoiceId === invoiceId &&
      body.value.periodId === periodId &&
      body.value.agreementId === pair.agreementId &&
      body.value.vun === pair.vun &&
      body.value.hun === pair.hun &&
      body.value.laneId === laneId &&
      body.value.batchIds.join() === batchIds.join(),
    'INVALID_ARGUMENT',
    'the body names another invoice, pair, lane, period or other batches',
  );
  ensure(
    body.value.currency === terms.currency,
    'OUTSIDE_AGREEMENT',
    `the agreement is in ${terms.currency}`,
  );
  requirePayable(payable.value, body.value);

  const batches: BatchRecord[] = [];
  for (const batchId of batchIds) batches.push(await tx.get(batchRecord, stateKey.batch(batchId)));
  const cursorKey = stateKey.lastInvoiced(laneId);
  const cursor = await tx.find(lastInvoicedRecord, cursorKey);
  requireContiguous(batches, { ...pair, laneId }, cursor?.toSequence ?? 0);
  const headers = tx.transientList(batchHeader, 'headers', batches.length);
  requireHeaders(batches, headers);
  requireInvoiceSums(
    body.value,
    headers.map(({ value }) => value),
  );
  const { fromSequence, toSequence } = body.value;
  ensure(
    fromSequence === batches[0]?.fromSequence && toSequence === batches.at(-1)?.toSequence,
    'SEQUENCE_GAP',
    'the body covers other CDR numbers than its batches',
  );

  for (const batch of batches) {
    tx.put(batchRecord, stateKey.batch(batch.batchId), { ...batch, version: batch.version + 1, invoiceId });
  }
  tx.put(
    lastInvoicedRecord,
    cursorKey,
    {
      type: 'lastInvoiced',
      version: (cursor?.version ?? 0) + 1,
      laneId,
      toSequence,
      invoiceId,
    },
    { endorsers },
  );
  tx.put(
    invoiceRecord,
    stateKey.invoice(invoiceId),
    {
      type: 'invoice',
      version: 1,
      invoiceId,
      ...pair,
      laneId,
      periodId,
      state: 'issued',
      bodyHash: body.hash,
      payableHash: payable.hash,
      fromSequence,
      toSequence,
      issuedAtMs: tx.nowMs,
    },
    { endorsers },
  );
  await noteDue(tx, { ...pair, periodId, document: `invoice:${invoiceId}` }, endorsers);
  tx.putPrivate(endorsers, privateKey.invoice(invoiceId), body.text);
  tx.putPrivate(endorsers, privateKey.payable(invoiceId), payable.text);
};
