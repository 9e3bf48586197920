import assert from 'node:assert/strict';
import type { Attempt } from './book.ts';
import { plannedOrders } from './orders.ts';
import type { LedgerPayment } from './payment-ledger.ts';

const payment: LedgerPayment = {
  paymentId: 'p',
  periodId: '2026-07',
  currency: 'USD',
  payer: 'USALP',
  payee: 'USDUK',
  amountMicros: 10_000n,
  dueAtMs: 0,
  state: 'reversed',
  sent: ['p'],
  receipts: [],
};
const attempt = (number: number, state: Attempt['state']): Attempt => ({
  paymentId: 'p',
  attempt: number,
  endToEndId: number === 1 ? 'p' : `p/${number}`,
  orderId: `o${number}`,
  amount: { currency: 'USD', minor: 1n } as Attempt['amount'],
  orderedAtMs: 0,
  state,
  reasons: [],
});
const asked = new Set(['p']);

describe('what is ordered when a person asks', () => {
  it('is another attempt once the last came back, and none while the ledger does not know of one that left', () => {
    const back = attempt(1, 'returned');
    assert.deepEqual(
      plannedOrders([payment], [back], 'USALP', asked).map((each) => each.attempt),
      [2],
    );
    assert.deepEqual(plannedOrders([payment], [back, attempt(2, 'paid')], 'USALP', asked), []);
    const short: LedgerPayment = { ...payment, state: 'short', sent: ['p', 'p/2'] };
    assert.equal(plannedOrders([short], [back, attempt(2, 'paid')], 'USALP', asked).length, 1);
  });
});
