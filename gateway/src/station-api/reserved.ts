import {
  BOOKING_LIMITS,
  isInTime,
  statedWish,
  waitsUntilMs,
  type StationRecord,
  type StationReservation,
  type SwipeRequest,
} from '@roamgrid/wire';
import { grantedAt } from '../booking/read.ts';
import type { StationContext } from './context.ts';
import type { OfferBasis } from './offer.ts';

/** What is booked at an outlet, from one customer's view. */
interface Booked {
  /** Somebody else has it while a car would stand there. */
  readonly isForOther: (cinRef: string) => boolean;
  /** What the customer comes for. */
  readonly ownId: (cinRef: string) => string | undefined;
}

/** Whose reservations they are is asked beside home; who the customer is, home says. */
export const bookedAtOutlet = async (
  { db }: Pick<StationContext, 'db'>,
  { plannedMs }: Pick<SwipeRequest, 'plannedMs'>,
  { evse, hun, nowMs }: Pick<OfferBasis, 'evse' | 'hun' | 'nowMs'>,
): Promise<Booked> => {
  const untilMs = nowMs + Math.max(plannedMs, BOOKING_LIMITS.earlyMs);
  const all = (await grantedAt(db, evse.evseId, nowMs, untilMs)).map(({ record, body }) => ({
    record,
    holder: record.hun === hun && body !== undefined ? statedWish(body.wish)?.cinRef : undefined,
  }));
  return {
    isForOther: (cinRef) =>
      all.some(({ record, holder }) => record.fromMs < nowMs + plannedMs && holder !== cinRef),
    ownId: (cinRef) =>
      all.find(({ record, holder }) => holder === cinRef && isInTime(record, nowMs))?.record.reservationId,
  };
};

const MOST = 500;

/** What is booked at a station's outlets and still waits for its driver, by its begin. */
export const reservationsAt = async (
  { db }: Pick<StationContext, 'db'>,
  { evses }: StationRecord,
  nowMs: number,
): Promise<StationReservation[]> => {
  const untilMs = nowMs + BOOKING_LIMITS.aheadMs;
  const all = await Promise.all(evses.map(({ evseId }) => grantedAt(db, evseId, nowMs, untilMs)));
  return all
    .flat()
    .flatMap(({ record, body }) => {
      const { reservationId, evseId, fromMs, untilMs: endMs } = record;
      const waitsMs = body === undefined ? endMs : waitsUntilMs(record, body);
      return waitsMs > nowMs
        ? [{ reservationId, evseId, fromMs, untilMs: endMs, waitsUntilMs: waitsMs }]
        : [];
    })
    .sort((a, b) => a.fromMs - b.fromMs)
    .slice(0, MOST);
};
