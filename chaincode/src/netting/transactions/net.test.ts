import assert from 'node:assert/strict';
import { carryRecord, nettingRecord } from '@roamgrid/wire';
import { z } from 'zod';
import { MSP, NOW_MS } from '../../testing/parties.ts';
import { nettedRing, NettingStage, owes, PERIOD, RING, RING_PAIRS } from '../../testing/netting.ts';

const HOUR_MS = 3_600_000;
const NET = `netting:net-${PERIOD}-1-USD`;

describe('netting.net', () => {
  it('writes proven positions that sum to zero and fewer payments than members, and shows no pair’s amount', async () => {
    const stage = await NettingStage.with(RING);
    await stage.stated(RING_PAIRS);
    const { writes } = await stage.tell(stage.netting());
    const { positions, payments, pairs, ...rest } = z.decode(
      nettingRecord,
      writes.public[NET] as z.input<typeof nettingRecord>,
    );
    const zero = { broughtMicros: 0n, stoodMicros: 0n, carriedMicros: 0n };
    assert.deepEqual(positions, [
      { utilityId: 'USALP', netMicros: -50000000n, payableMicros: -50000000n, ...zero },
      { utilityId: 'USDUK', netMicros: 30000000n, payableMicros: 30000000n, ...zero },
      { utilityId: 'USGPC', netMicros: 20000000n, payableMicros: 20000000n, ...zero },
    ]);
    assert.deepEqual(
      payments.map(({ payer, payee, amountMicros }) => `${payer} ${payee} ${amountMicros}`),
      ['USALP USDUK 30000000', 'USALP USGPC 20000000'],
    );
    assert.deepEqual([rest.cast, rest.without, rest.carriedPairs, pairs.length], [1, [], [], 3]);
    assert.deepEqual(writes.endorsers, {
      [`payment:net-${PERIOD}-1-USD.1`]: [MSP.USALP, MSP.USDUK],
      [`payment:net-${PERIOD}-1-USD.2`]: [MSP.USALP, MSP.USGPC],
    });
    assert.deepEqual(writes.private, {});
    assert.equal((writes.public[`period:${PERIOD}`] as { state: string }).state, 'netted');
    const all = [...stage.ledger.state.values()].join();
    for (const amount of [100000000n, 70000000n])
      assert.ok(!all.includes(amount.toString()), amount.toString());
    assert.equal(await stage.refusal(stage.netting()), 'WRONG_STATE');
  });

  it('refuses while a pair with documents has not closed, and after its time names it as carried over', async () => {
    const stage = await NettingStage.with(RING);
    await stage.stated(RING_PAIRS.slice(0, 2));
    assert.equal(await stage.refusal(stage.netting()), 'WRONG_STATE');
    stage.nowMs = NOW_MS + 24 * HOUR_MS;
    assert.equal(await stage.refusal(stage.netting()), 'WRONG_STATE');
    stage.nowMs += 1;
    await stage.tell(stage.netting());
    const netting = stage.netted(NET.slice('netting:'.length));
    assert.deepEqual(netting.carriedPairs, [{ low: 'USALP', high: 'USGPC' }]);
    assert.deepEqual(
      netting.positions.map(({ netMicros }) => netMicros),
      [-100000000n, 30000000n, 70000000n],
    );
    stage.round = 2;
    await stage.stated([['USALP', 'USGPC', ['invoice:i3']]]);
    await stage.tell(stage.netting());
    assert.deepEqual(
      stage.netted(`net-${PERIOD}-2-USD`).positions.map(({ netMicros }) => netMicros),
      [50000000n, -50000000n],
    );
  });

  it('takes a single silent member’s position from what the others’ leave, once its time is over', async () => {
    const stage = await NettingStage.with(RING);
    await stage.called();
    for (const [one, other, documents] of RING_PAIRS) await stage.tell(stage.closing(one, other, documents));
    await stage.tell(stage.stating('USDUK'));
    await stage.tell(stage.stating('USGPC'));
    assert.equal(await stage.refusal(stage.netting()), 'WRONG_STATE');
    stage.nowMs = NOW_MS + 48 * HOUR_MS + 1;
    await stage.tell(stage.netting());
    assert.deepEqual(
      stage
        .netted(NET.slice('netting:'.length))
        .positions.map(({ utilityId, netMicros }) => [utilityId, netMicros]),
      [
        ['USALP', -50000000n],
        ['USDUK', 30000000n],
        ['USGPC', 20000000n],
      ],
    );
  });

  it('goes on without two that are silent, whose pairs wait for the next round, and without nobody who spoke', async () => {
    const stage = await NettingStage.with(RING);
    await stage.called();
    for (const [one, other, documents] of RING_PAIRS) await stage.tell(stage.closing(one, other, documents));
    await stage.tell(stage.stating('USDUK'));
    assert.equal(await stage.refusal(stage.netting('USDUK', ['USALP', 'USGPC'])), 'WRONG_STATE');
    stage.nowMs = NOW_MS + 48 * HOUR_MS + 1;
    assert.equal(await stage.refusal(stage.netting()), 'WRONG_STATE');
    assert.equal(await stage.refusal(stage.netting('USALP', ['USDUK'])), 'WRONG_STATE');
    assert.equal(await stage.refusal(stage.netting('USDUK', ['USGPC', 'USALP'])), 'INVALID_ARGUMENT');
    // Alabama alone left out: Duke and Georgia are left, and Georgia’s follows from Duke’s, once Duke states it so.
    await stage.tell(stage.stating('USDUK', ['USALP']));
    await stage.tell(stage.netting('USDUK', ['USALP']));
    const netting = stage.netted(NET.slice('netting:'.length));
    assert.deepEqual(
      netting.positions.map(({ utilityId, netMicros }) => [utilityId, netMicros]),
      [
        ['USDUK', -70000000n],
        ['USGPC', 70000000n],
      ],
    );
    assert.equal(netting.carriedPairs.length, 2);
    stage.round = 2;
    await stage.stated([RING_PAIRS[0], RING_PAIRS[2]]);
    await stage.tell(stage.netting());
    assert.deepEqual(
      stage.netted(`net-${PERIOD}-2-USD`).positions.map(({ netMicros }) => netMicros),
      [-50000000n, 100000000n, -50000000n],
    );
  });

  it('pays whole cents, carries the rest, and brings it into the next netting of the currency', async () => {
    const stage = await NettingStage.with([owes('i1', 'USALP', 'USDUK', 12_345_678n)]);
    await stage.stated([['USALP', 'USDUK', ['invoice:i1']]]);
    await stage.tell(stage.netting());
    const first = stage.netted(NET.slice('netting:'.length));
    assert.deepEqual(
      first.positions.map(({ payableMicros, carriedMicros }) => [payableMicros, carriedMicros]),
      [
        [-12350000n, 4322n],
        [12350000n, -4322n],
      ],
    );
    stage.accepted(owes('i2', 'USALP', 'USDUK', 10_004_322n));
    stage.round = 2;
    await stage.stated([['USALP', 'USDUK', ['invoice:i2']]]);
    await stage.tell(stage.netting());
    const second = stage.netted(`net-${PERIOD}-2-USD`);
    assert.deepEqual(
      second.positions.map(({ broughtMicros, payableMicros, carriedMicros }) => [
        broughtMicros,
        payableMicros,
        carriedMicros,
      ]),
      [
        [4322n, -10000000n, 0n],
        [-4322n, 10000000n, 0n],
      ],
    );
    assert.deepEqual(stage.record(carryRecord, 'carry:USD').left, []);
  });

  it('nets each currency by itself, and other members’ operators and roles are refused', async () => {
    const stage = await NettingStage.with([...RING, owes('e1', 'USALP', 'USDUK', 7_000_000n, 'EUR')]);
    await stage.stated([['USALP', 'USDUK', ['invoice:i1', 'invoice:e1']], RING_PAIRS[1], RING_PAIRS[2]]);
    for (const utilityId of ['USALP', 'USDUK'] as const)
      await stage.tell(stage.stating(utilityId, [], 'EUR'));
    const net = stage.netting();
    assert.equal(
      await stage.refusal({ ...net, caller: { mspId: MSP.USALP, role: 'operator' } }),
      'FORBIDDEN',
    );
    assert.equal(await stage.refusal({ ...net, caller: { ...net.caller, role: 'auditor' } }), 'FORBIDDEN');
    await stage.tell(net);
    assert.equal(stage.netted(`net-${PERIOD}-1-EUR`).payments.length, 1);
    assert.equal(stage.netted(NET.slice('netting:'.length)).payments.length, 2);
  });
});

describe('netting.call', () => {
  it('begins the next round once the last is netted, by an operator of an active utility alone', async () => {
    const stage = await nettedRing();
    const call = (over: Record<string, number | string> = {}, role = 'operator') =>
      stage.parts('USALP', 'netting.call', { utilityId: 'USALP', periodId: PERIOD, round: 2, ...over }, role);
    assert.equal(await stage.refusal(call({ round: 1 })), 'CONFLICT');
    assert.equal(await stage.refusal(call({ round: 3 })), 'CONFLICT');
    assert.equal(await stage.refusal(call({ utilityId: 'USDUK' })), 'FORBIDDEN');
    assert.equal(await stage.refusal(call({}, 'aaa')), 'FORBIDDEN');
    assert.equal(await stage.refusal(call({ periodId: '2026-13' })), 'INVALID_ARGUMENT');
    const { writes } = await stage.tell(call());
    const period = writes.public[`period:${PERIOD}`] as { fromMs: number; round: number; state: string };
    assert.deepEqual([period.round, period.state], [2, 'called']);
    assert.equal(period.fromMs, NOW_MS);
    assert.equal(await stage.refusal(call()), 'WRONG_STATE');
    const early = await stage.tell(call({ periodId: '2027-02', round: 1 }));
    const invited = early.writes.public['period:2027-02'] as { fromMs: number };
    assert.equal(invited.fromMs, Date.UTC(2027, 2, 1), 'silence counts from the period’s end');
  });
});
