import assert from 'node:assert/strict';
import { by, call, DAY_MS, NOW_MS, sealedTerms, termsOf } from '../../testing/parties.ts';
import { invoiceCall } from '../../testing/invoices.ts';
import { but, withClosed } from '../../testing/prepared.ts';

const issued = async () => {
  const { ledger, closed } = await withClosed();
  const invoice = invoiceCall('i1', [{ batchId: 'b1', closed }]);
  await ledger.submit(call(invoice));
  const told = {
    caller: by('USALP', 'aaa'),
    verb: 'clearing.accept',
    command: { invoiceId: 'i1', bodyHash: invoice.command['bodyHash'] ?? '' },
  };
  return { ledger, told };
};

describe('clearing.accept', () => {
  it('accepts an issued invoice and writes nothing else', async () => {
    const { ledger, told } = await issued();
    const { writes } = await ledger.submit(call(told));
    const record = writes.public['invoice:i1'] as { version: number; state: string };
    assert.deepEqual([record.version, record.state], [2, 'accepted']);
    assert.equal(Object.keys(writes.public).length, 2);
    assert.deepEqual(writes.private, {});
  });

  it('is the visited utility’s to say once the home utility was silent for a settlement period', async () => {
    const { ledger, told } = await issued();
    const silent = { ...told, caller: by('USDUK', 'aaa'), transient: { terms: sealedTerms().text } };
    assert.equal(await ledger.refusal(but(silent, { nowMs: NOW_MS + 31 * DAY_MS })), 'WRONG_STATE');
    const over = { nowMs: NOW_MS + 31 * DAY_MS + 1 };
    const daily = { terms: sealedTerms(termsOf({ settlementPeriod: 'day' })).text };
    assert.equal(await ledger.refusal(but(silent, { ...over, transient: daily })), 'HASH_MISMATCH');
    assert.equal(
      await ledger.refusal(but(silent, { ...over, caller: by('USDUK', 'operator') })),
      'FORBIDDEN',
    );
    const { writes } = await ledger.submit(but(silent, over));
    assert.equal((writes.public['invoice:i1'] as { state: string }).state, 'accepted');
  });

  it('refuses the creditor, another role, another body, an unknown invoice, and a second time', async () => {
    const { ledger, told } = await issued();
    const cases = [
      ['WRONG_STATE', { caller: by('USDUK', 'aaa'), transient: { terms: sealedTerms().text } }],
      ['FORBIDDEN', { caller: by('USGPC', 'aaa') }],
      ['FORBIDDEN', { caller: by('USALP', 'operator') }],
      ['HASH_MISMATCH', { command: { bodyHash: 'a'.repeat(64) } }],
      ['NOT_FOUND', { command: { invoiceId: 'i9' } }],
    ] as const;
    for (const [code, change] of cases) assert.equal(await ledger.refusal(but(told, change)), code);
    await ledger.submit(call(told));
    assert.equal(await ledger.refusal(call(told)), 'WRONG_STATE');
  });
});
