import assert from 'node:assert/strict';
import { MemoryLedger } from '../../testing/memory-ledger.ts';
import {
  AGREEMENT_ID,
  by,
  call,
  DAY_MS,
  END_NOTICE_MS,
  groundworkBefore,
  NOW_MS,
  proposal,
  sealedTerms,
  TARIFF_ID,
  tariffVersion,
} from '../../testing/parties.ts';
import { but, withGroundwork } from '../../testing/prepared.ts';

const KEY = `agreement:${AGREEMENT_ID}`;
const told = {
  caller: by('USALP', 'operator'),
  verb: 'consortium.endAgreement',
  command: { agreementId: AGREEMENT_ID, version: 1 },
};

describe('consortium.endAgreement', () => {
  it('ends the agreement after its notice, by either party', async () => {
    for (const utility of ['USALP', 'USDUK'] as const) {
      const ledger = await withGroundwork();
      const before = JSON.parse(ledger.state.get(KEY) ?? '') as object;
      const { writes } = await ledger.submit(but(told, { caller: by(utility, 'operator') }));
      assert.deepEqual(writes.public[KEY], { ...before, endsAtMs: NOW_MS + END_NOTICE_MS });
      assert.equal(Object.keys(writes.public).length, 2);
    }
  });

  it('leaves it in force until the notice is over, and not a moment longer', async () => {
    const ledger = await withGroundwork();
    await ledger.submit(call(told));
    const next = { ...tariffVersion(2), validFromMs: NOW_MS + END_NOTICE_MS + DAY_MS };
    const operator = by('USDUK', 'operator');
    await ledger.submit(call({ caller: operator, verb: 'tariff.publish', command: { tariff: next } }));
    const bind = (nowMs: number) =>
      call({
        caller: operator,
        verb: 'tariff.bind',
        command: { agreementId: AGREEMENT_ID, tariffId: TARIFF_ID, tariffVersion: 2 },
        transient: { terms: sealedTerms().text },
        nowMs,
      });
    assert.equal(await ledger.refusal(bind(NOW_MS + END_NOTICE_MS - 1)), 'ok');
    assert.equal(await ledger.refusal(bind(NOW_MS + END_NOTICE_MS)), 'EXPIRED');
  });

  it('never makes it last longer than both signed', async () => {
    const ledger = await withGroundwork();
    const nowMs = NOW_MS + 365 * DAY_MS - 1;
    const { writes } = await ledger.submit(but(told, { nowMs }));
    assert.equal((writes.public[KEY] as { endsAtMs: number }).endsAtMs, NOW_MS + 365 * DAY_MS);
  });

  it('withdraws at once what is only proposed', async () => {
    const ledger = new MemoryLedger();
    for (const step of groundworkBefore('consortium.signAgreement')) await ledger.submit(call(step));
    const { writes } = await ledger.submit(call(told));
    const { state, endsAtMs } = writes.public[KEY] as { state: string; endsAtMs?: number };
    assert.deepEqual([state, endsAtMs], ['withdrawn', undefined]);
    assert.equal(await ledger.refusal(call(told)), 'WRONG_STATE');
    assert.equal(await ledger.refusal(call(proposal())), 'WRONG_STATE');
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
