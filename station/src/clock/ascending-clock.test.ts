import assert from 'node:assert/strict';
import { AscendingClock } from './ascending-clock.ts';

describe('an outlet’s clock', () => {
  const below = { now: 1_000_000, nowMs: () => below.now, sleep: () => Promise.resolve() };
  beforeEach(() => {
    below.now = 1_000_000;
  });

  it('never runs back when the one below is set back, and goes on at half its pace until that has caught up', () => {
    const clock = new AscendingClock(below, 0);
    assert.equal(clock.nowMs(), 1_000_000);
    below.now = 940_000;
    assert.equal(clock.nowMs(), 1_000_000);
    for (let step = 1; step <= 100; step += 1) {
      below.now += 1;
      assert.equal(clock.nowMs(), 1_000_000 + Math.floor(step / 2));
    }
    below.now = 1_060_000;
    assert.equal(clock.nowMs(), 1_060_000);
    below.now += 10;
    assert.equal(clock.nowMs(), 1_060_010);
  });

  it('is later than what was over before it began, and than what happened', () => {
    const clock = new AscendingClock(below, 1_000_500);
    assert.equal(clock.nowMs(), 1_000_500);
    clock.reach(1_000_900);
    below.now += 200;
    assert.equal(clock.nowMs(), 1_001_000);
  });
});
