import assert from 'node:assert/strict';
import { exposurePlace, stateKey } from '@roamgrid/wire';
import { by, call, NOW_MS } from '../../testing/parties.ts';
import { LANE_ID, PROFILE_UNTIL_MS } from '../../testing/opened.ts';
import { but, withGroundwork } from '../../testing/prepared.ts';

const told = {
  caller: by('USALP', 'aaa'),
  verb: 'session.revoke',
  command: { hun: 'USALP', laneId: LANE_ID, profileId: 'profile-1', validUntilMs: PROFILE_UNTIL_MS },
};
const { book, mark } = exposurePlace(LANE_ID, 'profile-1', PROFILE_UNTIL_MS);
const KEY = stateKey.revocations(LANE_ID, book);

describe('session.revoke', () => {
  it('dates the revocation where every visited utility reads it, and the first one counts', async () => {
    const ledger = await withGroundwork();
    const first = await ledger.submit(call(told));
    const shown = { type: 'revocations', version: 1, revokedAtMs: { [mark]: NOW_MS } };
    assert.deepEqual(first.writes.public[KEY], shown);
    assert.ok(!JSON.stringify(first.writes.public[KEY]).includes('profile-1'));
    const again = await ledger.submit(but(told, { nowMs: NOW_MS + 1 }));
    assert.equal(again.writes.public[KEY], undefined);
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
    const foreign = but(told, { command: { laneId: 'USDUK-USGPC-g0' } });
    assert.equal(await ledger.refusal(foreign), 'INVALID_ARGUMENT');
  });
});
