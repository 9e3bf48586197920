import assert from 'node:assert/strict';
import { timeOf, type MessageTime } from './message-time.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const CAME_MS = Date.UTC(2026, 10, 2, 12);
/** The gateway's clock is a second ahead of ours. */
const clock = { gatewayAt: (wallMs: number) => wallMs + 1_000 };

describe('the time of a message of a station', () => {
  /** Late by the station’s clock, ms. */
  const rows: readonly (readonly [
    what: string,
    told: {
      readonly lateMs: number;
      readonly isOffline?: boolean;
      readonly knownMs?: number;
      readonly behindMs?: number;
    },
    time: { readonly lateMs: number; readonly isLive: boolean; readonly behindMs?: number },
  ])[] = [
    [
      'that is told at once is when it came, and says what the clock is behind',
      { lateMs: 5_000 },
      { lateMs: 0, isLive: true, behindMs: 5_000 },
    ],
    [
      'of a time to come is when it came, and says how far ahead the clock is',
      { lateMs: -DAY_MS },
      { lateMs: 0, isLive: true, behindMs: -DAY_MS },
    ],
    [
      'that is old and fits is when its station says',
      { lateMs: 9 * MINUTE_MS },
      { lateMs: 9 * MINUTE_MS, isLive: false },
    ],
    [
      'that is old and does not fit is when it came',
      { lateMs: 9 * MINUTE_MS, knownMs: MINUTE_MS },
      { lateMs: 0, isLive: true },
    ],
    [
      'that is older than any that is kept is when it came',
      { lateMs: 8 * DAY_MS },
      { lateMs: 0, isLive: true },
    ],
    [
      'that was kept is when its station says, however soon it came',
      { lateMs: 5_000, isOffline: true },
      { lateMs: 5_000, isLive: false },
    ],
    [
      'that was kept is corrected by what the clock was behind',
      { lateMs: 5 * MINUTE_MS, behindMs: 2 * MINUTE_MS, isOffline: true },
      { lateMs: 3 * MINUTE_MS, isLive: false },
    ],
    [
      'that was kept is never before what is known',
      { lateMs: 9 * MINUTE_MS, isOffline: true, knownMs: MINUTE_MS },
      { lateMs: MINUTE_MS, isLive: false },
    ],
    ['that was kept is never to come', { lateMs: -DAY_MS, isOffline: true }, { lateMs: 0, isLive: false }],
    [
      'that was kept is at most seven days old',
      { lateMs: 30 * DAY_MS, isOffline: true },
      { lateMs: 7 * DAY_MS, isLive: false },
    ],
  ];
  for (const [what, { lateMs, isOffline = false, knownMs, behindMs = 0 }, expected] of rows) {
    it(what, () => {
      const report = { atMs: CAME_MS - lateMs, receivedAtMs: CAME_MS, isOffline };
      const knownUntilMs = knownMs === undefined ? undefined : clock.gatewayAt(CAME_MS - knownMs);
      const { lateMs: dated, ...rest } = expected;
      const time: MessageTime = {
        ...rest,
        cameMs: clock.gatewayAt(CAME_MS),
        atMs: clock.gatewayAt(CAME_MS - dated),
      };
      assert.deepEqual(timeOf(report, { behindMs, knownUntilMs }, clock), time);
    });
  }
});
