import type { Auth, Route } from '@roamgrid/service-kit';
import type { AssertionClaims } from '@roamgrid/wire';
import type { BlockChanges } from '../read-model/changes.ts';
import type { RouterClient } from '../station-api/router-client.ts';
import { Charging, type ChargingContext } from './charging.ts';
import { BookingDesk, type DeskContext } from './desk.ts';
import { bookingRoutes } from './routes.ts';
import { HouseDays } from './settle-house-day.ts';
import { ReservationWatch } from './watch.ts';

export interface BookingPartContext extends DeskContext, ChargingContext {
  readonly lookEveryMs: number;
  readonly router: Pick<RouterClient, 'reserve'> | undefined;
  readonly auth: { readonly aaa: Auth<AssertionClaims>; readonly site: Auth<AssertionClaims> };
}

/** Booking ahead, put together. */
export interface BookingPart {
  readonly routes: readonly Route[];
  /** A block was read. */
  onBlock(changes: BlockChanges): void;
  start(): void;
  stop(): Promise<void>;
}

export const bookingPart = (context: BookingPartContext): BookingPart => {
  const desk = new BookingDesk(context);
  const watch = new ReservationWatch(context);
  return {
    routes: bookingRoutes({
      ...context,
      desk,
      charging: new Charging(context),
      houseDays: new HouseDays(context),
    }),
    onBlock: ({ openings, reservations }) => {
      if (openings.length > 0 || reservations.size > 0) watch.wake();
    },
    start: () => {
      watch.start();
    },
    stop: async () => {
      await desk.stop();
      await watch.stop();
    },
  };
};
