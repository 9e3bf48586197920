import { z } from 'zod';
import { instantMs, powerWCodec, recordId } from '../codec/scalars.ts';

/** How sites share a feed by a cloud that sees them all. Spec: SITE-6, SITE-12. */

/** What a site may take of the pool until it lapses; then it has its static part. */
export const poolLease = z.strictObject({ limitW: powerWCodec, lapsesAtMs: instantMs });

/** Bookings that a report tells, the soonest. */
export const MOST_RESERVATIONS = 200;

/** `PUT /cloud/v1/pools/{poolId}/sites/{siteId}`, by the site; answered with its next lease. */
export const poolReport = z.strictObject({
  /** Ascends from report to report: an older one that arrives late says nothing. */
  sentAtMs: instantMs,
  /** What it would take without the pool's limit. */
  wantedW: powerWCodec,
  measuredW: powerWCodec,
  /** The lease that it keeps now: with a lower one not before its devices follow. */
  held: poolLease.exactOptional(),
  /** What is booked there, for which power is kept free. */
  reservations: z
    .array(z.strictObject({ fromMs: instantMs, untilMs: instantMs, watts: powerWCodec }))
    .max(MOST_RESERVATIONS),
});
export type PoolReport = z.output<typeof poolReport>;

/** `GET /operator/v1/pools` */
export const poolList = z.strictObject({
  pools: z.array(
    z.strictObject({
      poolId: recordId,
      limitW: powerWCodec,
      /** Most that all sites may be taking now, whichever answers arrived. */
      countedW: powerWCodec,
      sites: z.array(
        z.strictObject({
          siteId: recordId,
          staticW: powerWCodec,
          weight: powerWCodec,
          wantedW: powerWCodec,
          measuredW: powerWCodec,
          countedW: powerWCodec,
          held: poolLease.exactOptional(),
          reportedAtMs: instantMs.exactOptional(),
        }),
      ),
    }),
  ),
});
