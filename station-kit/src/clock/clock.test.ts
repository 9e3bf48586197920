import assert from 'node:assert/strict';
import { catchUpClock, steppedClock } from './clock.ts';

describe('a clock that catches up', () => {
  it('runs fast in the past and with the wall once it has caught up', () => {
    let wall = 1_000_000;
    const clock = catchUpClock(0, 100, () => wall);
    assert.equal(clock.nowMs(), 0);
    wall += 1_000;
    assert.equal(clock.nowMs(), 100_000);
    wall += 100_000;
    assert.equal(clock.nowMs(), wall);
  });

  it('never tells a time that has not come', () => {
    const wallStart = 5_000;
    for (let passed = 0; passed < 1_000; passed += 7) {
      let wall = wallStart;
      const clock = catchUpClock(0, 50, () => wall);
      wall = wallStart + passed;
      assert.ok(clock.nowMs() <= wall);
    }
  });

  it('sleeps a simulated hour in a moment', async () => {
    const clock = catchUpClock(0, 10_000);
    const before = clock.nowMs();
    await clock.sleep(3_600_000);
    assert.ok(clock.nowMs() - before >= 3_500_000);
  });
});

describe('a stepped clock', () => {
  it('moves by exactly what was slept and by nothing else', async () => {
    const clock = steppedClock(1_000, Infinity);
    await clock.sleep(250);
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(clock.nowMs(), 1_250);
  });
});
