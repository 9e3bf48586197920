import assert from 'node:assert/strict';
import { BOOKING_LIMITS, privateKey, slotsOf, type JsonValue } from '@roamgrid/wire';
import type { MemoryLedger } from '../testing/memory-ledger.ts';
import { openSession } from '../testing/opened.ts';
import {
  AGREEMENT_ID,
  BOOKING,
  by,
  call,
  DAY_MS,
  EVSE_ID,
  HOUR_MS,
  KEYS,
  monthAt,
  MSP,
  NOW_MS,
  termsOf,
} from '../testing/parties.ts';
import { amend, but, withGroundwork } from '../testing/prepared.ts';
import { Lane } from '../testing/lane.ts';
import {
  about,
  chargeCall,
  reservation,
  usedBy,
  type ReservationOptions,
  type TestReservation,
} from '../testing/reservations.ts';

const BOTH = [MSP.USALP, MSP.USDUK];
const START_MS = NOW_MS + 2 * HOUR_MS;

const withReservation = async (options: ReservationOptions = {}) => {
  const ledger = await withGroundwork();
  const reserved = await reservation('r1', options);
  const { writes } = await ledger.submit(call(reserved.grant));
  return { ledger, reserved, writes };
};
const stateOf = (ledger: MemoryLedger, id = 'r1') =>
  (JSON.parse(ledger.state.get(`reservation:${id}`) ?? '{}') as { state?: string }).state;
const taken = (ledger: MemoryLedger): readonly (string | undefined)[] =>
  [...ledger.state]
    .filter(([key]) => key.startsWith('slot:'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, text]) => (JSON.parse(text) as { reservationId?: string }).reservationId);

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
    for (const key of slots) assert.deepEqual(writes.endorsers[key], [MSP.USDUK]);
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
    await ledger.submit(call(about(reserved, 'cancel', by('USALP', 'aaa'), NOW_MS)));
    assert.deepEqual(
      taken(ledger),
      Array.from({ length: 8 }, () => undefined),
    );
    const again = await reservation('r3', { wish: { fromMs: START_MS, untilMs: START_MS + HOUR_MS } });
    await ledger.submit(call(again.grant));
    assert.equal(taken(ledger).filter((id) => id === 'r3').length, 4);
  });
});

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

const sessionFor = async (ledger: MemoryLedger, options: Parameters<typeof openSession>[1] = {}) => {
  const lane = new Lane();
  const session = await openSession(1, { openedAtMs: START_MS + 60_000, ...options });
  await ledger.submit(call({ ...lane.open([session]), nowMs: START_MS + 61_000 }));
  return { lane, session };
};

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
