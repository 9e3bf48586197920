import assert from 'node:assert/strict';
import type { NettingRecord, PayableStatement } from '@roamgrid/wire';
import { by, call, MSP, NOW_MS, saltOf, type Utility } from '../../testing/parties.ts';
import { acceptedInvoice } from '../../testing/invoices.ts';
import { amend, but, withGroundwork } from '../../testing/prepared.ts';

const owes = (
  invoiceId: string,
  debtor: Utility,
  creditor: Utility,
  payableMicros: bigint,
): PayableStatement => ({
  invoiceId,
  periodId: '2026-07',
  debtor,
  creditor,
  currency: 'USD',
  payableMicros,
  salt: saltOf(invoiceId),
});
const ROUND = [
  owes('i1', 'USALP', 'USDUK', 100n),
  owes('i2', 'USDUK', 'USGPC', 70n),
  owes('i3', 'USGPC', 'USALP', 50n),
];

const accepted = async (statements: readonly PayableStatement[] = ROUND) => {
  const ledger = await withGroundwork();
  const texts = statements.map((statement) => acceptedInvoice(ledger, statement));
  const told = {
    caller: by('USGPC', 'operator'),
    verb: 'netting.net',
    command: {
      nettingId: 'n1',
      periodId: '2026-07',
      currency: 'USD',
      invoiceIds: statements.map(({ invoiceId }) => invoiceId),
    },
    transient: { payables: `[${texts.join(',')}]` },
  };
  return { ledger, told };
};

describe('netting.net', () => {
  it('writes net positions that sum to zero, the payments that settle them, and marks the invoices', async () => {
    const { ledger, told } = await accepted();
    const { writes } = await ledger.submit(call(told));
    assert.deepEqual(writes.public['netting:n1'], {
      type: 'netting',
      version: 1,
      nettingId: 'n1',
      periodId: '2026-07',
      currency: 'USD',
      invoiceIds: ['i1', 'i2', 'i3'],
      positions: [
        { utilityId: 'USALP', netMicros: '-50' },
        { utilityId: 'USDUK', netMicros: '30' },
        { utilityId: 'USGPC', netMicros: '20' },
      ],
      payments: [
        { paymentId: 'n1.1', payer: 'USALP', payee: 'USDUK', amountMicros: '30', state: 'due' },
        { paymentId: 'n1.2', payer: 'USALP', payee: 'USGPC', amountMicros: '20', state: 'due' },
      ],
      state: 'open',
      nettedAtMs: NOW_MS,
    });
    assert.deepEqual(writes.endorsers, { 'netting:n1': [MSP.USALP, MSP.USDUK, MSP.USGPC] });
    for (const invoiceId of ['i1', 'i2', 'i3']) {
      const record = writes.public[`invoice:${invoiceId}`] as {
        state: string;
        nettingId: string;
        version: number;
      };
      assert.deepEqual([record.state, record.nettingId, record.version], ['netted', 'n1', 3]);
    }
    assert.equal(Object.keys(writes.public).length, 5);
    assert.deepEqual(writes.private, {});
  });

  it('is settled at once, and its invoices paid, when nobody owes anything on balance', async () => {
    const { ledger, told } = await accepted([
      owes('i1', 'USALP', 'USDUK', 9n),
      owes('i2', 'USDUK', 'USALP', 9n),
    ]);
    const { writes } = await ledger.submit(call(told));
    assert.equal((writes.public['netting:n1'] as unknown as NettingRecord).state, 'settled');
    assert.equal((writes.public['invoice:i1'] as { state: string }).state, 'paid');
  });

  it('refuses other roles, amounts that were not published, and invoices that are not accepted', async () => {
    const { ledger, told } = await accepted();
    const other = await accepted([owes('i1', 'USALP', 'USDUK', 1n), ...ROUND.slice(1)]);
    const cases = [
      ['FORBIDDEN', { caller: by('USGPC', 'aaa') }],
      ['HASH_MISMATCH', { transient: other.told.transient }],
      ['INVALID_ARGUMENT', { transient: { payables: '[]' } }],
      ['INVALID_ARGUMENT', { command: { periodId: '2026-08' } }],
      ['INVALID_ARGUMENT', { command: { currency: 'EUR' } }],
      ['INVALID_ARGUMENT', { command: { nettingId: 'n'.repeat(61) } }],
      ['NOT_FOUND', { command: { invoiceIds: ['i1', 'i2', 'i9'] } }],
      ['CONFLICT', { command: { invoiceIds: ['i1', 'i2', 'i2'] } }],
    ] as const;
    for (const [code, change] of cases) assert.equal(await ledger.refusal(but(told, change)), code);
    for (const state of ['issued', 'disputed', 'netted', 'paid']) {
      amend(ledger, 'invoice:i2', { state });
      assert.equal(await ledger.refusal(call(told)), 'WRONG_STATE', state);
    }
    amend(ledger, 'invoice:i2', { state: 'accepted' });
    await ledger.submit(call(told));
    assert.equal(await ledger.refusal(call(told)), 'CONFLICT');
  });
});
