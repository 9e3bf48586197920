import assert from 'node:assert/strict';
import fc from 'fast-check';
import { hear, QUIET, type Heard, type WatchSettings, type WatchState } from './watch.ts';

const SETTINGS: WatchSettings = {
  badgeMs: 30_000,
  vibrationMilliG: 500,
  calmMs: 60_000,
  hotMilliCelsius: 55_000,
  coldMilliCelsius: -40_000,
};
const door = (state: 'open' | 'shut'): Heard => ({ what: 'sensor', report: { door: state } });
const warm = (milliCelsius: number): Heard => ({ what: 'sensor', report: { milliCelsius } });
const shaken = (vibrationMilliG: number): Heard => ({ what: 'sensor', report: { vibrationMilliG } });
const BADGE: Heard = { what: 'badge' };
const TIME: Heard = { what: 'time' };

/** Anomalies of a story of seconds and what is heard then. */
const told = (...story: readonly (readonly [number, Heard])[]): readonly string[] => {
  let state: WatchState = QUIET;
  const all: string[] = [];
  for (const [second, heard] of story) {
    const next = hear(state, heard, second * 1_000, SETTINGS);
    state = next.state;
    all.push(...next.found.map(({ code, sinceMs }) => `${code}@${sinceMs / 1_000}`));
  }
  return all;
};

describe('what a cabinet’s sensor says', () => {
  it('is one anomaly when its door is opened and no badge comes in time, however long and often it is told', () => {
    assert.deepEqual(told([0, door('open')], [29, TIME], [30, TIME], [31, door('open')], [90, TIME]), [
      'DOOR_WITHOUT_BADGE@0',
    ]);
    assert.deepEqual(
      told([0, door('open')], [40, TIME], [50, door('shut')], [60, door('open')], [91, TIME]),
      ['DOOR_WITHOUT_BADGE@0', 'DOOR_WITHOUT_BADGE@60'],
    );
  });

  it('is none with a badge shortly before or after, and a badge of an earlier opening is none for a later one', () => {
    assert.deepEqual(told([0, BADGE], [30, door('open')], [300, TIME]), []);
    assert.deepEqual(told([0, door('open')], [29, BADGE], [300, TIME]), []);
    assert.deepEqual(told([0, BADGE], [31, door('open')], [70, TIME]), ['DOOR_WITHOUT_BADGE@31']);
    assert.deepEqual(told([0, door('open')], [31, BADGE], [70, TIME]), ['DOOR_WITHOUT_BADGE@0']);
  });

  it('is none when the door is shut again before a badge was due', () => {
    assert.deepEqual(told([0, door('open')], [10, door('shut')], [100, TIME]), []);
  });

  it('is one anomaly a shaking and one a heat, with the limits of document 001 and an edge that does not flicker', () => {
    assert.deepEqual(
      told([0, shaken(499)], [1, shaken(500)], [30, shaken(900)], [91, TIME], [92, shaken(500)]),
      ['VIBRATION@1', 'VIBRATION@92'],
    );
    assert.deepEqual(
      told(
        [0, warm(54_999)],
        [1, warm(55_000)],
        [2, warm(53_001)],
        [3, warm(55_000)],
        [4, warm(53_000)],
        [5, warm(55_000)],
      ),
      ['TOO_HOT@1', 'TOO_HOT@5'],
    );
    assert.deepEqual(told([0, warm(-39_999)], [1, warm(-40_000)], [2, warm(-39_000)], [3, warm(-40_000)]), [
      'TOO_COLD@1',
    ]);
  });

  it('never makes two anomalies of one opening, whatever else is heard, and none of a wanted one', () => {
    const heard = fc.constantFrom(door('open'), door('shut'), BADGE, TIME, shaken(600));
    const story = fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), heard), { maxLength: 60 });
    fc.assert(
      fc.property(story, (steps) => {
        let second = 0;
        let openings = 0;
        let isOpen = false;
        const timed = steps.map(([pause, one]) => {
          second += pause;
          const report = one.what === 'sensor' ? one.report.door : undefined;
          if (report === 'open' && !isOpen) openings += 1;
          if (report !== undefined) isOpen = report === 'open';
          return [second, one] as const;
        });
        const anomalies = told(...timed).filter((each) => each.startsWith('DOOR'));
        assert.equal(new Set(anomalies).size, anomalies.length);
        assert.ok(anomalies.length <= openings);
      }),
    );
  });
});
