import assert from 'node:assert/strict';
import { AGREEMENT_ID, by, call, MSP } from '../../testing/parties.ts';
import { but, withClosed, withOpened } from '../../testing/prepared.ts';

const told = {
  caller: by('USDUK', 'station'),
  verb: 'session.void',
  command: { vun: 'USDUK', hun: 'USALP', agreementId: AGREEMENT_ID, sessionId: 's1', reason: 'not-started' },
};

describe('session.void', () => {
  it('ends an opened session, endorsed by both, and writes nothing else', async () => {
    const { ledger } = await withOpened(['s1']);
    const { writes } = await ledger.submit(call(told));
    assert.deepEqual(writes.public['sessionEnd:s1'], {
      type: 'sessionEnd',
      version: 1,
      sessionId: 's1',
      state: 'voided',
    });
    assert.deepEqual(writes.endorsers, { 'sessionEnd:s1': [MSP.USALP, MSP.USDUK] });
    assert.equal(Object.keys(writes.public).length, 2);
    // Both parties' collections are written to, so both have to endorse.
    assert.equal(Object.keys(writes.private).length, 2);
  });

  it('refuses a session that is over, unknown or of another pair, and another caller', async () => {
    const { ledger } = await withClosed();
    assert.equal(await ledger.refusal(call(told)), 'WRONG_STATE');
    const { ledger: open } = await withOpened(['s1']);
    assert.equal(await open.refusal(but(told, { command: { sessionId: 's9' } })), 'NOT_FOUND');
    assert.equal(await open.refusal(but(told, { command: { hun: 'USGPC' } })), 'INVALID_ARGUMENT');
    assert.equal(await open.refusal(but(told, { caller: by('USALP', 'operator') })), 'FORBIDDEN');
    assert.equal(await open.refusal(but(told, { caller: by('USDUK', 'grid-operator') })), 'FORBIDDEN');
    await open.submit(call(told));
    assert.equal(await open.refusal(call(told)), 'WRONG_STATE');
  });
});
