import assert from 'node:assert/strict';
import { BOOKING_LIMITS, privateKey } from '@roamgrid/wire';
import { openSession } from '../testing/opened.ts';
import {
  AGREEMENT_ID,
  BOOKING,
  by,
  call,
  DAY_MS,
  HOUR_MS,
  KEYS,
  monthAt,
  MSP,
  NOW_MS,
} from '../testing/parties.ts';
import { amend, but, withGroundwork } from '../testing/prepared.ts';
import { about, chargeCall, reservation, usedBy } from '../testing/reservations.ts';
import { BOTH, sessionFor, START_MS, stateOf, taken, withReservation } from '../testing/reserved.ts';

describe('a reservation', () => {
  it('is cancelled for nothing until the stated time, then for what was agreed; by the station always for nothing', async () => {
    const freeMs = START_MS - BOOKING.freeCancelMs;
    const cases = [
      ['cancelled', by('USALP', 'aaa'), freeMs],
      ['cancelled-late', by('USALP', 'aaa'), freeMs + 1],
      ['cancelled', by('USDUK', 'aaa'), freeMs + 1],
      ['cancelled', by('USDUK', 'station'), START_MS + HOUR_MS],
    ] as const;
    for (const [state, caller, nowMs] of cases) {
      const { ledger, reserved } = await withReservation();
      const { writes } = await ledger.submit(call(about(reserved, 'cancel', caller, nowMs)));
      assert.equal(stateOf(ledger), state);
      assert.ok(Object.keys(writes.private).length === 2, 'both endorse');
      assert.equal(taken(ledger).filter((id) => id !== undefined).length, nowMs > START_MS ? 4 : 0);
      assert.equal(await ledger.refusal(call(about(reserved, 'cancel', caller, nowMs))), 'WRONG_STATE');
    }
    const { ledger, reserved } = await withReservation();
    const cancel = about(reserved, 'cancel', by('USGPC', 'aaa'), NOW_MS);
    const refused = [
      ['FORBIDDEN', {}],
      ['FORBIDDEN', { caller: by('USALP', 'station') }],
      ['EXPIRED', { caller: by('USALP', 'aaa'), nowMs: START_MS + 2 * HOUR_MS }],
      ['NOT_FOUND', { caller: by('USALP', 'aaa'), command: { reservationId: 'r9' } }],
      [
        'HASH_MISMATCH',
        {
          caller: by('USALP', 'aaa'),
          transient: { body: (await reservation('r1', { body: { salt: '0'.repeat(64) } })).text },
        },
      ],
    ] as const;
    for (const [code, change] of refused) assert.equal(await ledger.refusal(but(cancel, change)), code);
  });

  it('is a no-show when the outlet has waited as agreed, and its time is free again', async () => {
    const { ledger, reserved } = await withReservation();
    const waitedMs = START_MS + BOOKING.holdMs;
    const state = (nowMs: number, caller = by('USDUK', 'aaa')) =>
      ledger.refusal(call(about(reserved, 'noShow', caller, nowMs)));
    assert.equal(await state(waitedMs - 1), 'WRONG_STATE');
    assert.equal(await state(waitedMs, by('USALP', 'aaa')), 'FORBIDDEN');
    await ledger.submit(call(about(reserved, 'noShow', by('USDUK', 'station'), waitedMs)));
    assert.equal(stateOf(ledger), 'no-show');
    assert.equal(taken(ledger).filter((id) => id === 'r1').length, 1);
    assert.equal(await state(waitedMs), 'WRONG_STATE');
  });

  it('granted after its start it waits as long from the grant on, at most until its end', async () => {
    for (const [lengthMs, waitsMs] of [
      [HOUR_MS, BOOKING.holdMs],
      [2 * HOUR_MS, BOOKING.holdMs],
      [20 * 60_000, 10 * 60_000],
    ] as const) {
      const fromMs = NOW_MS - 10 * 60_000;
      const { ledger, reserved } = await withReservation({ wish: { fromMs, untilMs: fromMs + lengthMs } });
      const state = (nowMs: number) =>
        ledger.refusal(call(about(reserved, 'noShow', by('USDUK', 'aaa'), nowMs)));
      assert.equal(await state(NOW_MS + waitsMs - 1), 'WRONG_STATE');
      assert.equal(await state(NOW_MS + waitsMs), 'ok');
    }
  });

  it('expires for nothing a day after its time when nobody said what became of it', async () => {
    const { ledger, reserved } = await withReservation();
    const fromMs = START_MS + 2 * HOUR_MS + DAY_MS;
    const expire = (caller: ReturnType<typeof by>, nowMs: number) =>
      call(about(reserved, 'expire', caller, nowMs));
    assert.equal(await ledger.refusal(expire(by('USALP', 'aaa'), fromMs)), 'WRONG_STATE');
    assert.equal(await ledger.refusal(expire(by('USGPC', 'aaa'), fromMs + 1)), 'FORBIDDEN');
    assert.equal(await ledger.refusal(expire(by('USDUK', 'aaa'), fromMs + 1)), 'ok');
    await ledger.submit(expire(by('USALP', 'aaa'), fromMs + 1));
    assert.equal(stateOf(ledger), 'expired');
  });
});

describe('booking.use', () => {
  const LATER_MS = START_MS + HOUR_MS;

  it('links the reservation to the session at its outlet, where the two parties alone see it', async () => {
    const { ledger, reserved } = await withReservation();
    const { lane, session } = await sessionFor(ledger);
    const told = usedBy(reserved, session, lane, LATER_MS);
    const { writes } = await ledger.submit(call(told));
    assert.equal(stateOf(ledger), 'used');
    assert.ok(!JSON.stringify(writes.public).includes(session.body.sessionId));
    for (const msp of BOTH)
      assert.deepEqual(
        writes.private[`_implicit_org_${msp}/${privateKey.reservationUse('r1')}`],
        JSON.parse(told.transient.use),
      );
    assert.equal(await ledger.refusal(call(told)), 'WRONG_STATE');
  });

  it('is not of another customer’s session, another outlet’s or another time’s, nor of one that was not opened', async () => {
    const cases = [
      ['ok', {}],
      ['INVALID_ARGUMENT', { body: { cinRef: '1'.repeat(64) } }],
      ['ok', { openedAtMs: START_MS - BOOKING_LIMITS.earlyMs }],
      ['INVALID_ARGUMENT', { openedAtMs: START_MS - BOOKING_LIMITS.earlyMs - 1 }],
      ['INVALID_ARGUMENT', { openedAtMs: START_MS + 2 * HOUR_MS }],
      ['INVALID_ARGUMENT', { quote: { evseId: 'US*DUK*E0009*1' } }],
    ] as const;
    for (const [code, options] of cases) {
      const { ledger, reserved } = await withReservation();
      const { lane, session } = await sessionFor(ledger, options);
      assert.equal(await ledger.refusal(call(usedBy(reserved, session, lane, LATER_MS))), code);
    }
    const { ledger, reserved } = await withReservation();
    const { lane, session } = await sessionFor(ledger);
    const other = await openSession(1, { openedAtMs: START_MS + 120_000 });
    const told = usedBy(reserved, session, lane, LATER_MS);
    const refused = [
      ['HASH_MISMATCH', { transient: { open: other.text } }],
      ['HASH_MISMATCH', { command: { useHash: '0'.repeat(64) } }],
      ['FORBIDDEN', { caller: by('USGPC', 'aaa') }],
    ] as const;
    for (const [code, change] of refused) assert.equal(await ledger.refusal(but(told, change)), code);
  });

  it('undoes a no-show by either party, until it is charged', async () => {
    const { ledger, reserved } = await withReservation();
    const { lane, session } = await sessionFor(ledger);
    await ledger.submit(call(about(reserved, 'noShow', by('USDUK', 'aaa'), LATER_MS)));
    const told = usedBy(reserved, session, lane, LATER_MS + 1, by('USALP', 'aaa'));
    assert.equal(await ledger.refusal(call(told)), 'ok');
    const dueMs = LATER_MS + BOOKING.contestMs + 1;
    const note = chargeCall('c1', [[reserved, BOOKING.noShowMicros.gold]], dueMs, {
      periodId: monthAt(dueMs),
    });
    await ledger.submit(call(note));
    assert.equal(await ledger.refusal(call(told)), 'WRONG_STATE');
  });
});

describe('a reservation of an operator’s own customer at its own outlet', () => {
  const own = { vun: 'USDUK', hun: 'USDUK' };
  const witnessed = async () => {
    const ledger = await withGroundwork();
    amend(ledger, `agreement:${AGREEMENT_ID}`, { parties: ['USDUK', 'USDUK'], witness: 'USALP' });
    const reserved = await reservation('r1', { wish: { iss: 'USDUK' }, key: KEYS.USDUK });
    return { ledger, reserved, grant: but(reserved.grant, { command: own }) };
  };

  it('is endorsed by the witness, who keeps no body, and owes nobody anything', async () => {
    const { ledger, reserved, grant } = await witnessed();
    assert.equal(await ledger.refusal(call(reserved.grant)), 'OUTSIDE_AGREEMENT');
    const { writes } = await ledger.submit(grant);
    assert.deepEqual(writes.endorsers['reservation:r1'], BOTH);
    for (const [key, endorsers] of Object.entries(writes.endorsers))
      if (key.startsWith('slot:')) assert.deepEqual(endorsers, BOTH);
    const keepers = Object.keys(writes.private).filter((key) => key.endsWith(privateKey.reservation('r1')));
    assert.deepEqual(
      keepers.map((key) => key.slice(0, key.indexOf('/'))),
      [`_implicit_org_${MSP.USDUK}`],
    );
    assert.equal(
      await ledger.refusal(call(about(reserved, 'cancel', by('USALP', 'aaa'), NOW_MS))),
      'FORBIDDEN',
    );
    const waitedMs = START_MS + BOOKING.holdMs;
    await ledger.submit(call(about(reserved, 'noShow', by('USDUK', 'aaa'), waitedMs)));
    assert.equal(stateOf(ledger), 'no-show');
    const dueMs = waitedMs + BOOKING.contestMs + 1;
    const note = chargeCall('c1', [[reserved, BOOKING.noShowMicros.gold]], dueMs, {
      ...own,
      periodId: monthAt(dueMs),
    });
    assert.equal(await ledger.refusal(but(note, { command: own })), 'OUTSIDE_AGREEMENT');
  });

  it('is not asked for by another utility under the agreement with itself', async () => {
    const { ledger } = await witnessed();
    const others = await reservation('r1', { key: KEYS.USALP });
    assert.equal(await ledger.refusal(but(others.grant, { command: own })), 'BAD_SIGNATURE');
  });
});
