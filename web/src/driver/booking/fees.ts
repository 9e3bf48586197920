import { speech } from '../words/speech.ts';
import type { Reservation } from './calls.ts';
import type { Terms } from './wish.ts';

/** What a booking costs, in words. */

type Fees = Pick<Terms | Reservation, 'currency' | 'feeMicros' | 'noShowMicros' | 'exchanged'>;

/**
 * Of the two amounts that a booking may come to, one. Where the driver's account is in another currency, what is billed comes first and what
 * the station's utility asks for behind it.
 */
export const feeText = (fees: Fees, which: 'feeMicros' | 'noShowMicros'): string => {
  const { write } = speech();
  const asked = write.money(fees[which], fees.currency);
  const { exchanged } = fees;
  return exchanged === undefined ? asked : `${write.money(exchanged[which], exchanged.currency)} (${asked})`;
};

/** What it costs to have it, to stay away and to give it back. */
export const feeFacts = (
  fees: Fees,
  { freeUntilMs, holdUntilMs }: Pick<Reservation, 'freeUntilMs' | 'holdUntilMs'>,
  nowMs: number,
): readonly (readonly [string, string])[] => {
  const { words, write } = speech();
  const { booking } = words;
  const noShow = feeText(fees, 'noShowMicros');
  return [
    [booking.fee, feeText(fees, 'feeMicros')],
    [booking.noShow, noShow],
    [booking.free, freeUntilMs > nowMs ? write.day(freeUntilMs) : booking.freeOver(noShow)],
    [booking.hold, write.day(holdUntilMs)],
  ];
};
