import assert from 'node:assert/strict';
import { stateKey } from '@roamgrid/wire';
import { by, call, NOW_MS } from '../../testing/parties.ts';
import { but, withGroundwork } from '../../testing/prepared.ts';

const told = {
  caller: by('USALP', 'aaa'),
  verb: 'session.revoke',
  command: { hun: 'USALP', profileId: 'profile-1' },
};
const KEY = stateKey.exposure('USALP', 'profile-1');

describe('session.revoke', () => {
  it('dates the revocation where every visited utility reads it, and the first one counts', async () => {
    const ledger = await withGroundwork();
    const first = await ledger.submit(call(told));
    assert.equal((first.writes.public[KEY] as { revokedAtMs: number }).revokedAtMs, NOW_MS);
    const again = await ledger.submit(but(told, { nowMs: NOW_MS + 1 }));
    assert.equal((again.writes.public[KEY] as { revokedAtMs: number }).revokedAtMs, NOW_MS);
    assert.ok(!JSON.stringify(again.writes.public).includes('cinRef'));
  });

  it('is for the home utility’s node alone', async () => {
    const ledger = await withGroundwork();
    for (const caller of [
      by('USDUK', 'aaa'),
      by('USGPC', 'aaa'),
      by('USALP', 'operator'),
      by('USALP', undefined),
    ])
      assert.equal(await ledger.refusal(but(told, { caller })), 'FORBIDDEN');
    assert.equal(await ledger.refusal(but(told, { command: { hun: 'USXXX' } })), 'NOT_FOUND');
  });
});
