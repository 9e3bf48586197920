import assert from 'node:assert/strict';
import { LEDGER_LIMITS, type EndorsementClockState } from '@roamgrid/wire';
import { EndorsementClock } from './endorsement-clock.ts';
import { LedgerError } from './ledger-error.ts';

const HOST_MS = 1_800_000_000_000;
const SKEW_MS = LEDGER_LIMITS.endorsementSkewMs;
const DAY_MS = 86_400_000;

const clockAt = (hostMs = HOST_MS) => new EndorsementClock(() => hostMs);
const refusalOf = (clock: EndorsementClock, proposedMs: number): string => {
  try {
    clock.requireNear(proposedMs);
    return 'signed';
  } catch (error) {
    assert.ok(error instanceof LedgerError);
    return error.message;
  }
};

describe('the endorser’s clock', () => {
  it('signs what is dated up to the skew before or after it, and not a millisecond more', () => {
    for (const apartMs of [0, 1, -1, SKEW_MS, -SKEW_MS])
      assert.equal(refusalOf(clockAt(), HOST_MS + apartMs), 'signed', `${apartMs} ms`);
    for (const apartMs of [SKEW_MS + 1, -SKEW_MS - 1, 400 * DAY_MS, -400 * DAY_MS, NaN, Infinity])
      assert.match(refusalOf(clockAt(), HOST_MS + apartMs), /^CLOCK_SKEW: /, `${apartMs} ms`);
  });

  it('says how far apart the two times are, which is later, how much it signs, and what to do', () => {
    assert.equal(
      refusalOf(clockAt(), HOST_MS + 400 * DAY_MS),
      'CLOCK_SKEW: the proposal is dated 34560000000 ms after the clock of this endorser, which signs up to 60000 ms: set the clock that is wrong and tell the same command again',
    );
    assert.match(refusalOf(clockAt(), HOST_MS - DAY_MS), /dated 86400000 ms before the clock of/);
  });

  it('is on when nobody says anything', () => {
    assert.deepEqual(clockAt().answer, { state: 'on', skewMs: SKEW_MS });
    assert.match(refusalOf(new EndorsementClock(), 0), /^CLOCK_SKEW: /);
  });

  it('is off while its switch says that the network lives in a simulation’s time, and then on for ever', () => {
    let said: EndorsementClockState = 'simulated';
    const clock = clockAt();
    clock.obey(() => said);
    assert.equal(refusalOf(clock, 0), 'signed');
    assert.equal(clock.answer.state, 'simulated');
    said = 'on';
    assert.match(refusalOf(clock, 0), /^CLOCK_SKEW: /);
    said = 'simulated';
    assert.match(refusalOf(clock, 0), /^CLOCK_SKEW: /);
    assert.equal(clock.answer.state, 'on');
  });
});
