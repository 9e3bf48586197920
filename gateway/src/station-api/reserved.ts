import { statedWish, type SwipeRequest } from '@roamgrid/wire';
import { grantedAt } from '../booking/read.ts';
import type { StationContext } from './context.ts';
import type { OfferBasis } from './offer.ts';

/**
 * Whether the outlet is booked for somebody else while a car would stand there. Whose reservations they are is asked beside
 * home; who the customer is, home says.
 */
export const reservedForOthers = async (
  { db }: Pick<StationContext, 'db'>,
  { plannedMs }: Pick<SwipeRequest, 'plannedMs'>,
  { evse, hun, nowMs }: Pick<OfferBasis, 'evse' | 'hun' | 'nowMs'>,
): Promise<(cinRef: string) => boolean> => {
  const holders = (await grantedAt(db, evse.evseId, nowMs, nowMs + plannedMs)).map(({ record, body }) =>
    record.hun === hun && body !== undefined ? statedWish(body.wish)?.cinRef : undefined,
  );
  return (cinRef) => holders.some((holder) => holder !== cinRef);
};
