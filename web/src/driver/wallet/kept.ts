import type { offlineMeans, offlineToken } from '@roamgrid/wire';
import type { z } from 'zod';
import type { Reservation } from '../booking/calls.ts';
import type { Place } from '../booking/wish.ts';

/** What a phone keeps of its wallet. */

export type Token = z.input<typeof offlineToken>;
export type Means = z.input<typeof offlineMeans>;

/** By a token's price, in micros of its currency, taxes included. */
export interface Price {
  readonly microsPerKWh: string;
  readonly microsPerHour: string;
  readonly microsPerSession: string;
}

/** A token with the price that was agreed to for it, and where its outlet is. */
export interface KeptToken extends Token {
  /** Whose it is, as the utility names him to this app. */
  readonly owner: string;
  readonly evseId: string;
  readonly sessions: number;
  readonly price: Price;
  readonly place: Pick<Place, 'stationId' | 'name' | 'address' | 'timeZone'>;
}

/** What the wallet was last told of the driver's account. */
export interface About {
  readonly owner: string;
  readonly means: Means;
  readonly reservations: readonly Reservation[];
  readonly atMs: number;
}
