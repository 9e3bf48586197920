import assert from 'node:assert/strict';
import { AGREEMENT_ID, by, call, DAY_MS, HOUR_MS, NOW_MS } from '../../testing/parties.ts';
import { but, withClosed, withOpened } from '../../testing/prepared.ts';

const EXPIRES_MS = NOW_MS - 3 * HOUR_MS + 2 * HOUR_MS + 30 * DAY_MS;
const told = {
  caller: by('USGPC', 'auditor'),
  verb: 'session.expire',
  command: { vun: 'USDUK', hun: 'USALP', agreementId: AGREEMENT_ID, sessionId: 's1' },
  nowMs: EXPIRES_MS + 1,
};

describe('session.expire', () => {
  it('ends an opened session once its time is over, for any member', async () => {
    const { ledger } = await withOpened(['s1']);
    const { writes } = await ledger.submit(call(told));
    assert.equal((writes.public['sessionEnd:s1'] as { state: string }).state, 'expired');
    assert.equal(Object.keys(writes.public).length, 2);
  });

  it('refuses a session before its time, one that is closed, and an unknown one', async () => {
    const { ledger } = await withOpened(['s1']);
    assert.equal(await ledger.refusal(but(told, { nowMs: EXPIRES_MS })), 'WRONG_STATE');
    assert.equal(await ledger.refusal(but(told, { command: { sessionId: 's9' } })), 'NOT_FOUND');
    assert.equal(await ledger.refusal(but(told, { command: { vun: 'USGPC' } })), 'INVALID_ARGUMENT');
    const { ledger: closed } = await withClosed();
    assert.equal(await closed.refusal(call(told)), 'WRONG_STATE');
  });
});
