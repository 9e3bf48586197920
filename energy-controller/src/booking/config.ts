import { duration } from '@roamgrid/service-kit/runtime';
import { evseId, powerWCodec, recordId, siteThingId } from '@roamgrid/wire';
import { z } from 'zod';

const DAY_MS = 86_400_000;

/** Where drivers can book at a site; with it power is kept free for what is booked. */
export const bookingConfig = z.strictObject({
  /** The site as the ledger's registry has it. */
  stationId: recordId,
  /** Its outlets, the load that each is, and what is kept free there. */
  outlets: z
    .array(z.strictObject({ evseId, loadId: siteThingId, maxW: powerWCodec }))
    .min(1)
    .max(500),
  /** How far ahead reservations are looked for. */
  aheadMs: z
    .int()
    .min(60_000)
    .max(31 * DAY_MS)
    .default(DAY_MS),
  everyMs: duration(30_000),
  /** The jobs on the site's servers, and what operators asked for there, are in the station's calendar. */
  calendar: z
    .strictObject({
      /** The cabinet of each station to which a booking may move a job. */
      cabinets: z
        .array(z.strictObject({ stationId: recordId, cabinetId: recordId }))
        .max(256)
        .default([]),
      /** Whether a job that leaves no checkpoint may begin anew over there; without it such a job is not movable. */
      mayRestart: z.boolean().default(false),
    })
    .exactOptional(),
});
export type BookingConfig = z.output<typeof bookingConfig>;
