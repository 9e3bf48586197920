import {
  customerClass,
  instantMs,
  loyaltyLevel,
  paymentMethod,
  ppmCodec,
  powerWCodec,
  recordId,
} from '@roamgrid/wire';
import { z } from 'zod';

const figure = z.strictObject({ atMs: instantMs, powerW: powerWCodec });

/**
 * What a rate was computed from, kept with the decision: with the named version of the rules it gives the same rate
 * again. Figures are kept as they were known, also those that were too old to count.
 */
export const rateRecord = z.strictObject({
  /** Instant for which ages, hours and days were taken. */
  atMs: instantMs,
  customerClass,
  /** Of the class's own rule table. */
  ruleVersion: z.int().min(1),
  loyalty: loyaltyLevel,
  paymentMethod,
  /** Present when the version has rules for the grid. */
  grid: z
    .strictObject({
      outcome: z.enum(['rule', 'no-match', 'no-figures']),
      ruleId: recordId.exactOptional(),
      demand: figure.exactOptional(),
      dayPeak: figure.exactOptional(),
      generation: figure.exactOptional(),
    })
    .exactOptional(),
  /** Without what the grid adds, and with it: what the home utility proposed. */
  basePpm: ppmCodec,
  proposedPpm: ppmCodec,
  /** What the negotiation made of it, and whose limit moved it; absent when the request was refused. */
  adjustmentPpm: ppmCodec.exactOptional(),
  movedBy: z.string().max(40).exactOptional(),
});
export type RateRecord = z.output<typeof rateRecord>;
