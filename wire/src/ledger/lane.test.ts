import assert from 'node:assert/strict';
import { laneIdOf, laneParts, MAX_SESSION_NUMBER, parseSessionId, sessionIdOf } from './lane.ts';

describe('a session’s id', () => {
  it('says its lane and number, and nothing else reads as one', () => {
    const lane = laneIdOf('USDUK', 'USALP', 'g0');
    const name = parseSessionId(sessionIdOf(lane, 17));
    assert.deepEqual(name, {
      ok: true,
      value: { laneId: lane, vun: 'USDUK', hun: 'USALP', group: 'g0', number: 17 },
    });
    assert.deepEqual(laneParts(lane), { vun: 'USDUK', hun: 'USALP', group: 'g0' });
    const wrong = [
      '',
      's1',
      lane,
      `${lane}-0`,
      `${lane}-01`,
      `${lane}--1`,
      `${lane}-1-1`,
      `${lane}-1 `,
      `${lane}-1e3`,
      'USDUK-USALP-G0-1',
      'USDU-USALP-g0-1',
    ];
    for (const id of wrong) {
      assert.equal(parseSessionId(id).ok, false, id);
    }
  });

  it('has a number up to the highest and none above', () => {
    assert.ok(parseSessionId(sessionIdOf('USDUK-USALP-g0', MAX_SESSION_NUMBER)).ok);
    assert.ok(!parseSessionId(sessionIdOf('USDUK-USALP-g0', MAX_SESSION_NUMBER + 1)).ok);
  });
});
