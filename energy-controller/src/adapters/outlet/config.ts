import { CHARGING_MODES } from '@roamgrid/domain/power';
import { powerWCodec, type LoyaltyLevel } from '@roamgrid/wire';
import { z } from 'zod';

const priority = z.int().min(1).max(99);

/** Who is served first, 1 before 2, by the level that the offer of the driver's own utility names. */
const USUAL_PRIORITIES: Readonly<Record<LoyaltyLevel, number>> = {
  platinum: 2,
  diamond: 3,
  gold: 4,
  none: 5,
};

/** Priorities by level, 1 before 2. */
export const outletPriorities = z
  .strictObject({ platinum: priority, diamond: priority, gold: priority, none: priority })
  .prefault(USUAL_PRIORITIES);

/** One outlet of an own station, as the operator of a site configures it. Powers in watts, as decimal strings. */
export const outletLoadConfig = z.strictObject({
  kind: z.literal('outlet'),
  loadId: z.string().min(1).max(96),
  /** The outlet's node in the tree of limits. */
  nodeId: z.string().min(1).max(96),
  /** Of the station's door for its site. */
  url: z.url(),
  secret: z.string().min(32).max(500),
  /** For an answer, ms. */
  timeoutMs: z.int().min(50).max(30_000).default(2_000),
  /** Least that is of use to a car there. */
  leastW: powerWCodec.prefault('0'),
  /** By the outlet's greatest power when absent. */
  mode: z.enum(CHARGING_MODES).optional(),
  priorities: outletPriorities,
});
export type OutletLoadConfig = z.output<typeof outletLoadConfig>;
