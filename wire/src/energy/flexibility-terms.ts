import { BASELINE_METHODS } from '@roamgrid/domain/flexibility';
import { z } from 'zod';
import { naturalMicrosCodec, ppmCodec } from '../codec/scalars.ts';

/**
 * Under which terms a house's flexibility is paid. The utility whose grid it is on pays the one whose customer it is, and that one the customer:
 * the first calls for what it needs, the second has the account.
 */
export const flexibilityTerms = z.strictObject({
  /** Of energy that was not taken in an event that called for it. */
  reductionMicrosPerKWh: naturalMicrosCodec,
  /** Of energy given to the grid in an event, and beside them. */
  v2gMicrosPerKWh: naturalMicrosCodec,
  exportMicrosPerKWh: naturalMicrosCodec,
  method: z.enum(BASELINE_METHODS),
  /** How far the use before an event may move its baseline from the mean of its days: 200,000 is the published fifth. */
  adjustmentCapPpm: ppmCodec.refine((ppm) => 0n <= ppm && ppm <= 1_000_000n, 'from 0 to 1,000,000'),
  /** The meters' days begin at midnight of this offset from UTC, all year. */
  dayOffsetMinutes: z.int().min(-840).max(840),
  /** Days that are like a Sunday. */
  holidays: z.array(z.iso.date()).max(64),
});
