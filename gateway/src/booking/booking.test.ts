import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import {
  bookedSpans,
  chargeRunAnswer,
  reservationPage,
  routeRequest,
  shownReservation,
  slotsOf,
  stationReservations,
  type BookingAnswer,
  type ReservationRecord,
  type StationCalendar,
} from '@roamgrid/wire';
import fc from 'fast-check';
import { calendarsOf } from '../testing/calendars.ts';
import { advanceTo, testNow } from '../testing/clock.ts';
import { DUKE, type TestSite } from '../testing/consortium.ts';
import { gatewayRig, until, type GatewayRig, type TestGateway } from '../testing/gateway-rig.ts';
import { proveAll } from '../testing/prove-all.ts';
import { json, properGrant } from '../testing/router-peer.ts';
import { startAt, stopAfter } from '../testing/session-driver.ts';
import type { StationPeer } from '../testing/station-peer.ts';
import { askFor, QUARTER_MS, wishOf } from '../testing/wishes.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Concurrent wishes; ten thousand with `ROAMGRID_BOOKING_TRIES=10000`. */
const TRIES = Number(process.env['ROAMGRID_BOOKING_TRIES'] ?? 100);

/** So many of them at once: more sockets than that a client of one process does not keep. */
const IN_FLIGHT = 400;

/** Lets so many questions be under way, and the next one begin when one is answered. */
const inFlight = (most: number) => {
  const waiting: (() => void)[] = [];
  let free = most;
  return async <T>(ask: () => Promise<T>): Promise<T> => {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    else free -= 1;
    try {
      return await ask();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
};

const site = (stationId: string, outlets: number): TestSite => ({
  stationId,
  group: 'bk',
  evses: Array.from({ length: outlets }, (_, at) => ({
    evseId: `US*DUK*E${stationId.replaceAll('-', '').toUpperCase()}*${at + 1}`,
    meterId: `M-${stationId}-${at + 1}`,
  })),
});
/** One degree of latitude is 111 km: s2 is 9 km north of s1, s3 14 km. */
const place = (km: number) => ({ latitudeE6: 36_000_000 + Math.round(km * 8_993), longitudeE6: -78_900_000 });

describe('booking ahead', function () {
  this.timeout(90_000 + TRIES * 100);
  let rig: GatewayRig;
  const peers = new Map<string, StationPeer>();

  const calendars = calendarsOf(() => rig.duke);
  const calendar = async (stationId: string, said: Partial<StationCalendar>): Promise<StationCalendar> => {
    const { version } = await calendars.read(stationId);
    return calendars.write(stationId, { version, tasks: [], ...said });
  };
  const tasksAt = async (stationId: string) => (await calendars.read(stationId)).tasks;
  const booked = (answer: BookingAnswer) => {
    assert.ok(answer.outcome === 'booked', inspect(answer));
    return answer.reservation;
  };
  const stateOf = async (gateway: TestGateway, reservationId: string) => {
    const role = gateway === rig.duke ? 'vun' : 'hun';
    const { body } = await gateway.ask('aaa', 'GET', `/internal/v1/reservations?role=${role}&limit=500`);
    return reservationPage.parse(body).items.find(({ record }) => record.reservationId === reservationId);
  };

  before(async () => {
    rig = await gatewayRig('booking', { booking: { lookEvery: 200, gather: 300 } });
    for (const [id, outlets] of [
      ['bk-s1', 1],
      ['bk-s2', 1],
      ['bk-s3', 2],
      ['bk-r1', 2],
      ['bk-r2', 2],
    ] as const)
      peers.set(id, await rig.register(site(id, outlets)));
  });
  after(() => rig.close());

  describe('at a station that shares its power with servers (SITE-5)', () => {
    const power = { powerW: 50_000n };
    const task = (taskId: string, endMs: number, powerW: bigint, movable = false) => ({
      taskId,
      startMs: testNow() - HOUR_MS,
      endMs,
      powerW,
      movable,
    });
    beforeEach(async () => {
      await calendar('bk-s1', { ...power, place: place(0) });
      await calendar('bk-s2', { ...power, place: place(9) });
      await calendar('bk-s3', { ...power, place: place(14) });
    });
    let at = 0;
    /** A span that no other case books. */
    const span = () => {
      at += 1;
      const fromMs = testNow() + (5 + at * 2) * HOUR_MS;
      return { fromMs, untilMs: fromMs + HOUR_MS };
    };

    it('is denied beside a task that may not move, with the stations 9 and 14 km away in this order', async () => {
      const { fromMs, untilMs } = span();
      await calendar('bk-s1', { ...power, place: place(0), tasks: [task('t1', untilMs, 45_000n)] });
      const answer = await askFor(rig, rig.duke, wishOf({ stationId: 'bk-s1', fromMs, untilMs }));
      assert.ok(answer.outcome === 'denied');
      assert.equal(answer.why, 'POWER_TAKEN');
      const near = answer.alternatives.filter(({ stationId }) => stationId.startsWith('bk-s'));
      assert.deepEqual(
        near.map(({ stationId, distanceM }) => [stationId, Math.round(distanceM / 1_000)]),
        [
          ['bk-s2', 9],
          ['bk-s3', 14],
        ],
      );
      // 20 kWh at 0.25 a kWh.
      assert.deepEqual([...new Set(answer.alternatives.map(({ priceMicros }) => priceMicros))], [5_000_000n]);
      const byTravel = await askFor(rig, rig.duke, wishOf({ stationId: 'bk-s1', fromMs, untilMs }), {
        from: place(20),
        rankBy: ['travel'],
      });
      assert.ok(byTravel.outcome === 'denied');
      assert.deepEqual(
        byTravel.alternatives.slice(0, 2).map(({ stationId }) => stationId),
        ['bk-s3', 'bk-s2'],
      );
    });

    it('is granted after a task that ends within the driver’s patience, and stands on both utilities’ ledgers', async () => {
      const { fromMs, untilMs } = span();
      const endMs = fromMs + 4 * MINUTE_MS;
      await calendar('bk-s1', { ...power, place: place(0), tasks: [task('t2', endMs, 45_000n)] });
      const wish = wishOf({ stationId: 'bk-s1', fromMs, untilMs });
      const { record, body } = booked(await askFor(rig, rig.duke, wish));
      assert.deepEqual(
        [body?.outcome, record.fromMs, record.untilMs],
        ['after-task', endMs, endMs + HOUR_MS],
      );
      const there = await until('home reads it', () => stateOf(rig.alabama, wish.reservationId));
      assert.deepEqual(there, { record, body });
      const again = booked(await askFor(rig, rig.duke, { ...wish, fromMs: fromMs + 1 }));
      assert.deepEqual(again.record, record);
    });

    it('is granted when a task goes on elsewhere, under its own id from then on', async () => {
      const { fromMs, untilMs } = span();
      const running = task('t3', untilMs, 45_000n, true);
      await calendar('bk-s1', { ...power, place: place(0), tasks: [running] });
      const { body } = booked(await askFor(rig, rig.duke, wishOf({ stationId: 'bk-s1', fromMs, untilMs })));
      assert.equal(body?.outcome, 'moved');
      const [left] = await tasksAt('bk-s1');
      const to = left?.movesTo?.stationId ?? 'nowhere';
      assert.deepEqual(left, { ...running, endMs: fromMs, movesTo: { stationId: to, fromMs } });
      assert.deepEqual(await tasksAt(to), [{ ...running, startMs: fromMs }]);
    });

    it('moves a task no further before it has moved, keeps it moved whoever writes, and ends it there when it ends here', async () => {
      const { fromMs, untilMs } = span();
      const running = task('t5', untilMs, 45_000n, true);
      await calendar('bk-s1', { ...power, place: place(0), tasks: [running] });
      booked(await askFor(rig, rig.duke, wishOf({ stationId: 'bk-s1', fromMs, untilMs })));
      const movesTo = { stationId: 'bk-s2', fromMs };
      const there = await askFor(rig, rig.duke, wishOf({ stationId: 'bk-s2', fromMs, untilMs }));
      assert.deepEqual(there.outcome === 'denied' && there.why, 'POWER_TAKEN');
      // Whoever keeps it may say more of it, and not take the move back.
      const later = { ...running, endMs: untilMs + HOUR_MS, by: 's1' };
      await calendar('bk-s1', { ...power, place: place(0), tasks: [later] });
      assert.deepEqual(await tasksAt('bk-s1'), [{ ...later, endMs: fromMs, movesTo }]);
      assert.deepEqual(await tasksAt('bk-s2'), [{ ...running, startMs: fromMs }]);
      await calendar('bk-s1', { ...power, place: place(0) });
      assert.deepEqual(await tasksAt('bk-s2'), []);
    });

    it('leaves a task where it is when the booking that would have moved it is cancelled', async () => {
      const { fromMs, untilMs } = span();
      const running = task('t6', untilMs, 45_000n, true);
      await calendar('bk-s1', { ...power, place: place(0), tasks: [running] });
      const wish = wishOf({ stationId: 'bk-s1', fromMs, untilMs });
      booked(await askFor(rig, rig.duke, wish));
      assert.equal((await tasksAt('bk-s2')).length, 1);
      const { status } = await rig.duke.ask(
        'aaa',
        'POST',
        `/internal/v1/reservations/${wish.reservationId}/cancel`,
      );
      assert.equal(status, 200);
      await until('it is back', async () => ((await tasksAt('bk-s2')).length === 0 ? true : undefined));
      assert.deepEqual(await tasksAt('bk-s1'), [running]);
    });

    it('refuses who writes what he has not seen, or tasks that contradict one another', async () => {
      const { version } = await calendars.read('bk-s1');
      const [one] = [task('t7', testNow() + HOUR_MS, 1_000n)];
      await calendars.write('bk-s1', { ...power, version, tasks: [one] });
      assert.deepEqual(await calendars.refusal('bk-s1', { version, tasks: [] }), [409, 'VERSION_OLD']);
      const now = await calendars.read('bk-s1');
      assert.deepEqual([now.version, now.tasks], [version + 1, [one]]);
      for (const tasks of [[one, one], [{ ...one, endMs: one.startMs - 1 }]])
        assert.deepEqual(await calendars.refusal('bk-s1', { ...now, tasks }), [422, 'CALENDAR_INVALID']);
    });

    it('loses nothing that operators, controllers and bookings write at once', async () => {
      const { fromMs, untilMs } = span();
      const big = { ...task('t8', untilMs, 45_000n, true), by: 's1' };
      await calendar('bk-s1', { ...power, place: place(0), tasks: [big] });
      await calendar('bk-s2', { ...power, place: place(9) });
      const small = (taskId: string) => task(taskId, fromMs, 10n);
      const writers = Array.from({ length: 6 }, (_, at) => at);
      const [answer, ...lost] = await Promise.all([
        askFor(rig, rig.duke, wishOf({ stationId: 'bk-s1', fromMs, untilMs })),
        ...writers.flatMap((at) =>
          (['bk-s1', 'bk-s2'] as const).map((stationId) =>
            calendars.change(at % 2 === 0 ? 'operator' : 'aaa', stationId, (now) => ({
              ...now,
              tasks: [...now.tasks, small(`w${at}`)],
            })),
          ),
        ),
      ]);
      assert.equal(booked(answer).body?.outcome, 'moved');
      assert.ok(
        lost.some((times) => times > 0),
        'nobody wrote at once',
      );
      const ids = async (stationId: string) => (await tasksAt(stationId)).map(({ taskId }) => taskId).sort();
      const all = writers
        .map((at) => `w${at}`)
        .concat('t8')
        .sort();
      assert.deepEqual(await ids('bk-s1'), all);
      assert.deepEqual(await ids('bk-s2'), all);
    });

    it('is slow charging beside a task that takes half, which the driver takes or leaves', async () => {
      const { fromMs, untilMs } = span();
      await calendar('bk-s1', { ...power, place: place(0), tasks: [task('t4', untilMs, 25_000n)] });
      const wish = wishOf({ stationId: 'bk-s1', fromMs, untilMs, powerW: 40_000n });
      const answer = await askFor(rig, rig.duke, wish);
      assert.ok(answer.outcome === 'offered');
      const { offer } = answer;
      assert.deepEqual([offer.powerW, offer.durationMs, offer.priceMicros], [25_000n, HOUR_MS, 5_000_000n]);
      assert.ok(answer.alternatives.some(({ stationId }) => stationId === 'bk-s2'));
      assert.equal(await stateOf(rig.duke, wish.reservationId), undefined);
      const { body, record } = booked(
        await askFor(
          rig,
          rig.duke,
          { ...wish, untilMs: offer.untilMs, leastW: offer.powerW },
          { slow: 'take' },
        ),
      );
      assert.deepEqual([body?.outcome, body?.powerW, record.untilMs], ['partial', 25_000n, offer.untilMs]);
    });
  });

  it('says why home’s wish cannot be booked, in the contract’s own codes', async () => {
    const cases = [
      ['OUTSIDE_AGREEMENT', { fromMs: testNow() + 25 * HOUR_MS, untilMs: testNow() + 26 * HOUR_MS }],
      ['OVER_CAP', { feeMicros: 1n }],
      ['OUTSIDE_AGREEMENT', { agreementId: 'none' }],
      ['BAD_SIGNATURE', { aud: 'USGPC' }],
      ['EXPIRED', { validUntilMs: testNow() - 1 }],
    ] as const;
    for (const [code, over] of cases) {
      const answer = await askFor(rig, rig.duke, wishOf({ stationId: 'bk-r1', ...over }));
      assert.deepEqual([answer.outcome, 'code' in answer && answer.code], ['denied', code]);
    }
    const nowhere = await askFor(rig, rig.duke, wishOf({ stationId: 'bk-r9' }));
    assert.deepEqual(nowhere.outcome === 'denied' && nowhere.why, 'STATION_UNKNOWN');
  });

  it('hears the higher level first among wishes that come at once, and lets it book further ahead', async () => {
    const fromMs = testNow() + 12 * HOUR_MS;
    const levels = ['none', 'gold', 'diamond', 'platinum'] as const;
    const ask = (stationId: string, startMs: number) =>
      Promise.all(
        levels.map((loyalty) =>
          askFor(rig, rig.duke, wishOf({ stationId, loyalty, fromMs: startMs, untilMs: startMs + HOUR_MS })),
        ),
      );
    const outcomes = async (stationId: string, startMs: number) =>
      (await ask(stationId, startMs)).map(({ outcome }) => outcome);
    // One outlet: whoever is heard first has it. `none` may not book so far ahead at all.
    assert.deepEqual(await outcomes('bk-s2', fromMs), ['denied', 'denied', 'denied', 'booked']);
    assert.deepEqual(await outcomes('bk-s3', testNow() + 36 * HOUR_MS), [
      'denied',
      'denied',
      'booked',
      'booked',
    ]);
    const fees = (await ask('bk-s1', testNow() + 5.5 * HOUR_MS)).map((answer) =>
      answer.outcome === 'booked' ? answer.reservation.body?.feeMicros : undefined,
    );
    assert.ok(fees.includes(500_000n), 'the highest level pays the least');
  });

  it('keeps the outlet for who booked it, whose swipe makes it used; the fee is charged once', async () => {
    const peer = peers.get('bk-r1') ?? assert.fail();
    const [evseId] = site('bk-r1', 2).evses.map((each) => each.evseId);
    assert.ok(evseId);
    const fromMs = testNow() + 5 * MINUTE_MS;
    const wish = wishOf({ stationId: 'bk-r1', evseId, fromMs, untilMs: fromMs + HOUR_MS });
    booked(await askFor(rig, rig.duke, wish));
    advanceTo(fromMs + MINUTE_MS);
    rig.router.behaviour = async ({ body }, response, proper) => {
      if (typeof body === 'object' && body !== null && 'offer' in body) {
        const grant = await properGrant(routeRequest.parse(body), rig.home, { cinRef: 'd2'.repeat(32) });
        json(response, 200, grant);
      } else await proper();
    };
    const other = await peer.post('swipes', peer.swipeRequest({ evseId }));
    rig.router.behaviour = undefined;
    assert.deepEqual([other.body['outcome'], other.body['code']], ['refused', 'OUTLET_RESERVED']);

    // The station may be told so, and knows who comes for it.
    const waiting = await peer.get('reservations');
    const { waitsUntilMs, ...mine } =
      stationReservations.parse(waiting.body).reservations[0] ?? assert.fail();
    assert.deepEqual(mine, { reservationId: wish.reservationId, evseId, fromMs, untilMs: wish.untilMs });
    assert.equal(waitsUntilMs, fromMs + 15 * MINUTE_MS);
    const own = await peer.post('swipes', peer.swipeRequest({ evseId }));
    assert.deepEqual([own.body['outcome'], own.body['reservationId']], ['offer', wish.reservationId]);

    const session = await startAt(peer, evseId);
    const used = await until('the reservation is used', async () => {
      const shown = await stateOf(rig.alabama, wish.reservationId);
      return shown?.record.state === 'used' && shown.use !== undefined ? shown : undefined;
    });
    assert.equal(used.use?.sessionId, session.sessionId);
    assert.deepEqual((await peer.get('reservations')).body, { reservations: [] });
    await stopAfter(peer, session, MINUTE_MS, 100n);

    const periodId = new Date(testNow()).toISOString().slice(0, 7);
    const run = async () => {
      const { status, body } = await rig.duke.ask('aaa', 'POST', `/internal/v1/periods/${periodId}/charges`);
      assert.equal(status, 200, JSON.stringify(body));
      return chargeRunAnswer.parse(body).charges;
    };
    const notes = await run();
    const items = notes.flatMap(({ body }) => body.items);
    const charged = items.filter(
      (item) => item.kind === 'reservation' && item.reservationId === wish.reservationId,
    );
    assert.deepEqual(
      charged.map(({ amountMicros }) => amountMicros),
      [1_500_000n],
    );
    assert.deepEqual((await run()).length, notes.length);
    const toBeNetted = await until('it waits to be netted', async () => {
      const { body } = await rig.alabama.ask(
        'aaa',
        'GET',
        `/internal/v1/periods/${periodId}/charges?role=hun`,
      );
      return chargeRunAnswer.parse(body).charges[0];
    });
    assert.equal(toBeNetted.record.state, 'accepted');
  });

  it('is cancelled by home in time for nothing, later at the agreed price, and a no-show when nobody comes', async () => {
    const cancel = async (gateway: TestGateway, id: string) => {
      const { status, body } = await gateway.ask('aaa', 'POST', `/internal/v1/reservations/${id}/cancel`);
      assert.equal(status, 200, JSON.stringify(body));
      return shownReservation.parse(body).record.state;
    };
    const soon = testNow() + 20 * MINUTE_MS;
    const wishes = [
      wishOf({ stationId: 'bk-r1', fromMs: testNow() + 4 * HOUR_MS, untilMs: testNow() + 5 * HOUR_MS }),
      wishOf({ stationId: 'bk-r2', fromMs: soon, untilMs: soon + HOUR_MS }),
      wishOf({ stationId: 'bk-r2', fromMs: soon, untilMs: soon + HOUR_MS }),
    ] as const;
    for (const wish of wishes) booked(await askFor(rig, rig.duke, wish));
    const [free, late, missed] = wishes.map(({ reservationId }) => reservationId);
    assert.ok(free !== undefined && late !== undefined && missed !== undefined);
    await until('home knows', () => stateOf(rig.alabama, missed));
    assert.equal(await cancel(rig.alabama, free), 'cancelled');
    assert.equal(await cancel(rig.alabama, free), 'cancelled');
    assert.equal(await cancel(rig.alabama, late), 'cancelled-late');
    advanceTo(soon + 15 * MINUTE_MS + 1);
    const shown = await until('nobody came', async () => {
      const found = await stateOf(rig.duke, missed);
      return found?.record.state === 'no-show' ? found : undefined;
    });
    assert.equal(shown.record.chargeId, undefined);
    const periodId = new Date(testNow()).toISOString().slice(0, 7);
    const { body } = await rig.duke.ask('aaa', 'POST', `/internal/v1/periods/${periodId}/charges`);
    const items = chargeRunAnswer.parse(body).charges.flatMap((note) => note.body.items);
    const amount = (id: string) =>
      items
        .filter((item) => item.kind === 'reservation' && item.reservationId === id)
        .map(({ amountMicros }) => amountMicros);
    assert.deepEqual([free, late, missed].map(amount), [[], [5_000_000n], [5_000_000n]]);
  });

  it(`books no outlet twice in ${TRIES} tries at once through two gateways, and as many as fit`, async () => {
    const second = await rig.start(DUKE, 'booking_second');
    await second.running.readUpTo(BigInt(rig.duke.running.height()));
    const baseMs = Math.ceil(testNow() / QUARTER_MS) * QUARTER_MS + 14 * HOUR_MS;
    const wishes = fc.sample(
      fc.record({
        stationId: fc.constantFrom('bk-r1', 'bk-r2'),
        first: fc.nat({ max: 23 }),
        slots: fc.integer({ min: 1, max: 6 }),
      }),
      { numRuns: TRIES, seed: 7 },
    );
    const asked = inFlight(IN_FLIGHT);
    const answers = await Promise.all(
      wishes.map(async ({ stationId, first, slots }, at) => {
        const fromMs = baseMs + first * QUARTER_MS;
        const wish = wishOf({ stationId, fromMs, untilMs: fromMs + slots * QUARTER_MS, powerW: 10_000n });
        const gateway = at % 2 === 0 ? rig.duke : second;
        return { wish, answer: await asked(() => askFor(rig, gateway, wish)) };
      }),
    );
    const records = answers.flatMap(({ answer }) =>
      answer.outcome === 'booked' ? [answer.reservation.record] : [],
    );
    const slots = (list: readonly ReservationRecord[]) =>
      list.flatMap(({ evseId, fromMs, untilMs }) =>
        slotsOf(fromMs, untilMs).map((slotMs) => `${evseId} ${slotMs}`),
      );
    const taken = new Set(slots(records));
    assert.equal(taken.size, slots(records).length, 'an outlet was booked twice');
    assert.ok(records.length > 8);
    for (const { wish, answer } of answers) {
      if (answer.outcome === 'booked') continue;
      assert.ok(answer.outcome === 'denied' && answer.why === 'OUTLET_TAKEN');
      const fits = site(wish.stationId, 2).evses.some(({ evseId }) =>
        slotsOf(wish.fromMs, wish.untilMs).every((slotMs) => !taken.has(`${evseId} ${slotMs}`)),
      );
      assert.ok(!fits, 'it was denied though it would fit');
      assert.ok(answer.alternatives.some(({ stationId }) => stationId === 'bk-s3'));
    }
    // What the ledger has is what was answered, nothing more.
    const shown = await Promise.all(
      ['bk-r1', 'bk-r2'].map(async (stationId) => {
        const path = `/operator/v1/stations/${stationId}/reservations?fromMs=${baseMs}&untilMs=${baseMs + 12 * HOUR_MS}`;
        return bookedSpans.parse((await rig.duke.ask('operator', 'GET', path)).body).items;
      }),
    );
    assert.deepEqual(
      shown
        .flat()
        .map(({ record }) => record.reservationId)
        .sort(),
      records.map(({ reservationId }) => reservationId).sort(),
    );
  });

  it('leaves a ledger that holds for an auditor who has nothing of ours, with every reservation and note', async () => {
    const { ledger } = await proveAll(rig, []);
    for (const state of ['used', 'cancelled', 'cancelled-late', 'no-show'])
      assert.ok((ledger.reservations.get(state) ?? 0) > 0, state);
    assert.ok((ledger.charges.get('accepted') ?? 0) > 0);
  });
});
