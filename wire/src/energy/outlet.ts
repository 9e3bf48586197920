import { z } from 'zod';
import { energyWhCodec, evseId, instantMs, powerWCodec } from '../codec/scalars.ts';
import { loyaltyLevel } from '../ledger/consortium.ts';
import { sessionId } from '../ledger/lane.ts';

/** Between an outlet's agent and whoever shares the power of its site, on the site's own network. */

/** `GET /site/v1/outlet` */
export const siteOutlet = z.strictObject({
  evseId,
  atMs: instantMs,
  /** What flows now. */
  measuredW: powerWCodec,
  /** Most that may flow now, and what may while nobody says anything. */
  limitW: powerWCodec,
  aloneW: powerWCodec,
  maxPowerW: powerWCodec,
  isPlugged: z.boolean(),
  /** Present while a car is being charged; a parked one asks for nothing. */
  session: z
    .strictObject({
      sessionId,
      startMs: instantMs,
      /** Until when the driver planned to stay. */
      plannedEndMs: instantMs,
      /** What is left of the energy that was agreed. */
      neededWh: energyWhCodec,
      socPpm: z.int().min(0).max(1_000_000),
      loyalty: loyaltyLevel,
    })
    .exactOptional(),
});
export type SiteOutlet = z.output<typeof siteOutlet>;

/** `PUT /site/v1/limit`: holds until told anew or lapsed; then the outlet goes back to what it may take alone. */
export const siteOutletLimit = z.strictObject({
  /** Whose limit it is, so that none is set for a car that has gone; for whatever stands there when absent. */
  sessionId: sessionId.exactOptional(),
  watts: powerWCodec,
  lapsesAtMs: instantMs,
});
export type SiteOutletLimit = z.output<typeof siteOutletLimit>;
