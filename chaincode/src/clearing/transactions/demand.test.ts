import assert from 'node:assert/strict';
import { canonicalText, MAX_PLANNED_MS, openingProof } from '@roamgrid/wire';
import { AGREEMENT_ID, by, call, DAY_MS, HOUR_MS, NOW_MS, sealedTerms } from '../../testing/parties.ts';
import { but, withOpened } from '../../testing/prepared.ts';
import { closeSession } from '../../testing/closed.ts';
import { LANE_ID, PAST } from '../../testing/opened.ts';

const BOUND_MS = 30 * DAY_MS;
const OVER_MS = PAST.baseMs + 2 * HOUR_MS + BOUND_MS;

const opened = async () => {
  const { ledger, lane, sessions } = await withOpened([1, 2]);
  const [session, other] = sessions;
  assert.ok(session && other);
  const told = {
    caller: by('USALP', 'aaa'),
    verb: 'clearing.demand',
    command: { vun: 'USDUK', hun: 'USALP', agreementId: AGREEMENT_ID, laneId: LANE_ID, number: 1, slot: 1 },
    transient: {
      terms: sealedTerms().text,
      open: session.text,
      proof: canonicalText(openingProof, lane.proofOf(session)),
    },
    nowMs: OVER_MS + 1,
  };
  return { ledger, lane, session, other, told };
};

describe('clearing.demand', () => {
  it('shows to everybody that the record of a number is missing, once its time is over', async () => {
    const { ledger, told } = await opened();
    assert.equal(await ledger.refusal(but(told, { nowMs: OVER_MS })), 'WRONG_STATE');
    const { writes } = await ledger.submit(call(told));
    assert.deepEqual(writes.public[`missing:${LANE_ID}:0000000001`], {
      type: 'missing',
      version: 1,
      laneId: LANE_ID,
      number: 1,
      agreementId: AGREEMENT_ID,
      vun: 'USDUK',
      hun: 'USALP',
      demandedAtMs: OVER_MS + 1,
    });
    assert.equal(await ledger.refusal(call(told)), 'CONFLICT');
  });

  it('needs no body of a session that the visited utility never showed, after the longest that one may last', async () => {
    const { ledger, told } = await opened();
    const { terms } = told.transient;
    const bare = { ...told, transient: { terms } };
    const longestMs = NOW_MS + MAX_PLANNED_MS + BOUND_MS;
    assert.equal(await ledger.refusal(call({ ...bare, nowMs: longestMs })), 'WRONG_STATE');
    assert.equal(await ledger.refusal(call({ ...bare, nowMs: longestMs + 1 })), 'ok');
  });

  it('is of an opened number without an end, and the home utility’s alone', async () => {
    const { ledger, lane, session, other, told } = await opened();
    const cases = [
      ['FORBIDDEN', { caller: by('USDUK', 'aaa') }],
      ['FORBIDDEN', { caller: by('USALP', 'operator') }],
      ['NOT_FOUND', { command: { number: 3 } }],
      ['NOT_FOUND', { command: { slot: 2 } }],
      ['INVALID_ARGUMENT', { command: { number: 2 } }],
      ['INVALID_ARGUMENT', { command: { laneId: 'USGPC-USALP-g0' } }],
      ['HASH_MISMATCH', { transient: { open: other.text } }],
    ] as const;
    for (const [code, change] of cases)
      assert.equal(await ledger.refusal(but(told, change)), code, JSON.stringify(change));
    await ledger.submit(call(lane.settle('b1', [closeSession(session)])));
    assert.equal(await ledger.refusal(call(told)), 'WRONG_STATE');
  });
});
