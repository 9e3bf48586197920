import assert from 'node:assert/strict';
import { AGREEMENT_ID, by, call } from '../../testing/parties.ts';
import { but, withGroundwork } from '../../testing/prepared.ts';

const told = {
  caller: by('USALP', 'operator'),
  verb: 'consortium.endAgreement',
  command: { agreementId: AGREEMENT_ID, version: 1 },
};

describe('consortium.endAgreement', () => {
  it('ends the agreement, by either party', async () => {
    for (const utility of ['USALP', 'USDUK'] as const) {
      const ledger = await withGroundwork();
      const { writes } = await ledger.submit(but(told, { caller: by(utility, 'operator') }));
      assert.equal((writes.public[`agreement:${AGREEMENT_ID}`] as { state: string }).state, 'ended');
      assert.equal(Object.keys(writes.public).length, 2);
    }
  });

  it('refuses a third utility, another role, another version, and a second time', async () => {
    const ledger = await withGroundwork();
    const cases = [
      ['FORBIDDEN', { caller: by('USGPC', 'operator') }],
      ['FORBIDDEN', { caller: by('USALP', 'aaa') }],
      ['CONFLICT', { command: { version: 2 } }],
      ['NOT_FOUND', { command: { agreementId: 'nope' } }],
    ] as const;
    for (const [code, change] of cases) assert.equal(await ledger.refusal(but(told, change)), code);
    await ledger.submit(call(told));
    assert.equal(await ledger.refusal(call(told)), 'WRONG_STATE');
  });
});
