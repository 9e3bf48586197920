import type { BankReceipt, LedgerPayment, PaymentLedger } from '../desk/payment-ledger.ts';

type Kept = { -readonly [K in keyof LedgerPayment]: LedgerPayment[K] };

/** The state that what was sent and what came make, as the contract has it. */
const stateOf = ({ amountMicros, sent, receipts }: LedgerPayment): LedgerPayment['state'] => {
  const counted = receipts.reduce(
    (sum, each) => (each.state === 'counted' ? sum + each.amountMicros : sum),
    0n,
  );
  if (counted > amountMicros) return 'doubled';
  if (counted === amountMicros) return 'confirmed';
  if (counted > 0n) return 'short';
  const last = receipts.at(-1)?.state;
  if (sent.length > receipts.length) return 'sent';
  if (last === 'reversed' || last === 'returned') return 'reversed';
  if (last === 'other-currency') return 'wrong-currency';
  return sent.length > 0 ? 'sent' : 'due';
};

/** A ledger in memory that refuses as the contract does, for all parties; `told` has every call that it took. */
export class MemoryLedger {
  readonly payments = new Map<string, LedgerPayment>();
  readonly unmatched = new Map<string, BankReceipt>();
  readonly told: string[] = [];

  owe(paymentId: string, payer: string, payee: string, amountMicros: bigint, currency = 'USD'): void {
    const more = { periodId: '2026-07', dueAtMs: 0, sent: [], receipts: [], state: 'due' } as const;
    this.payments.set(paymentId, { ...more, paymentId, payer, payee, amountMicros, currency });
  }

  stateOf(paymentId: string): LedgerPayment['state'] | undefined {
    return this.payments.get(paymentId)?.state;
  }

  of(utilityId: string): PaymentLedger {
    const change = (
      paymentId: string,
      work: (payment: LedgerPayment) => Partial<Kept>,
      what: string,
    ): Promise<void> => {
      const payment = this.payments.get(paymentId);
      if (payment === undefined) return Promise.reject(new Error('NOT_FOUND'));
      try {
        const changed = { ...payment, ...work(payment) };
        this.payments.set(paymentId, { ...changed, state: stateOf(changed) });
        this.told.push(what);
        return Promise.resolve();
      } catch (thrown) {
        return Promise.reject(thrown instanceof Error ? thrown : new Error('refused'));
      }
    };
    return {
      payments: () =>
        Promise.resolve(
          [...this.payments.values()].filter(
            ({ payer, payee }) => payer === utilityId || payee === utilityId,
          ),
        ),
      unmatched: () => Promise.resolve([...this.unmatched.keys()]),
      send: (paymentId, endToEndId) =>
        change(
          paymentId,
          ({ sent, state }) => {
            if (sent.includes(endToEndId) || state === 'confirmed') throw new Error('CONFLICT');
            return { sent: [...sent, endToEndId] };
          },
          `send ${endToEndId}`,
        ),
      receive: (paymentId, receipt) =>
        change(
          paymentId,
          ({ sent, receipts, currency }) => {
            if (receipts.some(({ receiptId }) => receiptId === receipt.receiptId))
              throw new Error('CONFLICT: twice');
            if (![...sent, paymentId].includes(receipt.endToEndId ?? ''))
              throw new Error('CONFLICT: not sent');
            const { receiptId, amountMicros } = receipt;
            const state = receipt.currency === currency ? ('counted' as const) : ('other-currency' as const);
            return { receipts: [...receipts, { receiptId, amountMicros, state }] };
          },
          `receive ${receipt.receiptId}`,
        ),
      undo: (paymentId, receiptId) =>
        change(
          paymentId,
          ({ receipts }) => {
            if (!receipts.some((each) => each.receiptId === receiptId && each.state === 'counted'))
              throw new Error('NOT_FOUND');
            return {
              receipts: receipts.map((each) =>
                each.receiptId === receiptId ? { ...each, state: 'reversed' } : each,
              ),
            };
          },
          `undo ${receiptId}`,
        ),
      keepUnmatched: (receipt) => {
        if (this.unmatched.has(receipt.receiptId)) return Promise.reject(new Error('CONFLICT'));
        this.unmatched.set(receipt.receiptId, receipt);
        this.told.push(`unmatched ${receipt.receiptId}`);
        return Promise.resolve();
      },
    };
  }
}
