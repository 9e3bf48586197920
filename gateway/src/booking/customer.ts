import { reservationWish } from '@roamgrid/wire';
import { z } from 'zod';

/** Whose the reservation is: what home signed, in its private body. Verified when it was granted. */
export const customerOfWish = (wish: string): string => {
  const payload: unknown = JSON.parse(Buffer.from(wish.split('.')[1] ?? '', 'base64url').toString('utf8'));
  return z.decode(reservationWish, payload as z.input<typeof reservationWish>).cinRef;
};
