import assert from 'node:assert/strict';
import { moveBefore, repeated, ReplayClock, timeline } from './timeline.ts';

const session = (sessionId: string, startMs: number, endMs: number) => ({
  sessionId,
  stationId: 's',
  connector: '1',
  startMs,
  endMs,
  energyWh: 1_000n,
});
const WEEK_MS = 7 * 86_400_000;

describe('the timeline of a replay', () => {
  it('moves a month by whole weeks to end before now', () => {
    const { sessions, shiftMs } = moveBefore([session('a', 0, 10), session('b', 20, 30)], 3 * WEEK_MS + 100);
    assert.equal(shiftMs, 3 * WEEK_MS);
    assert.deepEqual(
      sessions.map(({ endMs }) => endMs),
      [3 * WEEK_MS + 10, 3 * WEEK_MS + 30],
    );
  });

  it('lives a month again after itself, at the same hours of the week', () => {
    const month = [session('a', 0, 10), session('b', 4 * WEEK_MS, 4 * WEEK_MS + 30)];
    const again = repeated(month, 3);
    assert.deepEqual(
      again.map(({ sessionId, startMs }) => [sessionId, startMs / WEEK_MS]),
      [
        ['a', 0],
        ['b', 4],
        ['a~2', 5],
        ['b~2', 9],
        ['a~3', 10],
        ['b~3', 14],
      ],
    );
  });

  it('lets a car leave before the next arrives at the same instant', () => {
    const order = timeline([session('a', 0, 10), session('b', 10, 20)]).map(
      ({ kind, session: { sessionId } }) => `${kind} ${sessionId}`,
    );
    assert.deepEqual(order, ['arrive a', 'leave a', 'arrive b', 'leave b']);
  });

  it('keeps the clock at the oldest happening under way and never turns it back', () => {
    const clock = new ReplayClock(0);
    const first = clock.begin(10);
    const second = clock.begin(20);
    const twin = clock.begin(20);
    assert.equal(clock.nowMs(), 10);
    first();
    assert.equal(clock.nowMs(), 20);
    second();
    second();
    assert.equal(clock.nowMs(), 20);
    twin();
    clock.begin(15)();
    assert.equal(clock.nowMs(), 20);
  });

  it('tells each move once, before anything happens at the new time', () => {
    const moves: number[] = [];
    const clock = new ReplayClock(0, (nowMs) => moves.push(nowMs));
    clock.begin(10)();
    clock.begin(10)();
    clock.begin(15)();
    clock.finish(40);
    clock.finish(30);
    assert.deepEqual(moves, [10, 15, 40]);
  });
});
