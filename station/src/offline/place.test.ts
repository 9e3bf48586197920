import assert from 'node:assert/strict';
import { unwrap } from '@roamgrid/domain';
import type { Interval } from '@roamgrid/domain/power';
import {
  bookSlots,
  driverAt,
  offered,
  openDiagnosis,
  signPlaceRules,
  slotsOf,
  type Contact,
  type PublicKey,
} from '@roamgrid/offline';
import { NODE_SUITE } from '@roamgrid/offline/node';
import { CHARGER, EVSE_ID, newKeys, NOW_S, Power, TOKEN } from '@roamgrid/offline/testing';
import { Lot, START, STOP, type LotOptions } from './lot.fixture.ts';

const HOUR_S = 3_600;
const second = (text: string): number => Date.parse(text) / 1_000;

describe('what holds at a place, by words of its utility that phones carry', function () {
  this.timeout(60_000);
  let lot: Lot;
  const open = async (options?: LotOptions): Promise<Lot> => (lot = await Lot.open(options));
  afterEach(() => lot.close());
  const answered = ({ answer }: Contact) => Promise.resolve(answer);
  const endOf = async (phone: Awaited<ReturnType<Lot['phone']>>): Promise<number> =>
    Number(unwrap(await lot.park.meet(phone, START, answered))[2]);
  const many = { limits: { energyWh: 60_000n, costMicros: 99_000_000n, sessions: 9 } };

  it('lets a driver start and stop inside his own quarter of an hour alone, and ends his session with it', async () => {
    // The night before clocks were set back: it is 9:59:58 in New York, and an hour earlier than the day before in UTC.
    const tenS = second('2026-11-01T15:00:00Z');
    await open({ nowS: tenS - 2 });
    const window = { notBeforeS: tenS - HOUR_S, expiresS: tenS + HOUR_S };
    const [a, b] = [lot.driver(), lot.driver()];
    const [phoneA, phoneB] = [await lot.phone({ ...window, ...many }, a), await lot.phone(window, b)];
    // What is booked at the station, as the power core books it.
    const station = { stationId: 's1', powerW: 22_000n, outlets: 1, outletIds: [EVSE_ID] };
    const stations = [{ ...station, distanceM: 0, travelMs: 0, priceMicrosPerKWh: 320_000n }];
    const wish = { stationId: 's1', powerW: 22_000n, leastW: 22_000n, needWh: 5_000n, patienceMs: 0 };
    const intervals: Interval[] = [];
    const book = (requestId: string, startS: number) =>
      bookSlots(
        { stations, intervals, rankBy: [] },
        {
          ...wish,
          requestId,
          startMs: startS * 1_000,
          endMs: (startS + 900) * 1_000,
          priority: 1,
          askedMs: 0,
        },
      );
    for (const [intervalId, startS] of [
      ['A', tenS],
      ['B', tenS + 900],
    ] as const) {
      const answer = unwrap(book(intervalId, startS));
      assert.ok(answer.outcome === 'granted');
      intervals.push({ ...answer.booked, intervalId, kind: 'reservation', outletId: EVSE_ID });
    }
    const offGrid = book('C', tenS + 420);
    assert.equal(offGrid.ok ? '' : offGrid.error.code, 'SLOT_OFF_GRID');
    assert.equal(unwrap(book('D', tenS)).outcome, 'denied');
    const named = ({ key }: typeof a) => driverAt(EVSE_ID, key, NODE_SUITE);
    const drivers = new Map([['A', await named(a)], ['B', await named(b)]]); // prettier-ignore
    const slots = slotsOf(intervals, EVSE_ID, (intervalId) => drivers.get(intervalId));
    await lot.rule({ reservations: true, zone: 'America/New_York' });
    await lot.reserve(slots);

    const buttons = (whose: 'A' | 'B', atS: number) =>
      offered(slots, drivers.get(whose) ?? assert.fail(), atS);
    const [shown, hidden] = [
      { authorise: true, stop: true },
      { authorise: false, stop: false },
    ];
    assert.deepEqual([buttons('A', tenS - 1), buttons('A', tenS), buttons('A', tenS + 899), buttons('A', tenS + 900)], [hidden, shown, shown, hidden]); // prettier-ignore
    assert.deepEqual([buttons('B', tenS + 899), buttons('B', tenS + 900)], [hidden, shown]);

    assert.equal(await lot.asks(phoneA, START), 'NO_RESERVATION');
    await lot.passUntil(tenS);
    assert.equal(await lot.asks(phoneB, START), 'RESERVED_BY_OTHER');
    assert.equal(await endOf(phoneA), tenS + 900);
    assert.equal(await lot.asks(phoneA, STOP), 'ok', 'inside his slot');
    assert.equal(await endOf(phoneA), tenS + 900);
    await lot.passUntil(tenS + 899);
    assert.equal(lot.park.charger.running, 2);
    await lot.passUntil(tenS + 900);
    assert.equal(lot.park.charger.running, undefined);
    assert.equal(await lot.asks(phoneA, STOP), 'OUTSIDE_SLOT');
    assert.equal(await lot.asks(phoneA, START), 'RESERVED_BY_OTHER');
    assert.equal(await lot.asks(phoneB, START), 'ok');
    const ended = (await lot.collected()).find(({ number }) => number === 2);
    assert.equal(ended?.facts.reason, 'time');
  });

  it('two sessions a day and one hour at most: the third is refused, it stops at 1:00:00, through a cut of power', async () => {
    // The charger looks at its clock once a minute alone: the outlet stops by itself.
    await open({ maxPowerW: 3_000n, tickMs: 60_000 });
    const mine = await lot.phone({ ...many, expiresS: NOW_S + 30 * HOUR_S });
    assert.equal(await lot.rule({ sessionsADay: 2, longestS: HOUR_S, zone: 'America/New_York' }), 'ok');
    await lot.start();
    unwrap(await lot.park.meet(mine, START, answered));
    await lot.pass(HOUR_S * 1_000 - 1_000);
    assert.equal(lot.park.charger.running, 1);
    await lot.pass(2_000);
    assert.equal(lot.park.charger.running, undefined);
    const [first] = await lot.collected();
    assert.deepEqual([first?.facts.reason, first?.facts.lastedMs, first?.facts.energyWh], ['time', 3_600_000, 3_000n]); // prettier-ignore
    unwrap(await lot.park.meet(mine, START, answered));
    await lot.pass(60_000);
    lot.cut();
    // Its clock has a battery.
    lot.park.batteryS = NOW_S + Math.floor(lot.time.nowMs / 1_000);
    await lot.start();
    assert.equal(await lot.asks(mine, START), 'SESSIONS_A_DAY');
    assert.equal(await lot.asks(await lot.phone(), START), 'ok', 'another driver');
    await lot.time.until(lot.park.charger.end('time'));
    // It is past 5 p.m. there: the day after begins in seven hours.
    await lot.passUntil(second('2026-11-29T04:59:00Z'));
    assert.equal(await lot.asks(mine, START), 'SESSIONS_A_DAY');
    // The battery's clock has whole seconds alone.
    await lot.passUntil(second('2026-11-29T05:00:01Z'));
    assert.equal(await lot.asks(mine, START), 'ok');
  });

  it('an older word is refused, one for another charger or of somebody else as well, and a later one holds from then on', async () => {
    await open();
    const mine = await lot.phone(many);
    assert.equal(await lot.rule({ version: 7, hours: [{ days: 1, fromMinute: 0, untilMinute: 60 }] }), 'ok');
    assert.equal(await lot.asks(mine, START), 'OUTSIDE_HOURS');
    assert.equal(await lot.rule({ version: 7 }), 'PLACE_WORD_OLDER');
    assert.equal(await lot.rule({ version: 6 }), 'PLACE_WORD_OLDER');
    assert.equal(await lot.rule({ version: 9, evseId: 'US*DUK*EOTHER' }), 'WORD_FOR_OTHER_CHARGER');
    assert.equal(await lot.rule({ version: 9, zone: 'Mars/Olympus' }), 'WORD_MALFORMED');
    const theirs = await signPlaceRules({ ...lot.rules, version: 9 }, mine.holder);
    const given = unwrap(
      await lot.park.meet(mine, { kind: 'collect' }, (contact) => contact.give('rules', theirs)),
    );
    assert.equal(given.ok ? 'ok' : given.error.code, 'WORD_NOT_OF_OPERATOR');
    assert.equal(await lot.asks(mine, START), 'OUTSIDE_HOURS');
    assert.equal(await lot.rule({ version: 8, kind: 'public-shared', groupIds: ['AIRPORT'] }), 'ok');
    const cityHall = { audience: { kind: 'group', groupId: 'CITY-HALL' } } as const;
    const airport = { audience: { kind: 'group', groupId: 'AIRPORT' } } as const;
    assert.equal(await lot.asks(await lot.phone(cityHall), START), 'OTHER_LOCATION');
    assert.equal(await lot.asks(await lot.phone(airport), START), 'ok');
    assert.equal(await lot.reserve([], 3), 'ok');
    assert.equal(await lot.reserve([], 3), 'PLACE_WORD_OLDER');
  });

  it('when power goes in a word, or right after it, the one before or the new one holds', async () => {
    for (const bytes of [1, 100, 10_000]) {
      await open();
      assert.equal(await lot.rule({ sessionsADay: 1 }), 'ok');
      lot.powerBy(new Power(bytes));
      const isTaken = await lot.rule({ hours: [{ days: 1, fromMinute: 0, untilMinute: 1 }] }).then(
        (said) => said === 'ok',
        () => false,
      );
      assert.equal(isTaken, bytes === 10_000);
      lot.cut();
      await lot.start();
      assert.equal(await lot.asks(await lot.phone(), START), isTaken ? 'OUTSIDE_HOURS' : 'ok');
      if (bytes !== 10_000) lot.close();
    }
  });

  it('a profile that it brought is followed to the second from a session’s begin, and the session is over with it', async () => {
    await open({ maxPowerW: 50_000n, stepMs: 1_000 });
    const periods = [
      { offsetS: 0, limitW: 22_000n },
      { offsetS: 180, limitW: 15_000n },
      { offsetS: 1_080, limitW: 8_000n },
    ];
    await lot.rule({ profile: { durationS: 1_980, periods } });
    const limits = { ...TOKEN.limits, energyWh: 20_000n, costMicros: 9_000_000n };
    const wish = { kind: 'start', energyWh: 20_000n } as const;
    unwrap(await lot.park.meet(await lot.phone({ limits }), wish, answered));
    const { meter } = lot.outlet.shared.memory;
    const atMs: number[] = [];
    let before = meter.state.registerWms;
    for (let passed = 0; passed < 1_990; passed += 1) {
      await lot.pass(1_000);
      const { registerWms } = meter.state;
      const watts = (registerWms - before) / 1_000n;
      if (watts === 22_000n) atMs[0] = passed;
      if (watts === 15_000n) atMs[1] = passed;
      if (watts === 8_000n) atMs[2] = passed;
      before = registerWms;
    }
    const [record] = await lot.collected();
    assert.deepEqual([record?.facts.reason, record?.facts.energyWh, record?.facts.lastedMs], ['time', 6_850n, 1_980_000]); // prettier-ignore
    // The last second of each part.
    assert.ok(
      atMs.every((last, part) => Math.abs(last - ([179, 1_079, 1_979][part] ?? 0)) <= 1),
      String(atMs),
    );
  });

  it('what it says of itself goes to its utility sealed and signed, and nothing else', async () => {
    await open();
    const mine = await lot.phone(many);
    const diagnosed = async () =>
      unwrap(await lot.park.meet(mine, { kind: 'collect' }, (contact) => contact.diagnosed()));
    assert.equal(await diagnosed(), undefined);
    await lot.rule({ version: 4, queries: ['boots', 'faults', 'air', 'what-comes-later', 'versions'] });
    lot.bay.fail('over-temperature');
    const sealed = (await diagnosed()) ?? assert.fail('it says nothing');
    const readAs = async (reader: typeof lot.park.reader, key: PublicKey, evseId = EVSE_ID) =>
      openDiagnosis(mine.suite, [reader], { evseId, key }, sealed);
    const { reader } = lot.park;
    assert.equal(await readAs(await mine.suite.newAgreement(), CHARGER.key), undefined);
    assert.equal(await readAs(reader, newKeys().key), undefined, 'another charger’s key');
    assert.equal(await readAs(reader, CHARGER.key, 'US*DUK*EOTHER'), undefined);
    const said = (await readAs(reader, CHARGER.key)) ?? assert.fail('it cannot be read');
    assert.deepEqual([said.evseId, said.bootCounter, said.firmware], [EVSE_ID, 1, undefined]);
    assert.deepEqual([...said.versions], [['caps', 0], ['issuers', 7], ['rules', 4], ['slots', 0], ['unavailable', 0]]); // prettier-ignore
    assert.ok(Math.abs((said.atS ?? 0) - NOW_S) <= 1);
    assert.deepEqual(
      said.answers.map(({ query, answer }) => [query, answer]),
      [
        ['boots', 1],
        ['faults', ['over-temperature']],
        ['air', [1_040, 450]],
        ['what-comes-later', null],
        ['versions', [4, 7]],
      ],
    );
  });
});
