import assert from 'node:assert/strict';
import { admit, PLAIN_POLICY, SERVERS_FIRST, type Claim, type PowerState } from './index.ts';
import { claim, decide, grid, NOW, rail, stateOf } from './testing/build.ts';

const KW = 1_000n;
/** 755 kW of which 635 are in use: 120 are left. */
const busy = (...more: readonly Claim[]): PowerState =>
  stateOf({
    tree: rail(),
    sources: [grid(755n * KW)],
    claims: [claim('hosting', 635n * KW, { kind: 'compute' }), ...more],
    policy: SERVERS_FIRST,
  });
const task = claim('task', 90n * KW, { kind: 'compute' });
const car = claim('car', 60n * KW);

describe('a request for power beside those who have theirs', () => {
  it('is granted within what is left', () => {
    assert.deepEqual(admit(busy(), task, NOW), {
      outcome: 'granted',
      grantedW: 90n * KW,
      residualW: 120n * KW,
    });
  });

  it('is offered a part when less is left, and the sum is what the site has once that is accepted', () => {
    const offer = admit(busy(task), car, NOW);
    assert.deepEqual(offer, { outcome: 'partial', offeredW: 30n * KW, residualW: 30n * KW });
    const accepted = decide(busy(task, { ...car, maxW: 30n * KW }));
    assert.equal(
      accepted.grants.reduce((sum, { grantedW }) => sum + grantedW, 0n),
      755n * KW,
    );
  });

  it('makes room when it is urgent, and names who loses how much', () => {
    const full = busy(task, { ...car, maxW: 30n * KW });
    const policy = { ...PLAIN_POLICY, bands: { compute: 1 } };
    const urgent = claim('ambulance', 60n * KW, { urgency: 'urgent' });
    assert.deepEqual(admit({ ...full, policy }, urgent, NOW), {
      outcome: 'room-made',
      grantedW: 60n * KW,
      residualW: 0n,
      losers: [
        { claimId: 'car', fromW: 30n * KW, toW: 0n },
        { claimId: 'task', fromW: 90n * KW, toW: 60n * KW },
      ],
    });
  });

  it('is denied when nothing can be given, with what is left', () => {
    const full = busy(task, { ...car, maxW: 30n * KW });
    assert.deepEqual(admit(full, claim('big', 200n * KW), NOW), { outcome: 'denied', residualW: 0n });
    const needsAll = claim('big', 200n * KW, { minW: 200n * KW });
    assert.deepEqual(admit(busy(task), needsAll, NOW), { outcome: 'denied', residualW: 30n * KW });
  });

  it('takes nothing from anybody when it is ordinary, whichever side comes first', () => {
    const ordinary = claim('other', 200n * KW, { kind: 'compute' });
    const state = busy({ ...car, maxW: 120n * KW });
    assert.deepEqual(admit(state, ordinary, NOW), { outcome: 'denied', residualW: 0n });
  });
});
