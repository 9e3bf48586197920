import assert from 'node:assert/strict';
import { Watch } from './watch.ts';

const watch = (
  ...attempts: readonly [stationId: string, beganMs: number, endedMs: number, yes: boolean][]
) => {
  const made = new Watch();
  for (const [stationId, beganMs, endedMs, isAccepted] of attempts)
    made.attempts.push({ stationId, beganMs, endedMs, isAccepted });
  return made;
};

describe('how long nobody was served', () => {
  it('counts from the end of the fault to the next accepted swipe, refused ones between', () => {
    const seen = watch(
      ['A', 50, 120, false],
      ['A', 130, 140, false],
      ['A', 300, 350, true],
      ['A', 400, 450, true],
    );
    assert.equal(seen.outageMs(100), 250);
  });

  it('counts from the first who tried, and not at all where nobody did', () => {
    const seen = watch(['A', 200, 260, true]);
    assert.equal(seen.outageMs(100), 60);
    assert.equal(seen.outageMs(300), undefined);
    assert.equal(watch(['A', 200, 260, false]).outageMs(100), Infinity);
  });

  it('looks at one station alone where that one was struck', () => {
    const seen = watch(['B', 110, 120, true], ['A', 110, 150, false], ['A', 500, 600, true]);
    assert.equal(seen.outageMs(100, 'A'), 490);
    assert.equal(seen.outageMs(100), 10);
  });
});

describe('a fault that waits for a session', () => {
  it('waits until one is authorised, at its own station where it has one', async () => {
    const seen = watch();
    assert.equal(await seen.whenInSession(0), false);
    seen.at('B*1', 'B', 'authorised');
    assert.equal(await seen.whenInSession(0), true);
    assert.equal(await seen.whenInSession(0, 'A'), false);
    const waiting = seen.whenInSession(60_000, 'A');
    seen.at('A*1', 'A', 'charging');
    assert.equal(await waiting, true);
  });
});
