import { BOOKING_LIMITS } from '@roamgrid/wire';
import { BOOKING, by, DAY_MS, HOUR_MS, KEYS, monthAt, NOW_MS } from '../testing/parties.ts';
import { about, chargeCall, reservation, usedBy, type ReservationOptions } from '../testing/reservations.ts';
import type { GuardTest, Place, World } from './world.ts';

/** What a party of a reservation could take from the other. */

const START_MS = NOW_MS + 2 * HOUR_MS;

const wishAt = ({ site }: Place, options: ReservationOptions = {}, id = `r-${site.stationId}`) =>
  reservation(id, {
    ...options,
    wish: { stationId: site.stationId, ...options.wish },
    granted: { evseId: site.evseId, ...options.granted },
  });

const booked = async (world: World, place: Place) => {
  const reserved = await wishAt(place);
  await world.tell(reserved.grant);
  return reserved;
};

/** Where a no-show stands that may be charged from a moment on. */
const missed = async (world: World, place: Place) => {
  const reserved = await booked(world, place);
  const statedMs = START_MS + BOOKING.holdMs;
  await world.tell(about(reserved, 'noShow', by('USDUK', 'aaa'), statedMs));
  return { reserved, dueMs: statedMs + BOOKING.contestMs };
};

const charged = (
  place: Place,
  { reserved }: Awaited<ReturnType<typeof missed>>,
  nowMs: number,
  micros = BOOKING.noShowMicros.gold,
  id = `c-${place.group}`,
) => chargeCall(id, [[reserved, micros]], nowMs, { periodId: monthAt(nowMs) });

export const bookingGuards: readonly GuardTest[] = [
  {
    id: 'booking-unsigned',
    title: 'no outlet is booked on a home utility’s account that it did not ask for',
    run: async (world) => {
      const place = await world.place();
      const { grant } = await wishAt(place, { key: KEYS.USDUK });
      await world.refuses(grant, 'BAD_SIGNATURE');
    },
  },
  {
    id: 'booking-other-wish',
    title: 'a wish is granted for its own reservation, once',
    run: async (world) => {
      const place = await world.place();
      const { grant } = await wishAt(place, { wish: { reservationId: 'another' } });
      await world.refuses(grant, 'BAD_SIGNATURE');
    },
  },
  {
    id: 'booking-old-wish',
    title: 'a wish is granted while the driver waits, not when it suits the station',
    run: async (world) => {
      const place = await world.place();
      const wish = { issuedAtMs: NOW_MS - HOUR_MS - 1, validUntilMs: NOW_MS + DAY_MS };
      const { grant } = await wishAt(place, { wish });
      await world.refuses(grant, 'EXPIRED');
    },
  },
  {
    id: 'booking-time',
    title: 'what is granted begins and ends when home asked for it, and is as long',
    run: async (world) => {
      const place = await world.place();
      const others = [
        { fromMs: START_MS - HOUR_MS },
        { untilMs: START_MS + 5 * HOUR_MS },
        { fromMs: START_MS + HOUR_MS },
        // An outlet that waits for a moment is one that nobody comes to in time.
        { untilMs: START_MS + 1 },
      ];
      for (const granted of others)
        await world.refuses((await wishAt(place, { granted })).grant, 'BAD_SIGNATURE');
    },
  },
  {
    id: 'booking-amount',
    title: 'a reservation costs what was agreed for the level that home signed',
    run: async (world) => {
      const place = await world.place();
      const wish = { feeMicros: 9_000_000n, noShowMicros: 9_000_000n };
      for (const body of [{ feeMicros: 9_000_000n }, { noShowMicros: 9_000_000n }]) {
        const { grant } = await wishAt(place, { wish, body });
        await world.refuses(grant, 'OUTSIDE_AGREEMENT');
      }
    },
  },
  {
    id: 'booking-horizon',
    title: 'nobody books further ahead than his level’s horizon',
    run: async (world) => {
      const place = await world.place();
      const fromMs = NOW_MS + BOOKING.horizonMs.gold + 1;
      const { grant } = await wishAt(place, { wish: { fromMs, untilMs: fromMs + HOUR_MS } });
      await world.refuses(grant, 'OUTSIDE_AGREEMENT');
    },
  },
  {
    id: 'booking-double',
    title: 'an outlet’s quarter-hour is booked once',
    run: async (world) => {
      const place = await world.place();
      await booked(world, place);
      const fromMs = START_MS + 8 * BOOKING_LIMITS.slotMs - 1;
      const { grant } = await wishAt(place, { wish: { fromMs, untilMs: fromMs + HOUR_MS } }, 'second');
      await world.refuses(grant, 'OVERLAP');
    },
  },
  {
    id: 'booking-foreign',
    title: 'a third member cancels nobody’s reservation',
    run: async (world) => {
      const place = await world.place();
      const reserved = await booked(world, place);
      await world.refuses(about(reserved, 'cancel', by('USGPC', 'aaa'), NOW_MS), 'FORBIDDEN');
    },
  },
  {
    id: 'booking-late-cancel',
    title: 'who cancels after the stated time owes what was agreed for it',
    run: async (world) => {
      const place = await world.place();
      const reserved = await booked(world, place);
      const lateMs = START_MS - BOOKING.freeCancelMs + 1;
      await world.tell(about(reserved, 'cancel', by('USALP', 'aaa'), lateMs));
      const told = chargeCall(`c-${place.group}`, [[reserved, BOOKING.noShowMicros.gold]], lateMs, {
        periodId: monthAt(lateMs),
      });
      await world.tell(told);
    },
  },
  {
    id: 'no-show-early',
    title: 'nobody is a no-show while the outlet has to wait for him',
    run: async (world) => {
      const place = await world.place();
      const reserved = await booked(world, place);
      const waitedMs = START_MS + BOOKING.holdMs;
      await world.refuses(about(reserved, 'noShow', by('USDUK', 'aaa'), waitedMs - 1), 'WRONG_STATE');
      const other = await world.place();
      const fromMs = NOW_MS - BOOKING.holdMs + 1;
      const late = await wishAt(other, { wish: { fromMs, untilMs: fromMs + HOUR_MS } });
      await world.tell(late.grant);
      await world.refuses(about(late, 'noShow', by('USDUK', 'aaa'), NOW_MS + 300_000), 'WRONG_STATE');
    },
  },
  {
    id: 'no-show-contest',
    title: 'a no-show is charged after the time in which home can show that the driver came',
    run: async (world) => {
      const place = await world.place();
      const stated = await missed(world, place);
      await world.refuses(charged(place, stated, stated.dueMs), 'WRONG_STATE');
    },
  },
  {
    id: 'charge-amount',
    title: 'a charge note says what the reservation’s end comes to',
    run: async (world) => {
      const place = await world.place();
      const stated = await missed(world, place);
      const dearer = BOOKING.noShowMicros.gold + 1n;
      await world.refuses(charged(place, stated, stated.dueMs + 1, dearer), 'CDR_MISMATCH');
    },
  },
  {
    id: 'charge-once',
    title: 'a reservation is charged once',
    run: async (world) => {
      const place = await world.place();
      const stated = await missed(world, place);
      const nowMs = stated.dueMs + 1;
      await world.tell(charged(place, stated, nowMs));
      const again = charged(place, stated, nowMs, BOOKING.noShowMicros.gold, `d-${place.group}`);
      await world.refuses(again, 'WRONG_STATE');
    },
  },
  {
    id: 'use-other',
    title: 'a reservation is used by a session of its own customer, outlet and time',
    run: async (world) => {
      const cases = [
        { body: { cinRef: '1'.repeat(64) } },
        { quote: { evseId: 'US*DUK*E0001*1' } },
        { openedAtMs: START_MS - BOOKING_LIMITS.earlyMs - 1 },
      ];
      for (const options of cases) {
        const place = await world.place();
        const reserved = await booked(world, place);
        const opened = { openedAtMs: START_MS + 60_000, ...options };
        const [session] = await world.opened(place, [1], opened, START_MS + HOUR_MS);
        if (session === undefined) throw new Error('one session was opened');
        const told = usedBy(reserved, session, place.lane, START_MS + HOUR_MS);
        await world.refuses(told, 'INVALID_ARGUMENT');
      }
    },
  },
];
