import assert from 'node:assert/strict';
import { paymentStateOf, type PaymentRecord } from '@roamgrid/wire';
import type { NetPaymentsContext } from '../token/net-steps.ts';

export const OWED = 186_010_000n;

/** A payment that is owed and that nobody began. */
export const due = (paymentId: string): PaymentRecord => ({
  type: 'payment',
  version: 1,
  paymentId,
  nettingId: 'net-2026-07-1-USD',
  periodId: '2026-07',
  currency: 'USD',
  payer: 'USALP',
  payee: 'USDUK',
  amountMicros: OWED,
  dueAtMs: 0,
  state: 'due',
  sent: [],
  receipts: [],
});

/** What the ledger's contract makes of what both tell. */
export class MemoryLedger {
  readonly payments = new Map<string, PaymentRecord>();

  owe(paymentId: string): void {
    this.payments.set(paymentId, due(paymentId));
  }

  of(paymentId: string): PaymentRecord {
    const found = this.payments.get(paymentId);
    assert.ok(found);
    return found;
  }

  readonly ledger: NetPaymentsContext['ledger'] = {
    ownPayments: () => Promise.resolve([...this.payments.values()]),
    tellPayment: (_verb, command) => {
      const before = this.of(command.paymentId);
      const next =
        'means' in command
          ? { ...before, sent: [...before.sent, command.means] }
          : 'receipt' in command
            ? { ...before, receipts: [...before.receipts, { ...command.receipt, state: 'counted' as const }] }
            : {
                ...before,
                receipts: before.receipts.map((each) =>
                  each.receiptId === command.receiptId ? { ...each, state: command.how } : each,
                ),
              };
      this.payments.set(command.paymentId, { ...next, state: paymentStateOf(next) });
      return Promise.resolve();
    },
  };
}
