import assert from 'node:assert/strict';
import { utilityRecord, type JsonValue, type PublicJwk } from '@roamgrid/wire';
import {
  ballot,
  by,
  call,
  DAY_MS,
  KEYS,
  MSP,
  NOW_MS,
  proposal,
  registration,
  station,
  tariffVersion,
  utilityOf,
  utilityRecordOf,
} from '../../testing/parties.ts';
import { MemoryLedger } from '../../testing/memory-ledger.ts';
import { but } from '../../testing/prepared.ts';

const told = {
  caller: by('USALP', 'operator'),
  verb: 'consortium.registerUtility',
  command: { utility: utilityOf('USALP') },
};

const withKeys = (signingKeys: PublicJwk[]) => ({
  utility: { ...utilityOf('USALP'), signingKeys: signingKeys.map((key) => ({ ...key })) },
});

describe('consortium.registerUtility', () => {
  it("writes the utility under the caller's organisation, and only that", async () => {
    const ledger = new MemoryLedger();
    const { writes, answer } = await ledger.submit(call(told));
    assert.deepEqual(writes.public['utility:USALP'], utilityRecordOf('USALP'));
    assert.equal(Object.keys(writes.public).length, 2);
    assert.deepEqual(writes.private, {});
    assert.deepEqual(writes.endorsers, {});
    assert.deepEqual((answer as { wrote: unknown }).wrote, ['utility:USALP']);
  });

  it('re-registers as the next version, and its status stays the members’', async () => {
    const ledger = new MemoryLedger();
    await ledger.submit(call(told));
    const utility = { ...utilityOf('USALP'), name: 'Alabama Power' };
    const { writes } = await ledger.submit(but(told, { command: { utility }, nowMs: NOW_MS + 1 }));
    const record = { ...utilityRecordOf('USALP'), version: 2, name: 'Alabama Power' };
    assert.deepEqual(writes.public['utility:USALP'], record);
    for (const status of ['active', 'suspended']) {
      const stated = but(told, { command: { utility: { ...utility, status } } });
      assert.equal(await ledger.refusal(stated), 'INVALID_ARGUMENT');
    }
  });

  it('only applies where others are members already', async () => {
    const ledger = new MemoryLedger();
    await ledger.submit(call(told));
    const { writes } = await ledger.submit(call(registration('USDUK')));
    assert.deepEqual(writes.public['utility:USDUK'], { ...utilityRecordOf('USDUK'), status: 'applied' });
    const member = { caller: by('USDUK', 'operator'), verb: 'consortium.registerStation' };
    assert.equal(await ledger.refusal(call({ ...member, command: { station: station() } })), 'WRONG_STATE');
    const tariff = { ...member, verb: 'tariff.publish', command: { tariff: tariffVersion(1) } };
    assert.equal(await ledger.refusal(call(tariff)), 'WRONG_STATE');
    assert.equal(await ledger.refusal(call(proposal())), 'WRONG_STATE');
  });

  it('gives a prefix to the organisation that is admitted, not to the one that asked first', async () => {
    const ledger = new MemoryLedger();
    await ledger.submit(call(told));
    const stolen = { ...utilityOf('USDUK'), signingKeys: [{ ...KEYS.stranger.jwk, kid: 'duk-1' }] };
    const squatted = but(registration('USDUK'), {
      caller: by('USGPC', 'operator'),
      command: { utility: stolen },
    });
    await ledger.submit(squatted);
    const { writes } = await ledger.submit(call(registration('USDUK')));
    const { version, mspId, signingKeys } = utilityRecord.parse(writes.public['utility:USDUK']);
    assert.deepEqual([version, mspId, signingKeys.length], [2, MSP.USDUK, 1]);
    await ledger.submit(call(ballot('USALP', 'USDUK', { version: 2 })));
    const again = but(registration('USDUK'), { caller: by('USGPC', 'operator') });
    assert.equal(await ledger.refusal(again), 'FORBIDDEN');
  });

  it('ends no sooner than a day from now, unless it would have ended sooner anyway', async () => {
    const ledger = new MemoryLedger();
    await ledger.submit(call(told));
    const until = (validUntilMs: number, nowMs = NOW_MS) =>
      but(told, { command: { utility: { ...utilityOf('USALP'), validUntilMs } }, nowMs });
    assert.equal(await ledger.refusal(until(NOW_MS)), 'EXPIRED');
    assert.equal(await ledger.refusal(until(NOW_MS + DAY_MS - 1)), 'INVALID_ARGUMENT');
    assert.equal(await ledger.refusal(until(NOW_MS + DAY_MS)), 'ok');
    const endsMs = NOW_MS + 365 * DAY_MS;
    assert.equal(await ledger.refusal(until(endsMs, endsMs - 5)), 'ok');
    assert.equal(await ledger.refusal(until(endsMs - 1, endsMs - 5)), 'INVALID_ARGUMENT');
  });

  it('keeps a key that is left out, with the time in which it counted', async () => {
    const ledger = new MemoryLedger();
    await ledger.submit(call(told));
    const next = { ...KEYS.stranger.jwk, kid: 'alp-2' };
    const utility = { ...utilityOf('USALP'), signingKeys: [next] };
    const { writes } = await ledger.submit(but(told, { command: { utility }, nowMs: NOW_MS + DAY_MS }));
    const { signingKeys } = writes.public['utility:USALP'] as { signingKeys: unknown };
    assert.deepEqual(signingKeys, [
      { ...KEYS.USALP.jwk, fromMs: NOW_MS, untilMs: NOW_MS + DAY_MS },
      { ...next, fromMs: NOW_MS + DAY_MS },
    ]);
    assert.equal(
      await ledger.refusal(but(told, { command: withKeys([{ ...next, kid: 'alp-1' }]) })),
      'CONFLICT',
    );
  });

  it('keeps keys of their own for where nobody hears of anything, and epochs of tokens that never fall', async () => {
    const ledger = new MemoryLedger();
    await ledger.submit(call(told));
    const [tokens, chargers] = [
      { ...KEYS.station.jwk, kid: 'alp-tokens-1', use: 'tokens' },
      { ...KEYS.meter.jwk, kid: 'alp-chargers-1', use: 'chargers' },
    ];
    const stating = (more: Record<string, JsonValue>, days: number) =>
      but(told, { command: { utility: { ...utilityOf('USALP'), ...more } }, nowMs: NOW_MS + days * DAY_MS });
    const recorded = async (more: Record<string, JsonValue>, days: number) =>
      utilityRecord.parse((await ledger.submit(stating(more, days))).writes.public['utility:USALP']);
    const first = await recorded({ offlineKeys: [tokens, chargers] }, 1);
    assert.deepEqual(
      first.offlineKeys,
      [tokens, chargers].map((key) => ({ ...key, fromMs: NOW_MS + DAY_MS })),
    );
    assert.equal(first.tokenEpochs, undefined);
    const taken = await recorded({ offlineKeys: [chargers], tokenEpoch: 4 }, 2);
    assert.deepEqual(taken.tokenEpochs, [{ epoch: 4, fromMs: NOW_MS + 2 * DAY_MS }]);
    assert.equal(taken.offlineKeys?.find(({ kid }) => kid === tokens.kid)?.untilMs, NOW_MS + 2 * DAY_MS);
    const silent = await recorded({}, 3);
    assert.deepEqual(silent.tokenEpochs, taken.tokenEpochs);
    assert.ok(silent.offlineKeys?.every(({ untilMs }) => untilMs !== undefined));
    for (const more of [
      { tokenEpoch: 3 },
      { offlineKeys: [{ ...tokens, use: 'quotes' }] },
      { offlineKeys: [{ ...tokens, ...KEYS.USALP.jwk, kid: 'alp-3' }] },
      { offlineKeys: [tokens, { ...chargers, kid: tokens.kid }] },
      { offlineKeys: [tokens, { ...tokens, kid: 'alp-4', use: 'chargers' }] },
    ])
      assert.equal(await ledger.refusal(stating(more, 4)), 'INVALID_ARGUMENT', JSON.stringify(more));
    // A kid never names another key, nor another use.
    assert.equal(
      await ledger.refusal(stating({ offlineKeys: [{ ...tokens, use: 'chargers' }] }, 4)),
      'CONFLICT',
    );
  });

  it('refuses another organisation, another role, a past registration and doubtful keys', async () => {
    const ledger = new MemoryLedger();
    await ledger.submit(call(told));
    const key = { ...KEYS.USALP.jwk };
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
