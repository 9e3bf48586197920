import { unwrap } from '@roamgrid/domain';
import type { Interval } from '@roamgrid/domain/power';
import { bookSlots, driverAt, offered, slotsOf, type PublicKey } from '@roamgrid/offline';
import { NODE_SUITE } from '@roamgrid/offline/node';
import { EVSE_ID, keysOf } from '../underground.ts';
import type { AtTheCharger } from './at-the-charger.ts';

/** SECURE-7: two drivers' quarters of an hour, on the day on which clocks are set back. */

const START = { kind: 'start', energyWh: 6_000n } as const;
const STOP = { kind: 'stop' } as const;
const [SLOT_S, HOUR_S] = [900, 3_600];
/** 10:00 in New York, an hour earlier than on the day before in UTC. */
const TEN_S = Date.parse('2026-11-01T15:00:00Z') / 1_000;

export interface SlotsSeen {
  /** What his phone offers the first driver a second before his quarter, in its first, its last and the second after it. */
  readonly offers: readonly (readonly [authorise: boolean, stop: boolean])[];
  /** What the charger says to both then. */
  readonly before: string;
  readonly otherInFirst: string;
  readonly ownInFirst: string;
  readonly stopInFirst: string;
  /** Seconds after ten at which his session is to be over, and whether one runs a second before that and then. */
  readonly endsAfterS: number;
  readonly runs: readonly [before: boolean, then: boolean];
  readonly stopAfter: string;
  readonly otherInSecond: string;
  /** Of a wish for seven minutes past ten. */
  readonly offGrid: string;
  readonly reason: string;
}

/** What is booked at the station, as the power core books it, and what is refused. */
const book = (drivers: ReadonlyMap<string, Uint8Array>) => {
  const station = { stationId: 's1', powerW: 22_000n, outlets: 1, outletIds: [EVSE_ID] };
  const stations = [{ ...station, distanceM: 0, travelMs: 0, priceMicrosPerKWh: 320_000n }];
  const wish = { stationId: 's1', powerW: 22_000n, leastW: 22_000n, needWh: 5_000n, patienceMs: 0 };
  const intervals: Interval[] = [];
  const asked = (requestId: string, startS: number) =>
    bookSlots(
      { stations, intervals, rankBy: [] },
      {
        ...{ ...wish, requestId, priority: 1, askedMs: 0 },
        ...{ startMs: startS * 1_000, endMs: (startS + SLOT_S) * 1_000 },
      },
    );
  for (const [at, intervalId] of [...drivers.keys()].entries()) {
    const answer = unwrap(asked(intervalId, TEN_S + at * SLOT_S));
    if (answer.outcome !== 'granted') throw new Error(`the quarter of ${intervalId} was ${answer.outcome}`);
    intervals.push({ ...answer.booked, intervalId, kind: 'reservation', outletId: EVSE_ID });
  }
  const offGrid = asked('C', TEN_S + 420);
  return {
    slots: slotsOf(intervals, EVSE_ID, (intervalId) => drivers.get(intervalId)),
    offGrid: offGrid.ok ? offGrid.value.outcome : offGrid.error.code,
  };
};

/** As its charger names a driver by his phone's key. */
const named = (key: Pick<PublicKey, 'x'>): Promise<Uint8Array> => driverAt(EVSE_ID, key, NODE_SUITE);

export const liveSlots = async (at: AtTheCharger): Promise<SlotsSeen> => {
  const { there } = at;
  const passUntil = (atS: number) => there.pass((atS - at.nowS) * 1_000);
  await passUntil(TEN_S - 2);
  await there.charger().act('plug-in');
  const [a, b] = [await keysOf(), await keysOf()];
  const many = { limits: { energyWh: 60_000n, costMicros: 99_000_000n, sessions: 9 } };
  const window = { notBeforeS: TEN_S - HOUR_S, expiresS: TEN_S + HOUR_S };
  const [phoneA, phoneB] = [await there.phone({ ...window, ...many }, a), await there.phone(window, b)];
  const [nameA, nameB] = [await named(a.key), await named(b.key)];
  const { slots, offGrid } = book(new Map([['A', nameA], ['B', nameB]])); // prettier-ignore
  await at.rule({ reservations: true }, slots);
  const offers = [TEN_S - 1, TEN_S, TEN_S + SLOT_S - 1, TEN_S + SLOT_S].map((atS) => {
    const { authorise, stop } = offered(slots, nameA, atS);
    return [authorise, stop] as const;
  });
  await passUntil(TEN_S - 1);
  const before = await at.asks(phoneA, START);
  await passUntil(TEN_S);
  const otherInFirst = await at.asks(phoneB, START);
  const ownInFirst = await at.asks(phoneA, START);
  const stopInFirst = await at.asks(phoneA, STOP);
  const ends = await at.meets(phoneA, START, ({ answer }) => Promise.resolve(Number(answer[2])));
  const runsBefore = (await passUntil(TEN_S + SLOT_S - 1)).running !== undefined;
  const runsThen = (await passUntil(TEN_S + SLOT_S)).running !== undefined;
  const stopAfter = await at.asks(phoneA, STOP);
  const otherInSecond = await at.asks(phoneB, START);
  await at.asks(phoneB, STOP);
  const records = await at.collected();
  await there.charger().act('unplug');
  const last = records.filter(({ facts }) => facts.lastedMs > 0).at(0);
  return {
    ...{ offers, before, otherInFirst, ownInFirst, stopInFirst, endsAfterS: ends - TEN_S },
    ...{ runs: [runsBefore, runsThen], stopAfter, otherInSecond, offGrid },
    reason: last?.facts.reason ?? 'none',
  };
};

const RIGHT: SlotsSeen = {
  offers: [
    [false, false],
    [true, true],
    [true, true],
    [false, false],
  ],
  ...{ before: 'NO_RESERVATION', otherInFirst: 'RESERVED_BY_OTHER', ownInFirst: 'ok', stopInFirst: 'ok' },
  ...{ endsAfterS: SLOT_S, runs: [true, false], stopAfter: 'OUTSIDE_SLOT', otherInSecond: 'ok' },
  ...{ offGrid: 'SLOT_OFF_GRID', reason: 'time' },
};

/** Everything is as it has to be. */
export const isSlots = (seen: SlotsSeen): boolean => JSON.stringify(seen) === JSON.stringify(RIGHT);
