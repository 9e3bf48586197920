import assert from 'node:assert/strict';
import { judge, type Evidence } from './judge.ts';

const EVSE = 'US*DUK*ECHA1*1';
/** A meter that gains a watt-hour a second: what it shows is when it was. */
const session = (sessionId: string, fromMilliWh: bigint, untilMilliWh: bigint) => ({
  sessionId,
  evseId: EVSE,
  startMs: Number(fromMilliWh),
  fromMilliWh,
  untilMilliWh,
  totalMicros: 1n,
});
const WELL: Evidence = {
  consented: [
    { sessionId: 'a', evseId: EVSE, energyWh: 5n },
    { sessionId: 'b', evseId: EVSE, energyWh: 4n },
    { sessionId: 'never-started', evseId: EVSE, energyWh: 0n },
  ],
  settled: [session('a', 0n, 5_000n), session('b', 5_000n, 9_000n)],
  billed: ['a', 'b'],
  unbilled: [],
};
const verdictOf = (change: Partial<Evidence>) => {
  const { lost, billedTwice } = judge({ ...WELL, ...change });
  return { lost, billedTwice };
};

describe('what a chaos run is judged by', () => {
  it('finds nothing where each session is billed once and the register is covered', () => {
    assert.deepEqual(judge(WELL), { lost: 0, billedTwice: 0, findings: [] });
  });

  it('finds a session lost that charged and is not settled, or is on no bill', () => {
    const c = { sessionId: 'c', evseId: EVSE, energyWh: 1n };
    const consented = [...WELL.consented, c];
    assert.deepEqual(verdictOf({ consented }), { lost: 1, billedTwice: 0 });
    assert.deepEqual(verdictOf({ consented, unbilled: [{ ...c, openedAtMs: 9_500 }] }), {
      lost: 0,
      billedTwice: 0,
    });
    assert.deepEqual(verdictOf({ billed: ['a'] }), { lost: 1, billedTwice: 0 });
    // Nobody saw it charge, and yet it was settled.
    const settled = [...WELL.settled, session('never-started', 9_000n, 9_500n)];
    assert.deepEqual(verdictOf({ settled }), { lost: 1, billedTwice: 0 });
  });

  it('finds energy lost that lies between two sessions of a meter', () => {
    const settled = [session('a', 0n, 5_000n), session('b', 6_000n, 9_000n)];
    assert.deepEqual(verdictOf({ settled }), { lost: 1, billedTwice: 0 });
    const unbilledAt = (openedAtMs: number, evseId = EVSE) => ({
      settled,
      unbilled: [{ sessionId: 'c', evseId, openedAtMs }],
    });
    assert.deepEqual(verdictOf(unbilledAt(5_500)), { lost: 0, billedTwice: 0 });
    // One at another time or outlet accounts for nothing of it.
    assert.deepEqual(verdictOf(unbilledAt(8_000)), { lost: 1, billedTwice: 0 });
    assert.deepEqual(verdictOf(unbilledAt(5_500, 'US*DUK*ECHA1*2')), { lost: 1, billedTwice: 0 });
  });

  it('finds what is billed twice: by its number, and by the meter’s register', () => {
    assert.deepEqual(verdictOf({ billed: ['a', 'b', 'a'] }), { lost: 0, billedTwice: 1 });
    const settled = [session('a', 0n, 5_000n), session('b', 4_000n, 9_000n)];
    assert.deepEqual(verdictOf({ settled }), { lost: 0, billedTwice: 1 });
  });
});
