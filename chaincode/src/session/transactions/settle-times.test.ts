import assert from 'node:assert/strict';
import { call, DAY_MS, HOUR_MS, NOW_MS } from '../../testing/parties.ts';
import { but, settling, withGroundwork, withOpened } from '../../testing/prepared.ts';
import { Lane } from '../../testing/lane.ts';
import { closeSession, readingsOf } from '../../testing/closed.ts';
import { openSession, PAST } from '../../testing/opened.ts';

const OPENED_MS = PAST.baseMs;
const END_MS = OPENED_MS + (11 * HOUR_MS) / 6;
const BOUND_MS = 30 * DAY_MS;
const SKEW_MS = 300_000;

/** A session whose opening is recorded at a time, and the call that settles it then. */
const recordedAt = async (atMs: number) => {
  const ledger = await withGroundwork();
  const lane = new Lane();
  const session = await openSession(1);
  await ledger.submit(but(lane.open([session]), { nowMs: atMs }));
  return { ledger, told: { ...lane.settle('b1', [closeSession(session)]), nowMs: Math.max(atMs, END_MS) } };
};

describe('session.settle compares times and', () => {
  it('takes an end up to the agreed bound after it, and not a millisecond later', async () => {
    const { ledger, told } = await settling();
    assert.equal(await ledger.refusal(but(told, { nowMs: END_MS + BOUND_MS })), 'ok');
    assert.equal(await ledger.refusal(but(told, { nowMs: END_MS + BOUND_MS + 1 })), 'EXPIRED');
  });

  it('refuses an end in the future', async () => {
    const { ledger, told } = await settling();
    assert.equal(await ledger.refusal(but(told, { nowMs: END_MS - SKEW_MS })), 'ok');
    assert.equal(await ledger.refusal(but(told, { nowMs: END_MS - SKEW_MS - 1 })), 'CLOCK_SKEW');
  });

  it('refuses an opening that was recorded later than agreed after its start, or before it', async () => {
    for (const [atMs, expected] of [
      [OPENED_MS + BOUND_MS + 1, 'EXPIRED'],
      [OPENED_MS - SKEW_MS, 'ok'],
      [OPENED_MS - SKEW_MS - 1, 'EXPIRED'],
    ] as const) {
      const { ledger, told } = await recordedAt(atMs);
      assert.equal(await ledger.refusal(call(told)), expected, String(atMs - OPENED_MS));
    }
  });

  it('refuses metering that starts before the session opened, and that does not last', async () => {
    const early = readingsOf(1, [{ atMs: OPENED_MS - SKEW_MS - 1 }]);
    const started = await settling({}, { readings: early });
    assert.equal(await started.ledger.refusal(call(started.told)), 'INVALID_ARGUMENT');
    const just = await settling({}, { readings: readingsOf(1, [{ atMs: OPENED_MS - SKEW_MS }]) });
    assert.equal(await just.ledger.refusal(call(just.told)), 'ok');
  });

  describe('a claimed end', () => {
    const LATE_MS = END_MS + BOUND_MS + DAY_MS;

    it('is settled after its bound, by the very text that was claimed in time', async () => {
      const { ledger, lane, sessions } = await withOpened([1, 2]);
      const closed = sessions.map((session) => closeSession(session));
      await ledger.submit(
        call({ ...lane.claim(closed), command: { ...lane.claim(closed).command, commandId: 'c1' } }),
      );
      const claims = lane.claimProofs('c1', closed);
      const told = (proofs: object, of = closed) => ({
        ...lane.settle('b1', of, { proofs }),
        nowMs: LATE_MS,
      });
      assert.equal(await ledger.refusal(call(told({}))), 'EXPIRED');
      assert.equal(await ledger.refusal(call(told({ claims }))), 'ok');
      const [first] = sessions;
      assert.ok(first);
      const other = [closeSession(first, { endReason: 'full' }), ...closed.slice(1)];
      assert.equal(await ledger.refusal(call(told({ claims }, other))), 'EXPIRED');
    });

    it('does not count when it was claimed late, in another lane, or under no such claim', async () => {
      const { ledger, lane, sessions } = await withOpened([1]);
      const closed = sessions.map((session) => closeSession(session));
      const late = { ...lane.claim(closed), nowMs: END_MS + BOUND_MS + 1 };
      await ledger.submit(call({ ...late, command: { ...late.command, commandId: 'c1' } }));
      const claims = lane.claimProofs('c1', closed);
      const told = { ...lane.settle('b1', closed, { proofs: { claims } }), nowMs: LATE_MS };
      assert.equal(await ledger.refusal(call(told)), 'EXPIRED');
      const record = ledger.state.get('claim:c1') ?? '';
      ledger.state.set('claim:c1', record.replace(/"atMs":\d+/, `"atMs":${NOW_MS}`));
      assert.equal(await ledger.refusal(call(told)), 'ok');
      ledger.state.set('claim:c1', record.replace(/"atMs":\d+/, `"atMs":${NOW_MS}`).replace('-g0', '-g1'));
      assert.equal(await ledger.refusal(call(told)), 'EXPIRED');
      ledger.state.delete('claim:c1');
      assert.equal(await ledger.refusal(call(told)), 'NOT_FOUND');
    });
  });
});
