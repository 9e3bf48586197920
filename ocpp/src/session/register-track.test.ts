import assert from 'node:assert/strict';
import fc from 'fast-check';
import { gainOf, refusedOf, trackRegister, type RegisterTrack } from './register-track.ts';

const MINUTE_MS = 60_000;
const START_MS = 1_700_000_000_000;
/** 11 kW give some 183 Wh a minute. */
const MAX_POWER_W = 11_000n;

interface Step {
  readonly minute: number;
  readonly wh: number;
  readonly isBegin?: boolean;
}

const follow = (steps: readonly Step[]): RegisterTrack | undefined =>
  steps.reduce<RegisterTrack | undefined>((track, { minute, wh, isBegin = false }, at) => {
    const point = {
      registerMilliWh: BigInt(wh) * 1_000n,
      // They come one after the other, whenever they were.
      atMs: START_MS + at * 1_000,
      stationMs: START_MS + minute * MINUTE_MS,
    };
    return trackRegister(track, point, { isBegin, maxPowerW: MAX_POWER_W });
  }, undefined);

describe('a register that a station tells of', () => {
  const rows: readonly (readonly [
    what: string,
    steps: readonly Step[],
    gainWh: number,
    refusedWh: number,
  ])[] = [
    ['that is told once', [{ minute: 0, wh: 900_000 }], 0, 0],
    [
      'that rises',
      [
        { minute: 0, wh: 900_000 },
        { minute: 5, wh: 900_400 },
      ],
      400,
      0,
    ],
    [
      'whose message is told late',
      [
        { minute: 0, wh: 100 },
        { minute: 5, wh: 400 },
        { minute: 3, wh: 300 },
      ],
      300,
      0,
    ],
    [
      'whose begin is told late',
      [
        { minute: 5, wh: 400 },
        { minute: 0, wh: 100, isBegin: true },
      ],
      300,
      0,
    ],
    [
      'whose begin is told twice',
      [
        { minute: 0, wh: 100, isBegin: true },
        { minute: 9, wh: 700 },
        { minute: 0, wh: 50, isBegin: true },
      ],
      600,
      0,
    ],
    [
      'that was reset',
      [
        { minute: 0, wh: 100 },
        { minute: 5, wh: 400 },
        { minute: 6, wh: 0 },
        { minute: 7, wh: 80 },
      ],
      380,
      0,
    ],
    [
      'that falls and stays above its begin',
      [
        { minute: 0, wh: 100 },
        { minute: 5, wh: 400 },
        { minute: 6, wh: 300 },
        { minute: 7, wh: 350 },
      ],
      300,
      0,
    ],
    [
      'that shows zero once',
      [
        { minute: 0, wh: 100 },
        { minute: 5, wh: 400 },
        { minute: 6, wh: 0 },
        { minute: 7, wh: 450 },
      ],
      350,
      0,
    ],
    [
      'that jumps and stays',
      [
        { minute: 0, wh: 100 },
        { minute: 1, wh: 90_000 },
        { minute: 2, wh: 90_100 },
      ],
      100,
      89_900,
    ],
    [
      'that jumps once',
      [
        { minute: 0, wh: 100 },
        { minute: 1, wh: 90_000 },
        { minute: 2, wh: 300 },
      ],
      200,
      0,
    ],
    [
      'that jumps at its end',
      [
        { minute: 0, wh: 100 },
        { minute: 1, wh: 90_000 },
      ],
      0,
      89_900,
    ],
  ];
  for (const [what, steps, gainWh, refusedWh] of rows) {
    it(`${what} counts ${gainWh} Wh and refuses ${refusedWh}`, () => {
      const track = follow(steps);
      assert.ok(track !== undefined);
      assert.deepEqual(
        [gainOf(track), refusedOf(track)],
        [BigInt(gainWh) * 1_000n, BigInt(refusedWh) * 1_000n],
      );
    });
  }

  it('never counts more than it moved by, in any order', () => {
    const gains = fc.array(fc.integer({ min: 0, max: 180 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(gains, fc.array(fc.nat({ max: 99 }), { minLength: 9, maxLength: 9 }), (all, keys) => {
        let wh = 5_000;
        const steps = all.map((gain, at) => ({
          minute: at,
          wh: (wh += gain),
          isBegin: at === 0,
          key: keys[at] ?? 0,
        }));
        const track = follow([...steps].sort((a, b) => a.key - b.key));
        const moved = (steps.at(-1)?.wh ?? 0) - (steps[0]?.wh ?? 0);
        assert.ok(gainOf(track) <= BigInt(moved) * 1_000n);
      }),
    );
  });
});
