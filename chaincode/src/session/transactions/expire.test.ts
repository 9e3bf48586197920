import assert from 'node:assert/strict';
import { canonicalText, MAX_PLANNED_MS, openingProof } from '@roamgrid/wire';
import type { Lane } from '../../testing/lane.ts';
import { AGREEMENT_ID, by, call, DAY_MS, HOUR_MS, MSP, sealedTerms, termsOf } from '../../testing/parties.ts';
import { amend, but, withOpened } from '../../testing/prepared.ts';
import { closeSession } from '../../testing/closed.ts';
import { LANE_ID, PAST, type OpenedSession, type OpenOptions } from '../../testing/opened.ts';

const OVER_MS = PAST.baseMs + 2 * HOUR_MS + 30 * DAY_MS;
const GRACE_MS = 7 * DAY_MS;
const ENDS = `ends:${LANE_ID}:0000000`;

const expiring = (lane: Lane, session: OpenedSession, nowMs = OVER_MS + 1) => ({
  caller: by('USDUK', 'operator'),
  verb: 'session.expire',
  command: { vun: 'USDUK', hun: 'USALP', agreementId: AGREEMENT_ID, laneId: LANE_ID, number: session.number },
  transient: {
    open: session.text,
    proof: canonicalText(openingProof, lane.proofOf(session)),
    terms: sealedTerms().text,
  },
  nowMs,
});

const opened = async (options: OpenOptions = {}) => {
  const { ledger, lane, sessions } = await withOpened([1, 2], options);
  const [session, other] = sessions;
  assert.ok(session && other);
  return { ledger, lane, session, other, told: expiring(lane, session) };
};

describe('session.expire', () => {
  it('sets both bits of a number whose time is over, endorsed by both', async () => {
    const { ledger, told } = await opened();
    const { writes } = await ledger.submit(call(told));
    const one = Buffer.from([1]).toString('base64');
    assert.deepEqual(writes.public[ENDS], {
      type: 'ends',
      version: 1,
      laneId: LANE_ID,
      range: 0,
      closed: one,
      gone: one,
    });
    assert.deepEqual(writes.endorsers, { [ENDS]: [MSP.USALP, MSP.USDUK] });
    assert.equal(Object.keys(writes.public).length, 2);
    assert.equal(Object.keys(writes.private).length, 2);
  });

  it('is for the visited utility once the time is over, for the home one after the agreed grace', async () => {
    const { ledger, told } = await opened();
    const home = { caller: by('USALP', 'aaa') };
    assert.equal(await ledger.refusal(but(told, { nowMs: OVER_MS })), 'WRONG_STATE');
    assert.equal(await ledger.refusal(but(told, { nowMs: OVER_MS + 1 })), 'ok');
    assert.equal(await ledger.refusal(but(told, { ...home, nowMs: OVER_MS + GRACE_MS })), 'WRONG_STATE');
    assert.equal(await ledger.refusal(but(told, { ...home, nowMs: OVER_MS + GRACE_MS + 1 })), 'ok');
  });

  it('is for nobody else', async () => {
    const { ledger, told } = await opened();
    for (const caller of [
      by('USGPC', 'aaa'),
      by('USGPC', 'operator'),
      by('USALP', 'auditor'),
      by('USDUK', 'grid-operator'),
    ])
      assert.equal(await ledger.refusal(but(told, { caller })), 'FORBIDDEN');
  });

  it('never ends a session whose end was claimed, for neither party', async () => {
    const { ledger, lane, session, told } = await opened();
    await ledger.submit(call(lane.claim([closeSession(session)])));
    assert.equal(await ledger.refusal(call(told)), 'WRONG_STATE');
    const home = but(told, { caller: by('USALP', 'aaa'), nowMs: OVER_MS + GRACE_MS + 1 });
    assert.equal(await ledger.refusal(home), 'WRONG_STATE');
  });

  it('refuses a number that is over or was never opened', async () => {
    const { ledger, told } = await opened();
    assert.equal(await ledger.refusal(but(told, { command: { number: 9 } })), 'NOT_FOUND');
    await ledger.submit(call(told));
    assert.equal(await ledger.refusal(call(told)), 'WRONG_STATE');
  });

  it('refuses the open body of another session, one that was changed, and none', async () => {
    const { ledger, lane, told, other } = await opened();
    const theirs = expiring(lane, other).transient;
    const cases = [
      ['INVALID_ARGUMENT', { open: theirs.open }],
      ['INVALID_ARGUMENT', { open: '{}' }],
      ['INVALID_ARGUMENT', { open: ` ${told.transient.open}` }],
      ['INVALID_ARGUMENT', { proof: theirs.proof }],
      ['HASH_MISMATCH', { open: told.transient.open.replace('"plannedMs":7200000', '"plannedMs":1') }],
      ['HASH_MISMATCH', { terms: sealedTerms(termsOf({ cdrBoundMs: 1 })).text }],
    ] as const;
    for (const [code, transient] of cases)
      assert.equal(
        await ledger.refusal(but(told, { transient })),
        code,
        JSON.stringify(transient).slice(0, 60),
      );
  });

  it('refuses terms of another agreement of the pair, with shorter bounds', async () => {
    const { ledger, told } = await opened();
    const terms = sealedTerms(termsOf({ cdrBoundMs: 1, expiryGraceMs: 0 }));
    const agreement = JSON.parse(ledger.state.get(`agreement:${AGREEMENT_ID}`) ?? '') as object;
    ledger.state.set(
      'agreement:other',
      JSON.stringify({ ...agreement, agreementId: 'other', termsHash: terms.hash }),
    );
    const under = but(told, {
      command: { agreementId: 'other' },
      transient: { terms: terms.text },
      nowMs: PAST.baseMs + 3 * HOUR_MS,
      caller: by('USALP', 'aaa'),
    });
    assert.equal(await ledger.refusal(under), 'OUTSIDE_AGREEMENT');
  });

  it('does not let a visited utility keep a session open by the times that it states', async () => {
    const never = await opened({ quote: { plannedMs: 10 ** 12 } });
    const over = PAST.baseMs + MAX_PLANNED_MS + 30 * DAY_MS;
    assert.equal(await never.ledger.refusal(but(never.told, { nowMs: over })), 'WRONG_STATE');
    assert.equal(await never.ledger.refusal(but(never.told, { nowMs: over + 1 })), 'ok');
    const later = await opened({ body: { openedAtMs: PAST.baseMs + 10 * 366 * DAY_MS } });
    amend(later.ledger, `opening:${LANE_ID}:0000000001`, { atMs: PAST.baseMs });
    assert.equal(await later.ledger.refusal(call(later.told)), 'ok');
  });
});
