import assert from 'node:assert/strict';
import { by, call, saltOf } from '../../testing/parties.ts';
import { acceptedInvoice } from '../../testing/invoices.ts';
import { but, withGroundwork } from '../../testing/prepared.ts';

const netted = async () => {
  const ledger = await withGroundwork();
  const payables = (['USDUK', 'USGPC'] as const).map((creditor, index) =>
    acceptedInvoice(ledger, {
      invoiceId: `i${index + 1}`,
      periodId: '2026-07',
      debtor: 'USALP',
      creditor,
      currency: 'USD',
      payableMicros: 10n,
      salt: saltOf(creditor),
    }),
  );
  await ledger.submit(
    call({
      caller: by('USALP', 'operator'),
      verb: 'netting.net',
      command: { nettingId: 'n1', periodId: '2026-07', currency: 'USD', invoiceIds: ['i1', 'i2'] },
      transient: { payables: `[${payables.join(',')}]` },
    }),
  );
  return ledger;
};
const sent = {
  caller: by('USALP', 'operator'),
  verb: 'netting.confirmPayment',
  command: { nettingId: 'n1', paymentId: 'n1.1', step: 'sent', reference: 'E2E-1' },
};
const confirmed = {
  ...sent,
  caller: by('USDUK', 'operator'),
  command: { ...sent.command, step: 'confirmed' },
};

describe('netting.confirmPayment', () => {
  it('moves a payment from due to sent to confirmed, and with the last one settles and pays', async () => {
    const ledger = await netted();
    const first = await ledger.submit(call(sent));
    assert.equal(Object.keys(first.writes.public).length, 2);
    const netting = first.writes.public['netting:n1'] as {
      payments: object[];
      state: string;
      version: number;
    };
    assert.deepEqual(netting.payments[0], {
      paymentId: 'n1.1',
      payer: 'USALP',
      payee: 'USDUK',
      amountMicros: '10',
      state: 'sent',
      reference: 'E2E-1',
    });
    assert.deepEqual([netting.state, netting.version], ['open', 2]);
    const second = await ledger.submit(call(confirmed));
    assert.equal((second.writes.public['netting:n1'] as { state: string }).state, 'open');

    const other = { paymentId: 'n1.2', reference: 'E2E-2' };
    await ledger.submit(but(sent, { command: other }));
    const { writes } = await ledger.submit(
      but(confirmed, { caller: by('USGPC', 'operator'), command: other }),
    );
    assert.equal((writes.public['netting:n1'] as { state: string }).state, 'settled');
    for (const invoiceId of ['i1', 'i2']) {
      assert.equal((writes.public[`invoice:${invoiceId}`] as { state: string }).state, 'paid');
    }
    assert.equal(Object.keys(writes.public).length, 4);
  });

  it('refuses the wrong party, the wrong order, another reference and what is unknown', async () => {
    const ledger = await netted();
    const cases = [
      ['FORBIDDEN', but(sent, { caller: by('USDUK', 'operator') })],
      ['FORBIDDEN', but(sent, { caller: by('USALP', 'aaa') })],
      ['WRONG_STATE', call(confirmed)],
      ['NOT_FOUND', but(sent, { command: { paymentId: 'n1.9' } })],
      ['NOT_FOUND', but(sent, { command: { nettingId: 'n9' } })],
    ] as const;
    for (const [code, told] of cases) assert.equal(await ledger.refusal(told), code);
    await ledger.submit(call(sent));
    assert.equal(await ledger.refusal(call(sent)), 'WRONG_STATE');
    assert.equal(await ledger.refusal(but(confirmed, { caller: by('USALP', 'operator') })), 'FORBIDDEN');
    assert.equal(await ledger.refusal(but(confirmed, { command: { reference: 'E2E-9' } })), 'CONFLICT');
    await ledger.submit(call(confirmed));
    assert.equal(await ledger.refusal(call(confirmed)), 'WRONG_STATE');
  });
});
