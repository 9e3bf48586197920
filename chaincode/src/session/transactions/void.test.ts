import assert from 'node:assert/strict';
import { AGREEMENT_ID, by, call, MSP } from '../../testing/parties.ts';
import { but, withClosed, withOpened } from '../../testing/prepared.ts';
import { closeSession } from '../../testing/closed.ts';
import { LANE_ID } from '../../testing/opened.ts';

const told = {
  caller: by('USDUK', 'station'),
  verb: 'session.void',
  command: {
    vun: 'USDUK',
    hun: 'USALP',
    agreementId: AGREEMENT_ID,
    laneId: LANE_ID,
    number: 1,
    reason: 'not-started',
  },
};
const ENDS = `ends:${LANE_ID}:0000000`;

describe('session.void', () => {
  it('sets the second bit of an open number, endorsed by both, and writes nothing else', async () => {
    const { ledger } = await withOpened([1]);
    const { writes } = await ledger.submit(call(told));
    assert.deepEqual(writes.public[ENDS], {
      type: 'ends',
      version: 1,
      laneId: LANE_ID,
      range: 0,
      closed: '',
      gone: Buffer.from([1]).toString('base64'),
    });
    assert.deepEqual(writes.endorsers, { [ENDS]: [MSP.USALP, MSP.USDUK] });
    assert.equal(Object.keys(writes.public).length, 2);
    // Both parties' collections are written to, so both have to endorse.
    assert.equal(Object.keys(writes.private).length, 2);
  });

  it('refuses a number that is over, unknown or of another pair, and another caller', async () => {
    const { ledger } = await withClosed();
    assert.equal(await ledger.refusal(call(told)), 'WRONG_STATE');
    const { ledger: open } = await withOpened([1]);
    const cases = [
      ['NOT_FOUND', { command: { number: 9 } }],
      ['INVALID_ARGUMENT', { command: { laneId: 'USDUK-USGPC-g0' } }],
      ['OUTSIDE_AGREEMENT', { command: { hun: 'USGPC' } }],
      ['FORBIDDEN', { caller: by('USALP', 'operator') }],
      ['FORBIDDEN', { caller: by('USGPC', 'operator') }],
      ['FORBIDDEN', { caller: by('USDUK', 'grid-operator') }],
    ] as const;
    for (const [code, change] of cases) assert.equal(await open.refusal(but(told, change)), code);
    await open.submit(call(told));
    assert.equal(await open.refusal(call(told)), 'WRONG_STATE');
  });

  it('ends a number for ever: nothing settles it afterwards', async () => {
    const { ledger, lane, sessions } = await withOpened([1]);
    await ledger.submit(call(told));
    const settle = lane.settle(
      'b1',
      sessions.map((session) => closeSession(session)),
    );
    assert.equal(await ledger.refusal(call(settle)), 'WRONG_STATE');
  });
});
