import assert from 'node:assert/strict';
import { implicitCollection } from '@roamgrid/wire';
import {
  AGREEMENT_ID,
  by,
  call,
  DAY_MS,
  END_NOTICE_MS,
  groundworkBefore,
  MSP,
  NOW_MS,
  proposal,
  sealedTerms,
  termsOf,
} from '../../testing/parties.ts';
import { MemoryLedger } from '../../testing/memory-ledger.ts';
import { but, withGroundwork } from '../../testing/prepared.ts';

const registered = async (): Promise<MemoryLedger> => {
  const ledger = new MemoryLedger();
  for (const step of groundworkBefore('consortium.proposeAgreement')) await ledger.submit(call(step));
  return ledger;
};

describe('consortium.proposeAgreement', () => {
  it("writes the proposal for both to endorse, with the proposer's signature, and the terms to both alone", async () => {
    const ledger = await registered();
    const { writes } = await ledger.submit(call(proposal()));
    const sealed = sealedTerms();
    assert.deepEqual(writes.public[`agreement:${AGREEMENT_ID}`], {
      type: 'agreement',
      version: 1,
      agreementId: AGREEMENT_ID,
      parties: ['USALP', 'USDUK'],
      termsHash: sealed.hash,
      validFromMs: NOW_MS - 90 * DAY_MS,
      validUntilMs: NOW_MS + 365 * DAY_MS,
      endNoticeMs: END_NOTICE_MS,
      state: 'proposed',
      signedBy: ['USALP'],
    });
    assert.deepEqual(writes.endorsers, { [`agreement:${AGREEMENT_ID}`]: [MSP.USALP, MSP.USDUK] });
    const terms: unknown = JSON.parse(sealed.text);
    assert.deepEqual(writes.private, {
      [`${implicitCollection(MSP.USALP)}/terms:${AGREEMENT_ID}:1`]: terms,
      [`${implicitCollection(MSP.USDUK)}/terms:${AGREEMENT_ID}:1`]: terms,
    });
    assert.ok(!JSON.stringify(writes.public).includes('Ppm'));
  });

  it('proposes anew, as the next version, until both have signed', async () => {
    const ledger = await registered();
    await ledger.submit(call(proposal()));
    const other = termsOf({ noticeMs: 5 });
    const { writes } = await ledger.submit(call({ ...proposal({}, other), caller: by('USDUK', 'operator') }));
    const record = writes.public[`agreement:${AGREEMENT_ID}`] as { version: number; signedBy: string[] };
    assert.deepEqual([record.version, record.signedBy], [2, ['USDUK']]);
    assert.equal(await (await withGroundwork()).refusal(call(proposal())), 'WRONG_STATE');
  });

  it('refuses strangers, wrong hashes and terms that contradict themselves', async () => {
    const ledger = await registered();
    const shares = { hun: 50_000n, vun: 750_000n, infrastructure: 180_000n, driver: 20_001n };
    const cases = [
      ['FORBIDDEN', { ...proposal(), caller: by('USGPC', 'operator') }],
      ['FORBIDDEN', { ...proposal(), caller: by('USALP', 'aaa') }],
      ['HASH_MISMATCH', proposal({ termsHash: 'a'.repeat(64) })],
      ['INVALID_ARGUMENT', proposal({ agreementId: 'other' })],
      ['INVALID_ARGUMENT', proposal({ parties: ['USDUK', 'USALP'] })],
      ['INVALID_ARGUMENT', proposal({ parties: ['USALP', 'USALP'] })],
      ['INVALID_ARGUMENT', proposal({ validFromMs: NOW_MS + 365 * DAY_MS })],
      ['INVALID_ARGUMENT', proposal({ endNoticeMs: -1 })],
      ['INVALID_ARGUMENT', proposal({ endNoticeMs: 92 * DAY_MS + 1 })],
      ['EXPIRED', { ...proposal({ validUntilMs: NOW_MS - 1 }) }],
      ['NOT_FOUND', proposal({ parties: ['USALP', 'USXXX'] })],
      ['NOT_BALANCED', proposal({}, termsOf({ shares }))],
      ['INVALID_ARGUMENT', proposal({}, termsOf({ floorMicrosPerKWh: 600_001n }))],
      [
        'INVALID_ARGUMENT',
        proposal({}, termsOf({ adjustment: { ...termsOf().adjustment, none: { minPpm: 1n, maxPpm: 0n } } })),
      ],
      [
        'INVALID_ARGUMENT',
        proposal(
          {},
          termsOf({ adjustment: { ...termsOf().adjustment, none: { minPpm: -1_000_001n, maxPpm: 0n } } }),
        ),
      ],
    ] as const;
    for (const [code, told] of cases) assert.equal(await ledger.refusal(call(told)), code);
    assert.equal(await ledger.refusal(but(proposal(), { transient: { terms: '{}' } })), 'INVALID_ARGUMENT');
  });

  it("refuses to take another pair's agreement id", async () => {
    const ledger = await registered();
    await ledger.submit(call(proposal()));
    const parties = ['USALP', 'USGPC'] as const;
    const terms = termsOf({ parties: [...parties] });
    assert.equal(await ledger.refusal(call(proposal({ parties: [...parties] }, terms))), 'CONFLICT');
  });
});
