import assert from 'node:assert/strict';
import { by, call, NOW_MS } from '../../testing/parties.ts';
import { amend, but, withClosed, withOpened } from '../../testing/prepared.ts';
import { closeSession } from '../../testing/closed.ts';
import { LANE_ID } from '../../testing/opened.ts';

const claiming = async (numbers: readonly number[] = [1, 2]) => {
  const { ledger, lane, sessions } = await withOpened(numbers);
  const closed = sessions.map((session) => closeSession(session));
  return { ledger, lane, closed, told: lane.claim(closed) };
};

const ending = (verb: string, command: Record<string, string | number>) => ({
  caller: by('USDUK', 'aaa'),
  verb: `session.${verb}`,
  command: { vun: 'USDUK', hun: 'USALP', agreementId: 'alp-duk-2026', laneId: LANE_ID, ...command },
});

describe('session.claim', () => {
  it('states ends by their root, needs nothing of the home utility, and shows no end', async () => {
    const { ledger, told } = await claiming();
    const { writes } = await ledger.submit(but(told, { command: { commandId: 'c1' } }));
    const bits = Buffer.from([0b11]).toString('base64');
    assert.deepEqual(writes.public['claim:c1'], {
      type: 'claim',
      version: 1,
      claimId: 'c1',
      laneId: LANE_ID,
      root: told.command['root'],
      count: 2,
      first: 1,
      bits,
      atMs: NOW_MS,
    });
    assert.deepEqual(writes.public[`claims:${LANE_ID}:0000000`], {
      type: 'claims',
      version: 1,
      laneId: LANE_ID,
      range: 0,
      bits,
    });
    assert.deepEqual([writes.private, writes.endorsers], [{}, {}]);
    assert.equal(Object.keys(writes.public).length, 3);
  });

  it('leaves the session to be settled or voided', async () => {
    const { ledger, lane, closed, told } = await claiming();
    await ledger.submit(call(told));
    assert.equal(await ledger.refusal(call(lane.settle('b1', closed))), 'ok');
    assert.equal(await ledger.refusal(call(ending('void', { number: 1, reason: 'unbillable' }))), 'ok');
  });

  it('refuses a second end of a session: one was claimed', async () => {
    const { ledger, lane, closed, told } = await claiming();
    await ledger.submit(call(told));
    const [first] = closed;
    assert.ok(first);
    const other = closeSession(first.open, { endReason: 'full' });
    assert.equal(await ledger.refusal(call(lane.claim([other]))), 'WRONG_STATE');
    assert.equal(await ledger.refusal(call(lane.claim([first]))), 'WRONG_STATE');
  });

  it('refuses what is not open, another caller, a foreign lane, and bits in another form', async () => {
    const { ledger, lane, closed } = await withClosed();
    assert.equal(await ledger.refusal(call(lane.claim(closed))), 'WRONG_STATE');
    const { ledger: open, told } = await claiming();
    const cases = [
      ['NOT_FOUND', { command: { first: 8 } }],
      ['FORBIDDEN', { caller: by('USALP', 'aaa') }],
      ['FORBIDDEN', { caller: by('USGPC', 'aaa') }],
      ['FORBIDDEN', { caller: by('USDUK', 'operator') }],
      ['INVALID_ARGUMENT', { command: { laneId: 'USDUK-USGPC-g0' } }],
      ['INVALID_ARGUMENT', { command: { count: 3 } }],
      ['INVALID_ARGUMENT', { command: { bits: 'Ag==' } }],
    ] as const;
    for (const [code, change] of cases) assert.equal(await open.refusal(but(told, change)), code);
    amend(open, 'agreement:alp-duk-2026', { state: 'withdrawn' });
    assert.equal(await open.refusal(call(told)), 'WRONG_STATE');
  });

  it('refuses an id that another utility’s claim has', async () => {
    const { ledger, told } = await claiming();
    ledger.state.set('claim:c1', '{}');
    assert.equal(await ledger.refusal(but(told, { command: { commandId: 'c1' } })), 'CONFLICT');
  });
});
