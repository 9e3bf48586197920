import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Clock } from './clock.ts';
import { StationClock } from './station-clock.ts';

const own = (): Clock & { now: number } => {
  const clock = { now: 1_000_000, nowMs: () => clock.now, sleep: () => Promise.resolve() };
  return clock;
};

describe('a station’s clock', () => {
  it('is corrected to within half of an answer’s way, however far off it is', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -86_400_000, max: 86_400_000 }),
        fc.nat(4_000),
        fc.nat(4_000),
        (offMs, thereMs, backMs) => {
          const local = own();
          const clock = new StationClock(local);
          const askedMs = local.now;
          local.now += thereMs + backMs;
          clock.observe(askedMs + thereMs + offMs, askedMs, local.now);
          const errorMs = Math.abs(clock.offsetMs - offMs);
          assert.ok(errorMs <= (thereMs + backMs) / 2 + 1 || (clock.offsetMs === 0 && -thereMs <= offMs));
        },
      ),
    );
  });

  it('stays as it is while an answer does not contradict it', () => {
    const clock = new StationClock(own());
    clock.observe(1_000_400, 1_000_000, 1_003_000);
    assert.equal(clock.offsetMs, 0);
    clock.observe(1_060_500, 1_000_000, 1_001_000);
    assert.equal(clock.offsetMs, 60_000);
    clock.observe(1_060_900, 1_000_500, 1_001_500);
    assert.equal(clock.offsetMs, 60_000);
  });
});
