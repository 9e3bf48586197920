import assert from 'node:assert/strict';
import { CHAOS_PARTS } from './cast.ts';
import { FAULT_KINDS, kindsOf, planChaos } from './plan.ts';

describe('the plan of a chaos run', () => {
  it('is the same byte for byte for a seed, and another one for another', () => {
    assert.equal(JSON.stringify(planChaos(7, 40)), JSON.stringify(planChaos(7, 40)));
    assert.notEqual(JSON.stringify(planChaos(7, 40)), JSON.stringify(planChaos(8, 40)));
  });

  it('strikes each part more than three times in 1,000 sessions, in every way that it can be struck', () => {
    const { faults } = planChaos(1, 1_000);
    for (const part of CHAOS_PARTS) {
      const own = faults.filter(({ target }) => target === part);
      assert.ok(own.length > 3, part);
      assert.deepEqual(new Set(own.map(({ kind }) => kind)), new Set(kindsOf(part)), part);
    }
    assert.deepEqual(new Set(faults.map(({ kind }) => kind)), new Set(FAULT_KINDS));
  });

  it('strikes each part in the shortest run, while cars come', () => {
    const { faults, sessions } = planChaos(3, 40);
    assert.deepEqual(new Set(faults.map(({ target }) => target)), new Set(CHAOS_PARTS));
    const lastMs = Math.max(...sessions.map(({ arrivesAtMs }) => arrivesAtMs));
    assert.ok(faults.every(({ atMs }) => atMs < lastMs));
  });

  it('lets one car at a time use an outlet', () => {
    const { sessions } = planChaos(5, 200);
    for (const [at, { evseId, arrivesAtMs }] of sessions.entries()) {
      const before = sessions.slice(0, at).findLast((one) => one.evseId === evseId);
      if (before !== undefined) assert.ok(arrivesAtMs > before.arrivesAtMs + before.staysMs);
    }
  });
});
