import assert from 'node:assert/strict';
import { unwrap } from '../../result/index.ts';
import {
  cappedAmps,
  CALENDAR_SLOT_MS,
  follow,
  loadCalendar,
  shownDurationMs,
  withdrawn,
  type FollowedSlot,
} from '../index.ts';

const MIDNIGHT = Date.UTC(2026, 10, 30);
/** A building that takes most from 17 to 20 h. */
const READINGS = Array.from({ length: 96 }, (_, at) =>
  at >= 68 && at < 80 ? 20_000n + BigInt(at) : 5_000n + BigInt(at),
);

describe('the calendar of two days ahead', () => {
  const calendar = unwrap(loadCalendar(READINGS, MIDNIGHT, 800n));

  it('has the peaks that yesterday had, in 192 slots', () => {
    assert.equal(calendar.length, 192);
    const peakHours = calendar
      .filter(({ isPeak }) => isPeak)
      .map(({ startMs }) => new Date(startMs).getUTCHours());
    assert.equal(peakHours.length, 24);
    assert.deepEqual([...new Set(peakHours)], [17, 18, 19]);
    // The same by another way: what is at least four fifths of the highest reading, day by day.
    const highest = Math.max(...READINGS.map(Number));
    for (const [at, slot] of calendar.entries()) {
      const reading = Number(READINGS[at % 96]);
      assert.equal(slot.isPeak, reading * 10 >= highest * 8);
      assert.equal(slot.expectedWh, READINGS[at % 96]);
      assert.equal(slot.startMs, MIDNIGHT + at * CALENDAR_SLOT_MS);
    }
  });

  it('is refused for a day that is not whole, a reading below zero and a start between quarters', () => {
    const code = (readings: readonly bigint[], startMs = MIDNIGHT) => {
      const made = loadCalendar(readings, startMs, 800n);
      return made.ok ? '' : made.error.code;
    };
    assert.equal(code(READINGS.slice(1)), 'READINGS_COUNT');
    assert.equal(code([-1n, ...READINGS.slice(1)]), 'READING_NEGATIVE');
    assert.equal(code(READINGS, MIDNIGHT + 1), 'START_OFF_GRID');
    const dark = unwrap(
      loadCalendar(
        READINGS.map(() => 0n),
        MIDNIGHT,
        800n,
      ),
    );
    assert.ok(dark.every(({ isPeak }) => !isPeak));
  });

  it('withdraws a fifth of ten chargers: those that are used least', () => {
    const chargers = Array.from({ length: 10 }, (_, at) => ({
      chargerId: `c${at}`,
      usedWh: BigInt((at * 7) % 10),
    }));
    assert.deepEqual(withdrawn(chargers, 200n), ['c0', 'c3']);
    assert.deepEqual(withdrawn([...chargers].reverse(), 299n), ['c0', 'c3']);
    assert.deepEqual(withdrawn(chargers, 0n), []);
  });

  it('caps peaks from 30 to 15 A and nothing in between, which doubles the time that is shown', () => {
    assert.deepEqual([cappedAmps([15n, 30n], false), cappedAmps([15n, 30n], true)], [30n, 15n]);
    assert.equal(cappedAmps([30n], true), 30n);
    const shown = (isPeak: boolean, hours = 48) =>
      shownDurationMs(
        14_400n,
        240n,
        MIDNIGHT + 60_000,
        calendar.slice(0, hours * 4).map((slot) => ({ ...slot, isPeak })),
        [15n, 30n],
      );
    assert.deepEqual([shown(false), shown(true)], [2 * 3_600_000, 4 * 3_600_000]);
    assert.equal(shown(true, 3), undefined);
  });
});

describe('following a plan', () => {
  const day = (meteredWh: bigint): readonly FollowedSlot[] => [
    { startMs: 0, plannedWh: 1_000n, meteredWh, isPeak: true },
    { startMs: 1, plannedWh: 1_000n, meteredWh: 1_000n, isPeak: false },
  ];
  const rule = {
    sharePermille: 200n,
    stepPermille: 50n,
    leastPermille: 0n,
    mostPermille: 230n,
    tolerancePermille: 100n,
  };

  it('scores what came, and changes the next share by what the peaks took', () => {
    const followed = (meteredWh: bigint) => {
      const { scorePermille, nextSharePermille } = follow(day(meteredWh), rule);
      return [scorePermille, nextSharePermille];
    };
    assert.deepEqual(followed(1_000n), [1_000n, 200n]);
    assert.deepEqual(followed(1_100n), [950n, 200n]);
    assert.deepEqual(followed(1_101n), [950n, 230n]);
    assert.deepEqual(followed(899n), [950n, 150n]);
    assert.deepEqual(followed(9_000n), [0n, 230n]);
  });

  it('scores a plan of nothing by whether nothing came', () => {
    assert.equal(
      follow([{ startMs: 0, plannedWh: 0n, meteredWh: 0n, isPeak: true }], rule).scorePermille,
      1_000n,
    );
    assert.equal(
      follow([{ startMs: 0, plannedWh: 0n, meteredWh: 1n, isPeak: true }], rule).scorePermille,
      0n,
    );
  });
});
