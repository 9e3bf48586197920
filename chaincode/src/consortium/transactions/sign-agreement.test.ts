import assert from 'node:assert/strict';
import {
  AGREEMENT_ID,
  by,
  call,
  DAY_MS,
  groundworkBefore,
  NOW_MS,
  proposal,
  sealedTerms,
} from '../../testing/parties.ts';
import { MemoryLedger } from '../../testing/memory-ledger.ts';
import { amend, but } from '../../testing/prepared.ts';

const proposed = async (): Promise<MemoryLedger> => {
  const ledger = new MemoryLedger();
  for (const step of groundworkBefore('consortium.proposeAgreement')) await ledger.submit(call(step));
  await ledger.submit(call(proposal()));
  return ledger;
};
const told = {
  caller: by('USDUK', 'operator'),
  verb: 'consortium.signAgreement',
  command: { agreementId: AGREEMENT_ID, version: 1, termsHash: sealedTerms().hash },
};

describe('consortium.signAgreement', () => {
  it("makes the agreement active with the other party's signature", async () => {
    const ledger = await proposed();
    const before = JSON.parse(ledger.state.get(`agreement:${AGREEMENT_ID}`) ?? '') as object;
    const { writes } = await ledger.submit(call(told));
    assert.deepEqual(writes.public[`agreement:${AGREEMENT_ID}`], {
      ...before,
      state: 'active',
      signedBy: ['USALP', 'USDUK'],
    });
    assert.deepEqual(writes.private, {});
    assert.equal(Object.keys(writes.public).length, 2);
  });

  it('refuses the proposer, a third utility, another version, other terms, and a second time', async () => {
    const ledger = await proposed();
    const cases = [
      ['FORBIDDEN', { caller: by('USALP', 'operator') }],
      ['FORBIDDEN', { caller: by('USGPC', 'operator') }],
      ['FORBIDDEN', { caller: by('USDUK', 'station') }],
      ['CONFLICT', { command: { version: 2 } }],
      ['HASH_MISMATCH', { command: { termsHash: 'a'.repeat(64) } }],
      ['NOT_FOUND', { command: { agreementId: 'nope' } }],
      ['EXPIRED', { nowMs: NOW_MS + 365 * DAY_MS }],
    ] as const;
    for (const [code, change] of cases) assert.equal(await ledger.refusal(but(told, change)), code);
    for (const utility of ['USALP', 'USDUK']) {
      amend(ledger, `utility:${utility}`, { status: 'suspended' });
      assert.equal(await ledger.refusal(call(told)), 'WRONG_STATE', utility);
      amend(ledger, `utility:${utility}`, { status: 'active' });
    }
    await ledger.submit(call(told));
    assert.equal(await ledger.refusal(call(told)), 'FORBIDDEN');
  });
});
