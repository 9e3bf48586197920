import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  book,
  byBookingOrder,
  freeOutlet,
  freeW,
  withMoves,
  type BookingRequest,
  type Interval,
  type Station,
} from '../index.ts';
import { HOUR_MS, MINUTE_MS, NOW } from '../testing/build.ts';

const station = (stationId: string, minutes: number, more: Partial<Station> = {}): Station => ({
  stationId,
  powerW: 100_000n,
  outlets: 1,
  distanceM: minutes * 700,
  travelMs: minutes * MINUTE_MS,
  priceMicrosPerKWh: 400_000n,
  ...more,
});
const STATIONS = [station('s1', 0), station('s3', 14), station('s2', 9)];

const task = (powerW: bigint, endMs: number, more: Partial<Interval> = {}): Interval => ({
  intervalId: 'task',
  stationId: 's1',
  kind: 'task',
  startMs: NOW - HOUR_MS,
  endMs,
  powerW,
  ...more,
});

const WISH: BookingRequest = {
  requestId: 'wish',
  stationId: 's1',
  startMs: NOW,
  endMs: NOW + HOUR_MS,
  powerW: 80_000n,
  leastW: 20_000n,
  needWh: 80_000n,
  patienceMs: 5 * MINUTE_MS,
  priority: 5,
  askedMs: NOW,
};

const ask = (intervals: readonly Interval[], more: Partial<BookingRequest> = {}) =>
  book({ stations: STATIONS, intervals, rankBy: ['travel', 'price'] }, { ...WISH, ...more });

describe('booking at a station whose servers are busy', () => {
  const sensitive = task(90_000n, NOW + 2 * HOUR_MS);

  it('is denied beside a task that may not be moved, with the stations 9 and 14 minutes away in this order', () => {
    const answer = ask([sensitive]);
    assert.ok(answer.outcome === 'denied');
    assert.deepEqual(
      answer.alternatives.map(({ stationId, travelMs }) => [stationId, travelMs]),
      [
        ['s2', 9 * MINUTE_MS],
        ['s3', 14 * MINUTE_MS],
      ],
    );
  });

  it('ranks alternatives by what the driver cares for', () => {
    const stations = [station('s1', 0), station('s2', 9), station('s3', 14, { priceMicrosPerKWh: 300_000n })];
    const answer = book({ stations, intervals: [sensitive], rankBy: ['price', 'distance'] }, WISH);
    assert.deepEqual(
      answer.outcome === 'denied' &&
        answer.alternatives.map(({ stationId, priceMicros }) => [stationId, priceMicros]),
      [
        ['s3', 24_000_000n],
        ['s2', 32_000_000n],
      ],
    );
  });

  it('is granted after a task that ends in 4 minutes', () => {
    const endMs = NOW + 4 * MINUTE_MS;
    assert.deepEqual(ask([task(90_000n, endMs)]), {
      outcome: 'granted',
      booked: { stationId: 's1', startMs: endMs, endMs: endMs + HOUR_MS, powerW: 80_000n },
      afterTasks: ['task'],
    });
    assert.equal(ask([task(90_000n, NOW + 6 * MINUTE_MS)]).outcome, 'denied');
  });

  it('is granted when a peripheral task goes on elsewhere', () => {
    assert.deepEqual(ask([task(90_000n, NOW + 2 * HOUR_MS, { movable: true })]), {
      outcome: 'moved',
      booked: { stationId: 's1', startMs: NOW, endMs: NOW + HOUR_MS, powerW: 80_000n },
      moves: [{ intervalId: 'task', fromStationId: 's1', toStationId: 's2', fromMs: NOW }],
    });
  });

  it('moves no task to where no servers are', () => {
    const stations = [station('s1', 0), station('s2', 9, { takesTasks: false }), station('s3', 14)];
    const intervals = [task(90_000n, NOW + 2 * HOUR_MS, { movable: true })];
    const answer = book({ stations, intervals, rankBy: [] }, WISH);
    assert.deepEqual(answer.outcome === 'moved' && answer.moves.map(({ toStationId }) => toStationId), [
      's3',
    ]);
  });

  it('moves a task when the booking begins and not before', () => {
    const startMs = NOW + HOUR_MS;
    const peripheral = task(90_000n, NOW + 3 * HOUR_MS, { movable: true });
    const answer = ask([peripheral], { startMs, endMs: startMs + HOUR_MS });
    assert.ok(answer.outcome === 'moved');
    assert.deepEqual(withMoves([peripheral], answer.moves), [
      { ...peripheral, endMs: startMs },
      { ...peripheral, startMs, stationId: 's2' },
    ]);
  });

  it('moves the smallest task that suffices, and only to where there is power for it', () => {
    const large = task(50_000n, NOW + 2 * HOUR_MS, { intervalId: 'large', movable: true });
    const small = task(40_000n, NOW + 2 * HOUR_MS, { intervalId: 'small', movable: true });
    const elsewhere = task(70_000n, NOW + 2 * HOUR_MS, { intervalId: 'other', stationId: 's2' });
    const answer = ask([large, small, elsewhere], { powerW: 45_000n });
    assert.deepEqual(answer.outcome === 'moved' && answer.moves, [
      { intervalId: 'small', fromStationId: 's1', toStationId: 's3', fromMs: NOW },
    ]);
  });

  it('is offered slow charging beside a task that takes half, with its duration and price', () => {
    const answer = ask([task(50_000n, NOW + 3 * HOUR_MS)]);
    assert.ok(answer.outcome === 'partial');
    const durationMs = 96 * MINUTE_MS;
    assert.deepEqual(answer.offer, {
      stationId: 's1',
      startMs: NOW,
      endMs: NOW + durationMs,
      powerW: 50_000n,
    });
    assert.deepEqual([answer.durationMs, answer.priceMicros], [durationMs, 32_000_000n]);
  });

  it('refuses an outlet that is taken, a station that is not there and a span that is none', () => {
    const taken: Interval = { ...task(1_000n, NOW + HOUR_MS), kind: 'reservation' };
    const why = (answer: ReturnType<typeof ask>) =>
      answer.outcome === 'denied' ? answer.why : answer.outcome;
    assert.equal(why(ask([taken])), 'OUTLET_TAKEN');
    assert.equal(why(ask([], { stationId: 's9' })), 'STATION_UNKNOWN');
    assert.equal(why(ask([], { endMs: NOW })), 'SPAN_INVALID');
    assert.equal(why(ask([{ ...taken, endMs: NOW }])), 'granted');
  });

  it('keeps a car at one outlet throughout, where each is booked by itself', () => {
    const stations = [station('s1', 0, { outlets: 2, outletIds: ['a', 'b'] })];
    const booked = (outletId: string, startMs: number): Interval => ({
      ...task(1_000n, startMs + HOUR_MS, { startMs, intervalId: outletId }),
      kind: 'reservation',
      outletId,
    });
    const intervals = [booked('a', NOW), booked('b', NOW + HOUR_MS)];
    const answer = (endMs: number) => book({ stations, intervals, rankBy: [] }, { ...WISH, endMs });
    assert.equal(answer(NOW + 2 * HOUR_MS).outcome, 'denied');
    assert.equal(answer(NOW + HOUR_MS).outcome, 'granted');
    const [place = assert.fail()] = stations;
    assert.equal(freeOutlet(intervals, place, NOW, NOW + HOUR_MS), 'b');
    assert.equal(freeOutlet(intervals, place, NOW, NOW + 2 * HOUR_MS), undefined);
  });

  it('hears the higher loyalty level first, and then who asked first', () => {
    const wishes = [
      { ...WISH, requestId: 'late', askedMs: NOW + 1 },
      { ...WISH, requestId: 'early' },
      { ...WISH, requestId: 'platinum', priority: 1, askedMs: NOW + 9 },
    ];
    assert.deepEqual(
      wishes.sort(byBookingOrder).map(({ requestId }) => requestId),
      ['platinum', 'early', 'late'],
    );
  });
});

describe('any number of bookings', () => {
  const wish = fc.record({
    stationId: fc.constantFrom('s1', 's2', 's3'),
    startMs: fc.nat({ max: 48 }).map((quarters) => NOW + quarters * 15 * MINUTE_MS),
    quarters: fc.integer({ min: 1, max: 12 }),
    powerW: fc.bigInt({ min: 1n, max: 120_000n }),
    isTask: fc.boolean(),
    movable: fc.boolean(),
  });

  it('never take more than a station has, nor an outlet twice, when each is written before the next is asked', () => {
    fc.assert(
      fc.property(fc.array(wish, { maxLength: 25 }), (wishes) => {
        let intervals: readonly Interval[] = [];
        for (const [at, { stationId, startMs, quarters, powerW, isTask, movable }] of wishes.entries()) {
          const endMs = startMs + quarters * 15 * MINUTE_MS;
          const place = STATIONS.find((one) => one.stationId === stationId);
          if (isTask) {
            if (place !== undefined && freeW(intervals, place, startMs, endMs) >= powerW)
              intervals = [
                ...intervals,
                { intervalId: `t${at}`, stationId, kind: 'task', startMs, endMs, powerW, movable },
              ];
            continue;
          }
          const answer = ask(intervals, { stationId, startMs, endMs, powerW, leastW: 1n, needWh: 1_000n });
          if (answer.outcome === 'denied') continue;
          if (answer.outcome === 'moved') intervals = withMoves(intervals, answer.moves);
          const booked = answer.outcome === 'partial' ? answer.offer : answer.booked;
          intervals = [...intervals, { intervalId: `r${at}`, kind: 'reservation', ...booked }];
        }
        for (const place of STATIONS)
          for (let quarter = 0; quarter < 100; quarter += 1) {
            const instantMs = NOW + quarter * 15 * MINUTE_MS;
            const now = intervals.filter(
              (one) => one.stationId === place.stationId && one.startMs <= instantMs && instantMs < one.endMs,
            );
            assert.ok(now.reduce((sum, one) => sum + one.powerW, 0n) <= place.powerW);
            assert.ok(now.filter(({ kind }) => kind === 'reservation').length <= place.outlets);
          }
      }),
      { numRuns: Number(process.env['ROAMGRID_POWER_LAWS'] ?? 150) },
    );
  });
});
