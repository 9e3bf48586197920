import { isPayoutId, payout, payoutPage, payoutTransfer, type Payout } from '@roamgrid/wire';
import type { LedgerPayment, PaymentLedger } from '../desk/payment-ledger.ts';
import { askerOf } from './ask.ts';

/** As whom a desk knows the account of an infrastructure provider. */
export const providerPayee = (providerId: string): string => `provider:${providerId}`;

const STATES = { due: 'due', paid: 'sent', returned: 'reversed', carried: 'confirmed' } as const;

const paymentOf = (utilityId: string, made: Payout): LedgerPayment => ({
  paymentId: made.payoutId,
  periodId: made.periodId,
  currency: made.currency,
  payer: utilityId,
  payee: providerPayee(made.providerId),
  amountMicros: made.amountMicros,
  dueAtMs: made.madeAtMs,
  state: STATES[made.state],
  sent: made.sent,
  cameBack: made.cameBack,
  receipts: [],
});

/**
 * A ledger with the utility's payouts to infrastructure providers beside its payments: they stand at its AAA node, and as the
 * payee is no member it is the own bank's word that one was paid or came back.
 */
export const withPayouts = (
  ledger: PaymentLedger,
  aaaUrl: string,
  utilityId: string,
  sign: (audience: string) => Promise<string>,
): PaymentLedger => {
  const ask = askerOf(aaaUrl, sign);
  let trouble: readonly string[] = [];
  const payouts = async (): Promise<readonly Payout[]> => {
    const found: Payout[] = [];
    let after: string | undefined;
    do {
      const query = after === undefined ? '' : `?after=${encodeURIComponent(after)}`;
      const page = await ask('GET', `/operator/v1/payouts${query}`, payoutPage);
      found.push(...page.payouts);
      after = page.cursor;
    } while (after !== undefined);
    return found;
  };
  const note = async (payoutId: string, endToEndId: string, state: 'paid' | 'returned'): Promise<void> => {
    const body = payoutTransfer.encode({ endToEndId, state });
    await ask('POST', `/operator/v1/payouts/${encodeURIComponent(payoutId)}/transfers`, payout, body);
  };
  return {
    ...ledger,
    async payments() {
      const [members, providers] = await Promise.allSettled([ledger.payments(), payouts()]);
      if (members.status === 'rejected') throw members.reason;
      // Payments of members need no AAA node: they go on, and payouts wait for it.
      const isAsked = providers.status === 'fulfilled';
      trouble = isAsked ? [] : [`payouts: ${String(providers.reason)}`];
      const made = isAsked ? providers.value : [];
      return [...members.value, ...made.map((each) => paymentOf(utilityId, each))];
    },
    trouble: () => trouble,
    send: (paymentId, endToEndId) =>
      isPayoutId(paymentId) ? note(paymentId, endToEndId, 'paid') : ledger.send(paymentId, endToEndId),
    comeBack: (paymentId, endToEndId) => note(paymentId, endToEndId, 'returned'),
  };
};
