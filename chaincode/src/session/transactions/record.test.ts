import assert from 'node:assert/strict';
import { implicitCollection, sessionIdOf, type JsonValue } from '@roamgrid/wire';
import { notedIn, noteOf, notesCall } from '../../testing/notes.ts';
import { AGREEMENT_ID, by, call, MSP, NOW_MS } from '../../testing/parties.ts';
import { amend, but, withOpened } from '../../testing/prepared.ts';
import { LANE_ID } from '../../testing/opened.ts';

const noting = (numbers: readonly number[], openings = [notedIn(1, [1, 2])]) =>
  notesCall(
    numbers.map((number) => noteOf(sessionIdOf(LANE_ID, number))),
    { openings },
  );

describe('session.record', () => {
  it('gives registers and states of charge to both parties, and the channel their hash alone', async () => {
    const { ledger } = await withOpened([1, 2]);
    const told = noting([1, 2]);
    const { writes } = await ledger.submit(call(told));
    assert.deepEqual(writes.public['notes:n1'], {
      type: 'notes',
      version: 1,
      laneId: LANE_ID,
      agreementId: AGREEMENT_ID,
      notesHash: told.command.notesHash,
      atMs: NOW_MS,
    });
    assert.equal(Object.keys(writes.public).length, 2);
    assert.deepEqual(writes.endorsers, { 'notes:n1': [MSP.USALP, MSP.USDUK] });
    const packed = JSON.parse(told.transient.notes) as JsonValue;
    assert.deepEqual(writes.private, {
      [`${implicitCollection(MSP.USALP)}/notes:n1`]: packed,
      [`${implicitCollection(MSP.USDUK)}/notes:n1`]: packed,
    });
    const shown = JSON.stringify(writes.public);
    for (const secret of ['654321', '1234567', `${LANE_ID}-1`]) assert.ok(!shown.includes(secret), secret);
  });

  it('refuses sessions that no opening of the lane has', async () => {
    const { ledger } = await withOpened([1, 2]);
    const cases = [
      noting([3]),
      noting([3], [notedIn(1, [3])]),
      noting([2], [notedIn(1, [1])]),
      noting([1], [notedIn(2, [1])]),
    ];
    for (const told of cases) assert.equal(await ledger.refusal(call(told)), 'NOT_FOUND');
    const foreign = notesCall([noteOf('USDUK-USALP-g1-1')]);
    assert.equal(await ledger.refusal(call(foreign)), 'INVALID_ARGUMENT');
  });

  it('refuses other callers, lanes, agreements, hashes, counts, times and ids', async () => {
    const { ledger } = await withOpened([1, 2]);
    const told = noting([1]);
    const cases = [
      ['FORBIDDEN', { caller: by('USALP', 'station') }],
      ['FORBIDDEN', { caller: by('USGPC', 'station') }],
      ['FORBIDDEN', { caller: by('USDUK', 'auditor') }],
      ['INVALID_ARGUMENT', { command: { laneId: 'USGPC-USALP-g0' } }],
      ['HASH_MISMATCH', { command: { notesHash: 'a'.repeat(64) } }],
      ['INVALID_ARGUMENT', { command: { count: 2 } }],
      ['CLOCK_SKEW', { nowMs: NOW_MS - 300_001 }],
    ] as const;
    for (const [code, change] of cases) assert.equal(await ledger.refusal(but(told, change)), code);
    ledger.state.set('notes:n1', '{}');
    assert.equal(await ledger.refusal(call(told)), 'CONFLICT');
  });

  it('refuses an agreement that only one has signed, and openings under another one', async () => {
    const { ledger } = await withOpened([1, 2]);
    const told = noting([1]);
    amend(ledger, `opening:${LANE_ID}:0000000001`, { agreementId: 'other' });
    assert.equal(await ledger.refusal(call(told)), 'OUTSIDE_AGREEMENT');
    amend(ledger, `agreement:${AGREEMENT_ID}`, { state: 'proposed' });
    assert.equal(await ledger.refusal(call(told)), 'WRONG_STATE');
  });
});
