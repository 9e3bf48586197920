import assert from 'node:assert/strict';
import type { JsonValue } from '@roamgrid/wire';
import { BOOKING, by, call, HOUR_MS, monthAt, MSP, NOW_MS } from '../../testing/parties.ts';
import { but } from '../../testing/prepared.ts';
import { about, chargeCall, reservation, usedBy, type TestReservation } from '../../testing/reservations.ts';
import { BOTH, sessionFor, START_MS, withReservation } from '../../testing/reserved.ts';

describe('clearing.charge', () => {
  const DUE_MS = START_MS + BOOKING.holdMs + BOOKING.contestMs + 1;
  const owing = (
    items: readonly (readonly [TestReservation, bigint])[],
    over: Parameters<typeof chargeCall>[3] = {},
    nowMs = DUE_MS,
  ) => chargeCall('c1', items, nowMs, { periodId: monthAt(nowMs), ...over });

  /** One used, one that nobody came for. */
  const prepared = async () => {
    const { ledger, reserved: used } = await withReservation();
    const missed = await reservation('r2', {
      wish: { fromMs: START_MS - HOUR_MS, untilMs: START_MS, loyalty: 'platinum' },
    });
    await ledger.submit(call(missed.grant));
    const { lane, session } = await sessionFor(ledger);
    await ledger.submit(call(usedBy(used, session, lane, START_MS + HOUR_MS)));
    await ledger.submit(call(about(missed, 'noShow', by('USDUK', 'aaa'), START_MS)));
    return { ledger, used, missed };
  };
  const { feeMicros, noShowMicros } = BOOKING;

  it('is a document of the pair’s netting over what is owed, and marks each reservation', async () => {
    const { ledger, used, missed } = await prepared();
    const told = owing([
      [used, feeMicros.gold],
      [missed, noShowMicros.platinum],
    ]);
    const { writes } = await ledger.submit(call(told));
    const record = writes.public['charge:c1'] as Record<string, JsonValue>;
    assert.deepEqual([record['state'], record['vun'], record['hun']], ['accepted', 'USDUK', 'USALP']);
    assert.deepEqual(writes.endorsers['charge:c1'], BOTH);
    const period = writes.public[`pairPeriod:${monthAt(DUE_MS)}:USALP:USDUK`] as { pending: string[] };
    assert.deepEqual(period.pending, ['charge:c1']);
    for (const id of ['r1', 'r2'])
      assert.equal((writes.public[`reservation:${id}`] as { chargeId: string }).chargeId, 'c1');
    const payable = writes.private[`_implicit_org_${MSP.USALP}/payable:c1`] as { payableMicros: string };
    assert.equal(payable.payableMicros, '4500000');
    assert.equal(await ledger.refusal(but(told, { command: { chargeId: 'c2' } })), 'INVALID_ARGUMENT');
    const again = chargeCall('c2', [[used, feeMicros.gold]], DUE_MS, { periodId: monthAt(DUE_MS) });
    assert.equal(await ledger.refusal(call(again)), 'WRONG_STATE');
  });

  it('refuses other amounts, what owes nothing, what may still be shown to be wrong, and other periods', async () => {
    const { ledger, used, missed } = await prepared();
    const free = await reservation('r3', { wish: { fromMs: NOW_MS, untilMs: NOW_MS + HOUR_MS } });
    await ledger.submit(call(free.grant));
    const earlyMs = START_MS + BOOKING.contestMs;
    const cases = [
      ['CDR_MISMATCH', owing([[used, feeMicros.gold + 1n]])],
      ['CDR_MISMATCH', owing([[missed, noShowMicros.gold]])],
      ['NOT_BALANCED', owing([[used, feeMicros.gold]], { payableMicros: 1n })],
      ['NOT_BALANCED', owing([[used, feeMicros.gold]], { energyWh: 1n })],
      [
        'CONFLICT',
        owing([
          [used, feeMicros.gold],
          [used, feeMicros.gold],
        ]),
      ],
      ['WRONG_STATE', owing([[free, feeMicros.gold]])],
      ['WRONG_STATE', owing([[missed, noShowMicros.platinum]], {}, earlyMs)],
      ['ok', owing([[missed, noShowMicros.platinum]], {}, earlyMs + 1)],
      ['OUTSIDE_AGREEMENT', owing([[used, feeMicros.gold]], { currency: 'EUR' })],
      ['INVALID_ARGUMENT', owing([[used, feeMicros.gold]], { periodId: '2020-01' })],
      ['INVALID_ARGUMENT', owing([[used, feeMicros.gold]], { hun: 'USGPC' })],
      ['FORBIDDEN', { ...owing([[used, feeMicros.gold]]), caller: by('USALP', 'aaa') }],
    ] as const;
    for (const [at, [code, told]] of cases.entries())
      assert.equal(await ledger.refusal(call(told)), code, at.toString());
    const other = await reservation('r1', { body: { salt: '0'.repeat(64) } });
    const told = owing([[other, feeMicros.gold]]);
    assert.equal(await ledger.refusal(call(told)), 'HASH_MISMATCH');
  });
});
