import assert from 'node:assert/strict';
import { MemoryLedger } from '../testing/ledger.ts';
import { withPayouts } from './payouts.ts';

describe('payouts beside the payments of members', () => {
  it('wait for an AAA node that is down, and hold up no payment of a member', async () => {
    const members = new MemoryLedger();
    members.owe('net-2026-07-1-USD.1', 'USALP', 'USDUK', 10_000n);
    const sign = () => Promise.resolve('signed');
    const ledger = withPayouts(members.of('USALP'), 'http://127.0.0.1:9', 'USALP', sign);
    const payments = await ledger.payments();
    assert.deepEqual(
      payments.map(({ paymentId }) => paymentId),
      ['net-2026-07-1-USD.1'],
    );
    assert.match((ledger.trouble?.() ?? []).join(), /^payouts: /);
  });
});
