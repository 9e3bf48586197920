import assert from 'node:assert/strict';
import { chargeRecord, payableStatement, paymentRecord, stateKey, type ChargeRecord } from '@roamgrid/wire';
import { NettingStage, owes, RING, type Utility } from '../testing/netting.ts';
import {
  AGREEMENT_ID,
  BOOKING,
  by,
  call,
  DAY_MS,
  HOUR_MS,
  monthAt,
  NOW_MS,
  sealedTerms,
  termsOf,
} from '../testing/parties.ts';
import { amend } from '../testing/prepared.ts';
import { about, chargeCall, reservation, type TestReservation } from '../testing/reservations.ts';

const ALL: readonly Utility[] = ['USALP', 'USDUK', 'USGPC'];
const LATE_MS = NOW_MS + 2 * HOUR_MS - BOOKING.freeCancelMs + 1;
const PERIOD = monthAt(LATE_MS);
const OWED = BOOKING.noShowMicros.gold;

/** Home cancelled too late, and is charged. */
const charged = async (stage: NettingStage, id: string, currency = 'USD'): Promise<TestReservation> => {
  const { ledger } = stage;
  const terms = termsOf({ currency });
  amend(ledger, `agreement:${AGREEMENT_ID}`, { termsHash: sealedTerms(terms).hash });
  const fromMs = NOW_MS + 2 * HOUR_MS + (currency === 'USD' ? 0 : HOUR_MS / 4);
  const span = { fromMs, untilMs: fromMs + HOUR_MS / 4 };
  const reserved = await reservation(`r-${id}`, { terms, wish: { currency, ...span }, body: { currency } });
  await ledger.submit(call(reserved.grant));
  const lateMs = LATE_MS + (currency === 'USD' ? 0 : HOUR_MS / 4);
  await ledger.submit(call(about(reserved, 'cancel', by('USALP', 'aaa'), lateMs)));
  const told = chargeCall(id, [[reserved, OWED]], lateMs, { periodId: PERIOD, currency }, terms);
  await ledger.submit(call(told));
  stage.knows(`charge:${id}`, payableStatement.parse(JSON.parse(told.transient.payable)));
  return reserved;
};

const netOf = (stage: NettingStage, nettingId: string) =>
  Object.fromEntries(
    stage.netted(nettingId).positions.map(({ utilityId, netMicros }) => [utilityId, netMicros]),
  );
const noteIn = (stage: NettingStage, id: string): Pick<ChargeRecord, 'state' | 'nettingId'> => {
  const { state, nettingId } = stage.record(chargeRecord, stateKey.charge(id));
  return { state, ...(nettingId !== undefined && { nettingId }) };
};

describe('a charge note', () => {
  it('is netted in its currency beside invoices, comes back when its debtor does not pay, and is paid once', async () => {
    const stage = await NettingStage.with([...RING, owes('e', 'USDUK', 'USALP', 2_000_000n, 'EUR')], PERIOD);
    await charged(stage, 'eur', 'EUR');
    const reserved = await charged(stage, 'usd');
    stage.nowMs = LATE_MS + HOUR_MS;

    await stage.called();
    const documents = ['invoice:i1', 'invoice:e', 'charge:eur', 'charge:usd'];
    const short = stage.closing('USALP', 'USDUK', documents.slice(0, 3));
    assert.equal(await stage.refusal(short), 'INVALID_ARGUMENT', 'none is left out');
    await stage.tell(stage.closingAgain('USALP', 'USDUK', documents));
    await stage.tell(stage.closing('USGPC', 'USDUK', ['invoice:i2']));
    await stage.tell(stage.closing('USALP', 'USGPC', ['invoice:i3']));
    for (const utilityId of ALL) await stage.tell(stage.stating(utilityId));
    for (const utilityId of ['USALP', 'USDUK'] as const)
      await stage.tell(stage.stating(utilityId, [], 'EUR'));
    await stage.tell(stage.netting());
    const [usd, eur] = [`net-${PERIOD}-1-USD`, `net-${PERIOD}-1-EUR`];
    // In dollars A owes D 100 and the note's 5, D owes G 70, G owes A 50; in euros D owes A 2 and A the note's 5.
    assert.deepEqual(netOf(stage, usd), {
      USALP: -55_000_000n,
      USDUK: 35_000_000n,
      USGPC: 20_000_000n,
    });
    assert.deepEqual(netOf(stage, eur), { USALP: -3_000_000n, USDUK: 3_000_000n });
    assert.deepEqual(noteIn(stage, 'usd'), { state: 'netted', nettingId: usd });
    assert.deepEqual(noteIn(stage, 'eur'), { state: 'netted', nettingId: eur });

    // Alabama pays nobody: what it owes waits for the next round, and is no more than it was.
    stage.nowMs += 5 * DAY_MS;
    const { payments } = stage.netted(usd);
    const due = payments.find(({ payee }) => payee === 'USDUK') ?? assert.fail();
    await stage.tell(stage.parts('USDUK', 'netting.default', { nettingId: usd, paymentId: due.paymentId }));
    for (const utilityId of ['USDUK', 'USGPC'] as const)
      await stage.tell(stage.stating(utilityId, ['USALP']));
    await stage.tell(
      stage.parts('USGPC', 'netting.recast', { utilityId: 'USGPC', nettingId: usd, without: ['USALP'] }),
    );
    assert.deepEqual(netOf(stage, `${usd}-c2`), { USDUK: -70_000_000n, USGPC: 70_000_000n });
    const again = chargeCall('again', [[reserved, OWED]], stage.nowMs, {
      periodId: monthAt(stage.nowMs),
    });
    assert.equal(await stage.ledger.refusal(call(again)), 'WRONG_STATE', 'it stands on its note');

    stage.round = 2;
    await stage.called();
    await stage.tell(stage.closing('USALP', 'USDUK', ['invoice:i1', 'charge:usd']));
    await stage.tell(stage.closing('USALP', 'USGPC', ['invoice:i3']));
    for (const utilityId of ALL) await stage.tell(stage.stating(utilityId));
    await stage.tell(stage.netting());
    const second = `net-${PERIOD}-2-USD`;
    assert.deepEqual(netOf(stage, second), {
      USALP: -55_000_000n,
      USDUK: 105_000_000n,
      USGPC: -50_000_000n,
    });
    assert.deepEqual(noteIn(stage, 'usd'), { state: 'netted', nettingId: second });
    assert.deepEqual(noteIn(stage, 'eur'), { state: 'netted', nettingId: eur }, 'euros were not netted anew');

    let paidMicros = 0n;
    for (const { paymentId, payer, payee, amountMicros } of stage.netted(second).payments) {
      const means = { kind: 'bank', endToEndId: paymentId };
      await stage.tell(stage.parts(payer as Utility, 'payment.send', { paymentId, means }));
      const receipt = {
        receiptId: paymentId,
        of: { ...means, entryReference: paymentId, statementHash: 'ab'.repeat(32) },
        currency: 'USD',
        amountMicros: amountMicros.toString(),
        valueAtMs: 0,
      };
      await stage.tell(stage.parts(payee as Utility, 'payment.receive', { paymentId, receipt }));
      assert.equal(stage.record(paymentRecord, stateKey.payment(paymentId)).state, 'confirmed');
      if (payee === 'USDUK') paidMicros += amountMicros;
    }
    assert.equal(paidMicros, 105_000_000n);
  });
});
