import assert from 'node:assert/strict';
import { by, call, DAY_MS, KEYS, MSP, NOW_MS, utilityOf } from '../../testing/parties.ts';
import { MemoryLedger } from '../../testing/memory-ledger.ts';
import { but } from '../../testing/prepared.ts';

const told = {
  caller: by('USALP', 'operator'),
  verb: 'consortium.registerUtility',
  command: { utility: utilityOf('USALP') },
};

describe('consortium.registerUtility', () => {
  it("writes the utility under the caller's organisation, and only that", async () => {
    const ledger = new MemoryLedger();
    const { writes, answer } = await ledger.submit(call(told));
    assert.deepEqual(writes.public['utility:USALP'], {
      type: 'utility',
      version: 1,
      mspId: MSP.USALP,
      ...utilityOf('USALP'),
    });
    assert.equal(Object.keys(writes.public).length, 2);
    assert.deepEqual(writes.private, {});
    assert.deepEqual(writes.endorsers, {});
    assert.deepEqual((answer as { wrote: unknown }).wrote, ['utility:USALP']);
  });

  it('re-registers as the next version', async () => {
    const ledger = new MemoryLedger();
    await ledger.submit(call(told));
    const { writes } = await ledger.submit(
      but(told, { command: { utility: { ...utilityOf('USALP'), status: 'suspended' } } }),
    );
    const record = writes.public['utility:USALP'] as { version: number; status: string };
    assert.deepEqual([record.version, record.status], [2, 'suspended']);
  });

  it('refuses another organisation, another role, a past registration and doubtful keys', async () => {
    const ledger = new MemoryLedger();
    await ledger.submit(call(told));
    const key = { ...KEYS.USALP.jwk };
    const withKeys = (signingKeys: (typeof key)[]) => ({ utility: { ...utilityOf('USALP'), signingKeys } });
    const cases = [
      ['FORBIDDEN', { caller: by('USDUK', 'operator') }],
      ['FORBIDDEN', { caller: by('USALP', 'aaa') }],
      ['EXPIRED', { nowMs: NOW_MS + 366 * DAY_MS }],
      ['INVALID_ARGUMENT', { command: withKeys([key, { ...KEYS.stranger.jwk }]) }],
      ['INVALID_ARGUMENT', { command: withKeys([]) }],
      ['INVALID_ARGUMENT', { command: { utility: { ...utilityOf('USALP'), utilityId: 'ALP' } } }],
      ['INVALID_ARGUMENT', { command: { utility: { ...utilityOf('USALP'), aaaUrl: 'ftp://alp' } } }],
    ] as const;
    for (const [code, change] of cases) assert.equal(await ledger.refusal(but(told, change)), code);
  });
});
