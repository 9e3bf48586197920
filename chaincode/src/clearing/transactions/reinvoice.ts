import {
  invoiceBody,
  invoiceRecord,
  privateKey,
  stateKey,
  type AnswerBody,
  type clearingCommands,
  type DisputeBody,
  type InvoiceBody,
  type InvoiceRecord,
} from '@roamgrid/wire';
import { openTerms } from '../../consortium/agreement.ts';
import { ensure, requireMember, type Verb } from '../../context/index.ts';
import { noteDue } from '../../netting/pair.ts';
import { getDisputed, openAnswer, openDispute, putDispute } from '../disputes.ts';
import { getInvoice } from '../get-invoice.ts';
import { openOwed, requirePayable } from '../invoicing.ts';
import { requireOwed } from '../rerate.ts';
import { requireRunning } from '../running-period.ts';
import { requireSilence } from '../silence.ts';

/** Refuses a supplement that is not of this one record, or bills anything else than the answer says. */
const requireSupplement = (
  body: InvoiceBody,
  { supplementId, periodId }: { readonly supplementId: string; readonly periodId: string },
  { laneId, laneSequence }: DisputeBody,
  answer: AnswerBody,
  { agreementId, vun, hun }: InvoiceRecord,
): void => {
  ensure(
    body.invoiceId === supplementId &&
      body.periodId === periodId &&
      body.agreementId === agreementId &&
      body.vun === vun &&
      body.hun === hun &&
      body.laneId === laneId &&
      body.sessions === 1 &&
      body.fromSequence === laneSequence &&
      body.toSequence === laneSequence,
    'INVALID_ARGUMENT',
    'the supplement names another invoice, pair, lane, period or record',
  );
  requireOwed(body, answer, 'the supplement');
};

/**
 * A record that was revised or upheld comes back on an accepted invoice of its own. The home utility agrees by saying so;
 * its silence for the agreed time is agreement, then the visited utility says it.
 */
export const reinvoice: Verb<typeof clearingCommands.reinvoice> = async (tx, command) => {
  const { disputeId, supplementId, periodId } = command;
  requireRunning(tx, periodId);
  const { record, dealing } = await getDisputed(tx, disputeId);
  const { vun, hun, endorsers, agreement } = dealing;
  const isCreditor = tx.caller.mspId === vun.mspId;
  requireMember(tx.caller, isCreditor ? vun : hun, ['aaa']);
  ensure(
    record.state === 'revised' || record.state === 'upheld',
    'WRONG_STATE',
    `dispute ${disputeId} is ${record.state}: only what was revised or upheld is invoiced again`,
  );
  ensure(
    record.late !== true,
    'WRONG_STATE',
    `dispute ${disputeId} is a late one: its record is on invoice ${record.invoiceId} as it was`,
  );
  if (isCreditor) {
    const since = record.answeredAtMs ?? record.disputedAtMs;
    requireSilence(tx, openTerms(tx, agreement), since, `the home utility, answered on ${disputeId},`);
  }
  const disputed = openDispute(tx, record);
  const given = openAnswer(tx, record);
  const invoice = await getInvoice(tx, record.invoiceId);
  const key = stateKey.invoice(supplementId);
  await tx.requireAbsent(key);
  const { body, payable } = openOwed(tx, invoiceBody, command);
  requireSupplement(body.value, command, disputed, given, invoice);
  requirePayable(payable.value, body.value);
  tx.put(
    invoiceRecord,
    key,
    {
      type: 'invoice',
      version: 1,
      invoiceId: supplementId,
      agreementId: agreement.agreementId,
      vun: invoice.vun,
      hun: invoice.hun,
      laneId: invoice.laneId,
      periodId,
      state: 'accepted',
      bodyHash: body.hash,
      payableHash: payable.hash,
      // Those of the invoice that it was taken off: which of them came back is the parties' to know.
      fromSequence: invoice.fromSequence,
      toSequence: invoice.toSequence,
      issuedAtMs: tx.nowMs,
      supplementTo: invoice.invoiceId,
    },
    { endorsers },
  );
  tx.putPrivate(endorsers, privateKey.invoice(supplementId), body.text);
  tx.putPrivate(endorsers, privateKey.payable(supplementId), payable.text);
  await noteDue(
    tx,
    { vun: invoice.vun, hun: invoice.hun, periodId, document: `invoice:${supplementId}` },
    endorsers,
  );
  putDispute(tx, record, { state: 'settled', supplementId });
};
