import { z } from 'zod';
import { energyMilliWhCodec, energyWhCodec, evseId, instantMs, powerWCodec } from '../codec/scalars.ts';
import { loyaltyLevel } from '../ledger/consortium.ts';
import { sessionId } from '../ledger/lane.ts';

/** Between the door for stations of OCPP and whoever shares the power of a site where such stations stand. */

/** A transaction that is not over. Times by the door's clock. */
export const ocppTransaction = z.strictObject({
  transactionId: z.string(),
  /** Null while it is no session. */
  sessionId: sessionId.nullable(),
  beganAtMs: instantMs,
  /** What its register moved by, and when that was told last; null before the first reading. */
  milliWh: energyMilliWhCodec,
  registerAtMs: instantMs.nullable(),
  /** What is left of the energy that was agreed; null while it is no session. */
  neededWh: energyWhCodec.nullable(),
  plannedEndMs: instantMs,
  /** The driver's, as the offer of his own utility says it; null while it is no session. */
  loyalty: loyaltyLevel.nullable(),
  socPpm: z.int().min(0).max(1_000_000).nullable(),
});
export type OcppTransaction = z.output<typeof ocppTransaction>;

/** `GET /operator/v1/stations/{stationId}/outlets/{evse}` */
export const ocppOutlet = z.strictObject({
  evseId,
  maxPowerW: powerWCodec,
  /** Since when its station is connected, by the wall; null while it is not. */
  connectedSinceMs: instantMs.nullable(),
  transactions: z.array(ocppTransaction),
});
export type OcppOutlet = z.output<typeof ocppOutlet>;

/** What became of a command: `unknown` when no answer came, so that nobody knows whether the station did it. */
export const ocppCommandOutcome = z.object({
  outcome: z.enum(['accepted', 'scheduled', 'rejected', 'unsupported', 'unknown']),
  /** In the station's own words. */
  said: z.string().optional(),
});
