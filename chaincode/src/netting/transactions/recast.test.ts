import assert from 'node:assert/strict';
import { carryRecord, onAccountRecord, type NettingRecord } from '@roamgrid/wire';
import { NOW_MS } from '../../testing/parties.ts';
import {
  nettedRing,
  NettingStage,
  owes,
  PERIOD,
  RING,
  RING_PAIRS,
  type Utility,
} from '../../testing/netting.ts';
import { received, sent } from '../../testing/payments.ts';

const DAY_MS = 86_400_000;
const NETTING = `net-${PERIOD}-1-USD`;
const LATE_MS = NOW_MS + 4 * DAY_MS + 1;

const saying = (stage: NettingStage, payee: Utility, payment = 1, nettingId = NETTING) =>
  stage.parts(payee, 'netting.default', { nettingId, paymentId: `${nettingId}.${payment}` });
const recasting = (stage: NettingStage, without: readonly string[], nettingId = NETTING) =>
  stage.parts('USGPC', 'netting.recast', { utilityId: 'USGPC', nettingId, without: [...without] });
const sum = (
  netting: NettingRecord,
  field: 'netMicros' | 'payableMicros' | 'carriedMicros' | 'stoodMicros',
) => netting.positions.reduce((total, position) => total + position[field], 0n);

describe('netting.default', () => {
  it('is said by an unpaid payee after the date and the grace, once, and by nobody else', async () => {
    const stage = await nettedRing();
    assert.equal(await stage.refusal(saying(stage, 'USDUK')), 'WRONG_STATE');
    stage.nowMs = LATE_MS - 1;
    assert.equal(await stage.refusal(saying(stage, 'USDUK')), 'WRONG_STATE');
    stage.nowMs = LATE_MS;
    assert.equal(await stage.refusal(saying(stage, 'USGPC')), 'FORBIDDEN');
    assert.equal(await stage.refusal(saying(stage, 'USDUK', 3)), 'NOT_FOUND');
    await stage.tell(saying(stage, 'USDUK'));
    assert.equal(await stage.refusal(saying(stage, 'USDUK')), 'CONFLICT');
  });

  it('is refused of a payment that came, though late', async () => {
    const stage = await nettedRing();
    stage.nowMs = LATE_MS;
    await stage.tell(sent(stage, 'USALP', 1));
    await stage.tell(received(stage, 'USDUK', 1, 30_000_000n));
    assert.equal(await stage.refusal(saying(stage, 'USDUK')), 'WRONG_STATE');
  });
});

describe('netting.recast', () => {
  it('nets the others anew: its loss falls on whom the defaulter owes, not on whom it was to pay', async () => {
    const stage = await nettedRing();
    // Alabama pays Georgia part of its twenty, and Duke nothing.
    await stage.tell(sent(stage, 'USALP', 2));
    await stage.tell(received(stage, 'USGPC', 2, 5_000_000n));
    stage.nowMs = LATE_MS;
    assert.equal(await stage.refusal(recasting(stage, ['USALP'])), 'WRONG_STATE', 'nobody said so');
    await stage.tell(saying(stage, 'USDUK'));
    assert.equal(await stage.refusal(recasting(stage, ['USALP'])), 'WRONG_STATE', 'no positions without it');
    assert.equal(await stage.refusal(recasting(stage, ['USDUK'])), 'WRONG_STATE', 'not in default');
    await stage.tell(stage.stating('USDUK', ['USALP']));
    await stage.tell(stage.stating('USGPC', ['USALP']));
    await stage.tell(recasting(stage, ['USALP']));
    const anew = stage.netted(`${NETTING}-c2`);
    assert.deepEqual(
      anew.positions.map(({ utilityId, netMicros, payableMicros }) => [utilityId, netMicros, payableMicros]),
      [
        ['USDUK', -70000000n, -70000000n],
        ['USGPC', 70000000n, 70000000n],
      ],
    );
    assert.deepEqual([anew.cast, anew.without, anew.carriedPairs.length], [2, ['USALP'], 2]);
    assert.equal(stage.record(onAccountRecord, `onAccount:USALP:USGPC:${NETTING}.2`).amountMicros, 5000000n);
    // What was to be paid before has fallen away, also what had begun to come.
    assert.equal(await stage.refusal(sent(stage, 'USALP', 1)), 'WRONG_STATE');
    assert.equal(await stage.refusal(received(stage, 'USGPC', 2, 15_000_000n, 'late')), 'WRONG_STATE');
    assert.equal(
      await stage.refusal(recasting(stage, ['USALP', 'USDUK'])),
      'WRONG_STATE',
      'replaced already',
    );
  });

  it('gives the pairs of the defaulter back to the next round, with what it had paid on account: nothing is lost', async () => {
    const stage = await nettedRing();
    await stage.tell(sent(stage, 'USALP', 2));
    await stage.tell(received(stage, 'USGPC', 2, 5_000_000n));
    stage.nowMs = LATE_MS;
    await stage.tell(saying(stage, 'USDUK'));
    for (const utilityId of ['USDUK', 'USGPC'] as const)
      await stage.tell(stage.stating(utilityId, ['USALP']));
    await stage.tell(recasting(stage, ['USALP']));
    stage.round = 2;
    await stage.called();
    await stage.tell(stage.closing('USALP', 'USDUK', ['invoice:i1']));
    assert.equal(await stage.refusal(stage.closing('USALP', 'USGPC', ['invoice:i3'])), 'NOT_BALANCED');
    await stage.tell(
      stage.closingAgain('USALP', 'USGPC', ['invoice:i3'], [{ payer: 'USALP', micros: 5_000_000n }]),
    );
    for (const utilityId of ['USALP', 'USDUK', 'USGPC'] as const) await stage.tell(stage.stating(utilityId));
    await stage.tell(stage.netting());
    const next = stage.netted(`net-${PERIOD}-2-USD`);
    // A owes D 100, G owes A 50 and has 5 of A’s on account.
    assert.deepEqual(
      next.positions.map(({ utilityId, netMicros }) => [utilityId, netMicros]),
      [
        ['USALP', -45000000n],
        ['USDUK', 100000000n],
        ['USGPC', -55000000n],
      ],
    );
    assert.equal(stage.record(onAccountRecord, `onAccount:USALP:USGPC:${NETTING}.2`).inRound, 2);
  });

  it('lets payments between the others stand once they were begun, and sums to zero with them', async () => {
    // A owes most: it pays D 60 and G 25; G pays D 5 in the first netting.
    const stage = await NettingStage.with([
      owes('a', 'USALP', 'USDUK', 60_003_333n),
      owes('b', 'USGPC', 'USDUK', 65_001_111n),
    ]);
    await stage.stated([
      ['USALP', 'USDUK', ['invoice:a']],
      ['USGPC', 'USDUK', ['invoice:b']],
    ]);
    await stage.tell(stage.netting());
    const first = stage.netted(NETTING);
    const ofGeorgia = first.payments.findIndex(({ payer }) => payer === 'USGPC') + 1;
    const ofAlabama = first.payments.findIndex(({ payer }) => payer === 'USALP') + 1;
    await stage.tell(sent(stage, 'USGPC', ofGeorgia));
    stage.nowMs = LATE_MS;
    await stage.tell(saying(stage, 'USDUK', ofAlabama));
    for (const utilityId of ['USDUK', 'USGPC'] as const)
      await stage.tell(stage.stating(utilityId, ['USALP']));
    await stage.tell(recasting(stage, ['USALP']));
    const anew = stage.netted(`${NETTING}-c2`);
    for (const field of ['netMicros', 'payableMicros', 'carriedMicros', 'stoodMicros'] as const)
      assert.equal(sum(anew, field), 0n, field);
    for (const { netMicros, broughtMicros, stoodMicros, payableMicros, carriedMicros } of anew.positions)
      assert.equal(netMicros + broughtMicros + stoodMicros, payableMicros + carriedMicros);
    assert.equal(anew.payments.length, 0, 'what Georgia has sent is all it owes');
    const left = stage.record(carryRecord, 'carry:USD').left;
    assert.equal(
      left.reduce((total, { carriedMicros }) => total + carriedMicros, 0n),
      0n,
    );
    // The payment that stands is confirmed as any other.
    const amount = first.payments[ofGeorgia - 1]?.amountMicros ?? 0n;
    await stage.tell(received(stage, 'USDUK', ofGeorgia, amount));
  });

  it('of two members leaves nothing to pay, and all to the next round', async () => {
    const stage = await NettingStage.with(RING.slice(0, 1));
    await stage.stated(RING_PAIRS.slice(0, 1));
    await stage.tell(stage.netting('USDUK'));
    stage.nowMs = LATE_MS;
    await stage.tell(saying(stage, 'USDUK'));
    await stage.tell(recasting(stage, ['USALP']));
    const anew = stage.netted(`${NETTING}-c2`);
    assert.deepEqual([anew.positions, anew.payments, anew.pairs], [[], [], []]);
    stage.round = 2;
    await stage.stated(RING_PAIRS.slice(0, 1));
    await stage.tell(stage.netting('USDUK'));
  });
});
