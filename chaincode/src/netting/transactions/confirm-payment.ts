import {
  invoiceRecord,
  nettingRecord,
  stateKey,
  type nettingCommands,
  type NettingRecord,
} from '@roamgrid/wire';
import { getUtility } from '../../consortium/registry.ts';
import { ensure, refuse, requireMember, type Verb } from '../../context/index.ts';
import { getInvoice } from '../../clearing/get-invoice.ts';

type Payment = NettingRecord['payments'][number];

/** What each step asks for and who takes it. */
const STEPS = {
  sent: { from: 'due', party: (payment: Payment) => payment.payer },
  confirmed: { from: 'sent', party: (payment: Payment) => payment.payee },
} as const;

/**
 * The payer says that it paid, then the payee that it received, both with the payment's reference. With the last
 * confirmation the netting is settled and its invoices are paid.
 */
export const confirmPayment: Verb<typeof nettingCommands.confirmPayment> = async (tx, command) => {
  const { nettingId, paymentId, step, reference } = command;
  const key = stateKey.netting(nettingId);
  const netting = await tx.get(nettingRecord, key);
  const payment =
    netting.payments.find((candidate) => candidate.paymentId === paymentId) ??
    refuse('NOT_FOUND', `netting ${nettingId} has no payment ${paymentId}`);
  const { from, party } = STEPS[step];
  requireMember(tx.caller, await getUtility(tx, party(payment)), ['operator']);
  ensure(payment.state === from, 'WRONG_STATE', `payment ${paymentId} is ${payment.state}, not ${from}`);
  ensure(
    payment.reference === undefined || payment.reference === reference,
    'CONFLICT',
    'the payee confirms another reference than the payer sent',
  );

  const payments = netting.payments.map((candidate): Payment =>
    candidate === payment ? { ...payment, state: step, reference } : candidate,
  );
  const isSettled = payments.every(({ state }) => state === 'confirmed');
  tx.put(nettingRecord, key, {
    ...netting,
    version: netting.version + 1,
    payments,
    state: isSettled ? 'settled' : 'open',
  });
  if (!isSettled) return;
  for (const invoiceId of netting.invoiceIds) {
    const invoice = await getInvoice(tx, invoiceId);
    tx.put(invoiceRecord, stateKey.invoice(invoiceId), {
      ...invoice,
      version: invoice.version + 1,
      state: 'paid',
    });
  }
};
