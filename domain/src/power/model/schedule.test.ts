import assert from 'node:assert/strict';
import { areSchedulesOver, nextScheduleChangeMs, scheduledLimitW, type ChargingSchedule } from '../index.ts';
import { claim, decide, grantsOf, grid, NOW, PROFILE, rail, stateOf } from '../testing/build.ts';

describe('a charging schedule', () => {
  const state = stateOf({
    tree: rail(),
    sources: [grid(50_000n)],
    claims: [claim('car', 50_000n, { schedules: [PROFILE] })],
    tickMs: 1_000,
  });

  it('is followed to the watt each second, and comes to 6,850 Wh', () => {
    const wattSeconds: readonly bigint[] = Array.from({ length: 2_000 }, (_, second) => {
      const grantedW = grantsOf(decide(state, NOW + second * 1_000))['car'] ?? -1n;
      const expectedW = second < 180 ? 22_000n : second < 1_080 ? 15_000n : second < 1_980 ? 8_000n : 0n;
      assert.equal(grantedW, expectedW, `second ${second}`);
      return grantedW;
    });
    const parts = [wattSeconds.slice(0, 180), wattSeconds.slice(180, 1_080), wattSeconds.slice(1_080)];
    assert.deepEqual(
      parts.map((part) => part.reduce<bigint>((sum, valueW) => sum + valueW, 0n) / 3_600n),
      [1_100n, 3_750n, 2_000n],
    );
  });

  it('gives way to one of a higher stack level while that is valid', () => {
    const higher: ChargingSchedule = {
      startMs: NOW,
      stackLevel: 1,
      validFromMs: NOW + 60_000,
      validToMs: NOW + 120_000,
      periods: [{ offsetMs: 0, limitW: 5_000n }],
    };
    const at = (second: number) => scheduledLimitW([PROFILE, higher], NOW + second * 1_000);
    assert.deepEqual([59, 60, 119, 120, 1_979, 1_980].map(at), [
      22_000n,
      5_000n,
      5_000n,
      22_000n,
      8_000n,
      undefined,
    ]);
    const newer = { ...PROFILE, startMs: NOW + 10_000, periods: [{ offsetMs: 0, limitW: 1n }] };
    assert.equal(scheduledLimitW([newer, PROFILE], NOW + 10_000), 1n);
  });

  it('knows when it next says something else, and when all are over', () => {
    const next = (second: number) => nextScheduleChangeMs([PROFILE], NOW + second * 1_000);
    assert.deepEqual(
      [-1, 0, 179, 180, 1_979].map(next),
      [0, 180, 180, 1_080, 1_980].map((second) => NOW + second * 1_000),
    );
    assert.equal(next(1_980), undefined);
    assert.deepEqual(
      [1_979, 1_980].map((second) => areSchedulesOver([PROFILE], NOW + second * 1_000)),
      [false, true],
    );
    assert.equal(areSchedulesOver([], NOW), false);
  });
});
