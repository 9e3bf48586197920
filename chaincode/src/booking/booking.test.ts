import assert from 'node:assert/strict';
import { BOOKING_LIMITS, privateKey, slotsOf } from '@roamgrid/wire';
import {
  AGREEMENT_ID,
  BOOKING,
  by,
  call,
  DAY_MS,
  EVSE_ID,
  HOUR_MS,
  KEYS,
  MSP,
  NOW_MS,
  termsOf,
} from '../testing/parties.ts';
import { amend, but, withGroundwork } from '../testing/prepared.ts';
import { about, reservation, type ReservationOptions } from '../testing/reservations.ts';
import { BOTH, START_MS, taken, withReservation } from '../testing/reserved.ts';

describe('booking.grant', () => {
  it('writes one record, a key for each quarter-hour, and the body for the two utilities alone', async () => {
    const { reserved, writes } = await withReservation();
    assert.deepEqual(writes.public['reservation:r1'], {
      type: 'reservation',
      version: 1,
      reservationId: 'r1',
      agreementId: AGREEMENT_ID,
      vun: 'USDUK',
      hun: 'USALP',
      evseId: EVSE_ID,
      fromMs: START_MS,
      untilMs: START_MS + 2 * HOUR_MS,
      state: 'granted',
      bodyHash: reserved.grant.command.bodyHash,
      grantedAtMs: NOW_MS,
      changedAtMs: NOW_MS,
    });
    assert.deepEqual(writes.endorsers['reservation:r1'], BOTH);
    const slots = Object.keys(writes.public).filter((key) => key.startsWith('slot:'));
    assert.equal(slots.length, 8);
    for (const key of slots) assert.deepEqual(writes.endorsers[key], BOTH);
    const bodies = BOTH.map((msp) => writes.private[`_implicit_org_${msp}/${privateKey.reservation('r1')}`]);
    for (const body of bodies) assert.deepEqual(body, JSON.parse(reserved.text));
    const open = JSON.stringify(writes.public);
    for (const secret of [reserved.wish.cinRef, reserved.body.wish, '1500000', 'gold'])
      assert.ok(!open.includes(secret), secret);
  });

  it('refuses what home did not sign, each by its code', async () => {
    const ledger = await withGroundwork();
    const { wish } = await reservation('r1');
    const later = { fromMs: wish.fromMs + 600_001 };
    const cases: readonly (readonly [string, ReservationOptions])[] = [
      ['BAD_SIGNATURE', { key: KEYS.stranger }],
      ['BAD_SIGNATURE', { key: KEYS.USDUK }],
      ['BAD_SIGNATURE', { wish: { reservationId: 'r2' } }],
      ['BAD_SIGNATURE', { wish: { iss: 'USGPC' } }],
      ['BAD_SIGNATURE', { wish: { aud: 'USGPC' } }],
      ['BAD_SIGNATURE', { wish: { channel: 'other' } }],
      ['BAD_SIGNATURE', { wish: { agreementId: 'another' } }],
      ['BAD_SIGNATURE', { granted: later }],
      ['BAD_SIGNATURE', { granted: { fromMs: wish.fromMs - 1 } }],
      ['BAD_SIGNATURE', { granted: { untilMs: wish.untilMs + 600_001 } }],
      ['BAD_SIGNATURE', { granted: { untilMs: wish.untilMs - 1 } }],
      ['BAD_SIGNATURE', { wish: { evseId: 'US*DUK*E0001*2' } }],
      ['BAD_SIGNATURE', { body: { powerW: 19_999n, outcome: 'partial' } }],
      ['BAD_SIGNATURE', { body: { powerW: 80_001n } }],
      ['INVALID_ARGUMENT', { body: { powerW: 50_000n } }],
      ['INVALID_ARGUMENT', { body: { outcome: 'partial' } }],
      ['INVALID_ARGUMENT', { wish: { powerW: 150_001n } }],
      ['INVALID_ARGUMENT', { body: { reservationId: 'r2' } }],
      ['NOT_FOUND', { granted: { evseId: 'US*DUK*E0001*2' } }],
      ['NOT_FOUND', { wish: { stationId: 'duk-9' } }],
      ['OVER_CAP', { wish: { feeMicros: BOOKING.feeMicros.gold - 1n } }],
      ['OVER_CAP', { wish: { noShowMicros: BOOKING.noShowMicros.gold - 1n } }],
      ['EXPIRED', { wish: { validUntilMs: NOW_MS - 1 } }],
      ['EXPIRED', { wish: { issuedAtMs: NOW_MS - HOUR_MS - 1, validUntilMs: NOW_MS + 1 } }],
      ['EXPIRED', { wish: { issuedAtMs: NOW_MS + 300_001, validUntilMs: NOW_MS + HOUR_MS } }],
      ['EXPIRED', { wish: { fromMs: NOW_MS - 2 * HOUR_MS, untilMs: NOW_MS } }],
      ['EXPIRED', { wish: { fromMs: NOW_MS - 900_001, untilMs: NOW_MS + 1 } }],
      ['INVALID_ARGUMENT', { granted: { untilMs: wish.fromMs } }],
      ['INVALID_ARGUMENT', { wish: { untilMs: wish.fromMs + 32 * BOOKING_LIMITS.slotMs + 1 } }],
      ['OUTSIDE_AGREEMENT', { wish: { currency: 'EUR' } }],
      ['OUTSIDE_AGREEMENT', { body: { currency: 'EUR' } }],
      ['OUTSIDE_AGREEMENT', { body: { feeMicros: BOOKING.feeMicros.none } }],
      ['OUTSIDE_AGREEMENT', { body: { noShowMicros: 0n } }],
      ['OUTSIDE_AGREEMENT', { body: { freeUntilMs: NOW_MS } }],
      ['OUTSIDE_AGREEMENT', { body: { holdUntilMs: wish.fromMs } }],
      ['OUTSIDE_AGREEMENT', { wish: { fromMs: NOW_MS + 48 * HOUR_MS + 1, untilMs: NOW_MS + 49 * HOUR_MS } }],
      ['ok', { wish: { fromMs: NOW_MS + 48 * HOUR_MS, untilMs: NOW_MS + 49 * HOUR_MS } }],
      ['ok', { body: { powerW: 50_000n, outcome: 'partial' } }],
      ['ok', { granted: { fromMs: wish.fromMs + 600_000, untilMs: wish.untilMs + 600_000 } }],
    ];
    for (const [code, options] of cases) {
      const { grant } = await reservation('r1', options);
      assert.equal(
        await ledger.refusal(call(grant)),
        code,
        JSON.stringify(options, (_, v: unknown) =>
          typeof v === 'bigint'
            ? v.toString()
            : typeof v === 'object' && v !== null && 'jwk' in v
              ? 'key'
              : v,
        ),
      );
    }
  });

  it('is the visited utility’s word, under an agreement that books, with home’s terms and body', async () => {
    const ledger = await withGroundwork();
    const { grant } = await reservation('r1');
    const other = await reservation('r1', { terms: termsOf({ noticeMs: 1 }) });
    const cases = [
      ['FORBIDDEN', { caller: by('USALP', 'aaa') }],
      ['FORBIDDEN', { caller: by('USDUK', 'operator') }],
      ['HASH_MISMATCH', { transient: { terms: other.grant.transient.terms } }],
      ['HASH_MISMATCH', { command: { bodyHash: '0'.repeat(64) } }],
    ] as const;
    for (const [code, change] of cases) assert.equal(await ledger.refusal(but(grant, change)), code);
    amend(ledger, 'station:USDUK:duk-1', { status: 'suspended' });
    assert.equal(await ledger.refusal(call(grant)), 'WRONG_STATE');
    amend(ledger, 'station:USDUK:duk-1', { status: 'active' });
    amend(ledger, 'utility:USALP', { status: 'suspended', statusFromMs: NOW_MS - DAY_MS });
    assert.equal(await ledger.refusal(call(grant)), 'WRONG_STATE');
  });

  it('opens each level’s horizon, and the higher the level the further', async () => {
    const ledger = await withGroundwork();
    const reach = async (hours: number) => {
      const levels = [];
      for (const loyalty of ['none', 'gold', 'diamond', 'platinum'] as const) {
        const fromMs = NOW_MS + hours * HOUR_MS;
        const { grant } = await reservation('r1', {
          wish: { loyalty, fromMs, untilMs: fromMs + HOUR_MS },
        });
        if ((await ledger.refusal(call(grant))) === 'ok') levels.push(loyalty);
      }
      return levels.join();
    };
    assert.deepEqual(await Promise.all([6, 48, 96, 240, 241].map(reach)), [
      'none,gold,diamond,platinum',
      'gold,diamond,platinum',
      'diamond,platinum',
      'platinum',
      '',
    ]);
  });

  it('books a quarter-hour once, and again when it was given back', async () => {
    const { ledger, reserved } = await withReservation();
    const spans = [
      [START_MS, START_MS + HOUR_MS],
      [START_MS + 2 * HOUR_MS - 1, START_MS + 3 * HOUR_MS],
      [START_MS - HOUR_MS, START_MS + 1],
      [START_MS + HOUR_MS, START_MS + HOUR_MS + 1],
    ] as const;
    for (const [fromMs, untilMs] of spans) {
      const { grant } = await reservation('r2', { wish: { fromMs, untilMs } });
      assert.equal(await ledger.refusal(call(grant)), 'OVERLAP');
    }
    const beside = await reservation('r2', { wish: { fromMs: START_MS - HOUR_MS, untilMs: START_MS } });
    assert.equal(await ledger.refusal(call(beside.grant)), 'ok');
    assert.equal(await ledger.refusal(call(reserved.grant)), 'CONFLICT');
    const { writes } = await ledger.submit(call(about(reserved, 'cancel', by('USALP', 'aaa'), NOW_MS)));
    const freed = Object.keys(writes.public).filter((key) => key.startsWith('slot:'));
    assert.deepEqual(
      freed.map((key) => writes.endorsers[key]),
      Array.from({ length: 8 }, () => [MSP.USDUK]),
    );
    assert.deepEqual(
      taken(ledger),
      Array.from({ length: 8 }, () => undefined),
    );
    const again = await reservation('r3', { wish: { fromMs: START_MS, untilMs: START_MS + HOUR_MS } });
    await ledger.submit(call(again.grant));
    assert.equal(taken(ledger).filter((id) => id === 'r3').length, 4);
  });
});

describe('slots', () => {
  it('are the quarter-hours that a span touches', () => {
    const at = (minutes: number) => NOW_MS + minutes * 60_000;
    const slots = (from: number, until: number) =>
      slotsOf(at(from), at(until)).map((slotMs) => (slotMs - NOW_MS) / 60_000);
    assert.deepEqual(slots(0, 15), [0]);
    assert.deepEqual(slots(14, 16), [0, 15]);
    assert.deepEqual(slots(0, 0), []);
    assert.deepEqual(slots(30, 15), []);
  });
});
