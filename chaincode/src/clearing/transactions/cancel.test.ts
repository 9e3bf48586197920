import assert from 'node:assert/strict';
import { invoiceCall } from '../../testing/invoices.ts';
import { by, call } from '../../testing/parties.ts';
import { but, withOpened } from '../../testing/prepared.ts';
import { closeSession } from '../../testing/closed.ts';
import { LANE_ID } from '../../testing/opened.ts';

const invoiced = async () => {
  const { ledger, lane, sessions } = await withOpened([1, 2]);
  const batches = sessions.map((session, index) => ({
    batchId: `b${index + 1}`,
    closed: [closeSession(session)],
    fromSequence: index + 1,
  }));
  const [first, second] = batches;
  assert.ok(first && second);
  for (const { batchId, closed } of [first, second]) {
    await ledger.submit(call(lane.settle(batchId, closed)));
    lane.settled(closed);
  }
  const cancelling = (invoiceId: string, batch: typeof first) => ({
    caller: by('USDUK', 'aaa'),
    verb: 'clearing.cancel',
    command: { invoiceId },
    transient: { body: invoiceCall(invoiceId, [batch]).transient.body },
  });
  return { ledger, first, second, cancelling };
};

describe('clearing.cancel', () => {
  it('takes an issued invoice back, and its numbers are free for a new one', async () => {
    const { ledger, first, second, cancelling } = await invoiced();
    await ledger.submit(call(invoiceCall('i1', [first])));
    const { writes } = await ledger.submit(call(cancelling('i1', first)));
    assert.equal((writes.public['invoice:i1'] as { state: string }).state, 'cancelled');
    assert.equal((writes.public[`lastInvoiced:${LANE_ID}`] as { toSequence: number }).toSequence, 0);
    assert.ok(!('invoiceId' in (writes.public['batch:b1'] as object)));
    assert.equal(await ledger.refusal(call(invoiceCall('i1', [first]))), 'CONFLICT');
    assert.equal(await ledger.refusal(call(invoiceCall('i2', [first, second]))), 'ok');
  });

  it('goes from the lane’s last invoice backwards, and touches no accepted one', async () => {
    const { ledger, first, second, cancelling } = await invoiced();
    const one = invoiceCall('i1', [first]);
    await ledger.submit(call(one));
    await ledger.submit(call(invoiceCall('i2', [second])));
    assert.equal(await ledger.refusal(call(cancelling('i1', first))), 'SEQUENCE_GAP');
    await ledger.submit(call(cancelling('i2', second)));
    assert.equal(await ledger.refusal(call(cancelling('i1', first))), 'ok');
    const accept = { invoiceId: 'i1', bodyHash: one.command['bodyHash'] ?? '' };
    await ledger.submit(call({ caller: by('USALP', 'aaa'), verb: 'clearing.accept', command: accept }));
    assert.equal(await ledger.refusal(call(cancelling('i1', first))), 'WRONG_STATE');
    assert.equal(await ledger.refusal(call(cancelling('i2', second))), 'WRONG_STATE');
  });

  it('is the visited utility’s alone, and proves what it takes back', async () => {
    const { ledger, first, second, cancelling } = await invoiced();
    await ledger.submit(call(invoiceCall('i1', [first])));
    const told = cancelling('i1', first);
    const cases = [
      ['FORBIDDEN', { caller: by('USALP', 'aaa') }],
      ['FORBIDDEN', { caller: by('USDUK', 'operator') }],
      ['HASH_MISMATCH', { transient: cancelling('i1', second).transient }],
      ['NOT_FOUND', { command: { invoiceId: 'i9' } }],
    ] as const;
    for (const [code, change] of cases) assert.equal(await ledger.refusal(but(told, change)), code);
  });
});
