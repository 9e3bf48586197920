import assert from 'node:assert/strict';
import fc from 'fast-check';
import { gainOf, refusedOf, trackRegister, type RegisterTrack } from './register-track.ts';

const MINUTE_MS = 60_000;
const START_MS = 1_700_000_000_000;
const KEPT_SECONDS = 3_600;
/** 11 kW give some 183 Wh a minute. */
const MAX_POWER_W = 11_000n;

interface Step {
  readonly minute: number;
  readonly wh: number;
  readonly isBegin?: boolean;
  /** Of a clock that is a liar's: dated by us when it came. */
  readonly isDatedByUs?: boolean;
  /** When it is told; it is told live then. */
  readonly liveSecond?: number;
}

const follow = (steps: readonly Step[]): RegisterTrack | undefined =>
  steps.reduce<RegisterTrack | undefined>(
    (track, { minute, wh, isBegin = false, isDatedByUs, liveSecond }, at) => {
      const stationMs = START_MS + minute * MINUTE_MS;
      // They were kept, and come one after the other, whenever they were.
      const cameMs = START_MS + (liveSecond === undefined ? KEPT_SECONDS + at : liveSecond) * 1_000;
      const isLive = liveSecond !== undefined;
      const point = {
        registerMilliWh: BigInt(wh) * 1_000n,
        atMs: isLive || isDatedByUs === true ? cameMs : stationMs,
        stationMs,
      };
      return trackRegister(track, point, { isBegin, isLive, cameMs, maxPowerW: MAX_POWER_W });
    },
    undefined,
  );

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

  const live = (liveSecond: number, wh: number, minute = liveSecond / 60): Step => ({
    liveSecond,
    wh,
    minute,
  });

  it('whose live messages were held up for some seconds counts in full', () => {
    const track = follow([live(0, 0), live(60, 180), live(179, 360, 2), live(180, 540, 3)]);
    assert.equal(gainOf(track), 540_000n);
  });

  const ahead = (minute: number, wh: number, isBegin = false): Step => ({
    minute,
    wh,
    isBegin,
    isDatedByUs: true,
  });

  it('that leaps with the station’s clock is refused: the outlet cannot have carried it in our time', () => {
    const track = follow([live(0, 0), live(60, 180), live(120, 40_000, 600)]);
    assert.ok(track !== undefined);
    assert.deepEqual([gainOf(track), refusedOf(track)], [180_000n, 39_820_000n]);
    const late = follow([live(0, 0), live(3_600, 100), live(3_601, 10_000, 120)]);
    assert.equal(gainOf(late), 100_000n, 'what is live cannot have piled up for an hour');
    const kept = follow([{ minute: 0, wh: 0 }, ahead(6_000, 40_000)]);
    assert.equal(gainOf(kept), 0n);
    const begin = follow([live(3_590, 40_000), ahead(-6_000, 0, true)]);
    assert.equal(gainOf(begin), 0n);
  });

  it('never counts more than the outlet carries in all, however many messages tell of it', () => {
    const seconds = Array.from({ length: 100 }, (_, at) => at + 1);
    const mostMilliWh = 378_000n; // 11 kW and a tenth, for 100 s and 10 s
    const steady = follow([live(0, 0), ...seconds.map((second) => live(second, second * 30))]);
    assert.ok(gainOf(steady) <= mostMilliWh, `${gainOf(steady)}`);
    // Each second one is a reset.
    const reset = follow([live(0, 100), ...seconds.map((second) => live(second, second % 2 === 1 ? 0 : 30))]);
    assert.ok(gainOf(reset) <= mostMilliWh, `${gainOf(reset)}`);
  });

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
