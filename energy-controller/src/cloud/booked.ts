import { MOST_RESERVATIONS, type PoolReport } from '@roamgrid/wire';
import type { KeptClaim } from '../site/scene.ts';

/** What a site tells the cloud of what is booked there: the soonest, as many as a report takes. */
export const bookedOf = (kept: readonly KeptClaim[]): PoolReport['reservations'] =>
  kept
    .flatMap(({ claim: { fromMs, untilMs, maxW: watts } }) =>
      fromMs === undefined || untilMs === undefined ? [] : [{ fromMs, untilMs, watts }],
    )
    .sort((a, b) => a.fromMs - b.fromMs)
    .slice(0, MOST_RESERVATIONS);
