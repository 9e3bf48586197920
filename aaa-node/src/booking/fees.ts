import type { Logger } from '@roamgrid/service-kit';
import type { IssuerRegistry } from '@roamgrid/service-kit/registry';
import { BOOKING_LIMITS, shownReservation, type ShownReservation } from '@roamgrid/wire';
import type { z } from 'zod';
import type { GatewayClient } from '../gateway/client.ts';
import { serially } from '../serially.ts';
import type { Db, Trx } from '../store/database.ts';
import { readFeed } from '../store/feed.ts';
import { chargeDriver } from './charge-driver.ts';

const PAGE = 200;
const FEED = 'reservations:hun';
/** Absences whose time to be contested is over, in one round. */
const DUE_ROUND = 100;

export interface BookingFeesOptions {
  readonly db: Db;
  readonly gateway: Pick<GatewayClient, 'ownReservations'>;
  readonly registry: Pick<IssuerRegistry, 'issuer'>;
  readonly utilityId: string;
  readonly nowMs: () => number;
  readonly log: Logger;
}

/**
 * Bills own customers what their reservations came to: at a partner's station once it stands on a note, after which its end is told no more; at an
 * own one when it ended, an absence once the time to show otherwise is over. A page and the cursor behind it are one transaction.
 */
export const createBookingFees = ({
  db,
  gateway,
  registry,
  utilityId,
  nowMs,
  log,
}: BookingFeesOptions): (() => Promise<void>) => {
  /** Asked for an absence at an own station alone: what the registry said is kept for a while, also that it knew of no terms yet. */
  const contestMs = async (): Promise<number> => {
    const found = await registry.issuer(utilityId);
    return (found.ok ? found.entry.terms?.booking?.contestMs : undefined) ?? BOOKING_LIMITS.aheadMs;
  };

  /** Keeps an own absence until its time is over, or drops what was kept of what is none any more. */
  const awaited = async (trx: Trx, shown: ShownReservation, isOver: boolean): Promise<boolean> => {
    const { reservationId, vun, state, changedAtMs } = shown.record;
    await trx.deleteFrom('booking_awaited').where('reservation_id', '=', reservationId).execute();
    if (vun !== utilityId || state !== 'no-show' || isOver) return false;
    const dueAtMs = changedAtMs + (await contestMs());
    if (dueAtMs < nowMs()) return false;
    await trx
      .insertInto('booking_awaited')
      .values({
        reservation_id: reservationId,
        due_at_ms: dueAtMs,
        shown: JSON.stringify(shownReservation.encode(shown)),
      })
      .execute();
    return true;
  };

  const takeIn = async (trx: Trx, shown: ShownReservation, isOver: boolean): Promise<void> => {
    const { record, body } = shown;
    if (body === undefined) {
      log.warn(
        { reservationId: record.reservationId },
        'a reservation has no body any more: nothing is billed',
      );
      return;
    }
    if (await awaited(trx, shown, isOver)) return;
    if (record.vun === utilityId || record.chargeId !== undefined)
      await chargeDriver(trx, { record, body }, nowMs());
  };

  return serially(async () => {
    await readFeed({
      ...{ db, feed: FEED, pageSize: PAGE, page: (cursor) => gateway.ownReservations(cursor, PAGE) },
      take: async (trx, reservations) => {
        for (const shown of reservations) await takeIn(trx, shown, false);
      },
    });
    const due = await db
      .selectFrom('booking_awaited')
      .select('shown')
      .where('due_at_ms', '<', nowMs())
      .orderBy('due_at_ms')
      .limit(DUE_ROUND)
      .execute();
    for (const { shown } of due)
      await db.transaction().execute((trx) => {
        const kept = shownReservation.decode(shown as z.input<typeof shownReservation>);
        // Its time is over: it is not kept again.
        return takeIn(trx, kept, true);
      });
  });
};
