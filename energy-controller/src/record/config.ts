import { duration } from '@roamgrid/service-kit/runtime';
import {
  ALLOCATION_LIMITS,
  cinRef,
  currencyCode,
  evseId,
  meterJwk,
  naturalMicrosCodec,
  recordId,
  siteThingId,
  utilityId,
} from '@roamgrid/wire';
import { z } from 'zod';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** The meter of a load of kind `servers`: energy is believed when this one signed it. */
const serversMeter = z.strictObject({
  loadId: siteThingId,
  meterId: z.string(),
  evseId,
  publicKey: meterJwk,
});

/** A car that gives power, by its source: whose card is owed for it, and the meter that counts it. */
const car = z.strictObject({
  sourceId: siteThingId,
  cinRef,
  meterId: z.string(),
  evseId,
  publicKey: meterJwk,
});

/** For whom a site's servers work, whose cars give, and at what prices; with it its allocations and their energy are recorded on the ledger. */
export const recordConfig = z.strictObject({
  agreementId: recordId,
  /** Whom the servers work for, by the agreement. */
  hun: utilityId,
  /** The site as the ledger's registry has it. */
  stationId: recordId,
  /** A tariff that is bound under the agreement, and its one energy price before tax. */
  tariffId: recordId,
  tariffVersion: z.int().min(1),
  currency: currencyCode,
  microsPerKWh: naturalMicrosCodec,
  /** Length of a slot; not below that of the meters' intervals. */
  slotMs: z
    .int()
    .min(1_000)
    .max(ALLOCATION_LIMITS.slotMs)
    .default(15 * MINUTE_MS),
  batchSlots: z.int().min(1).max(ALLOCATION_LIMITS.slots).default(4),
  everyMs: duration(MINUTE_MS),
  /** So long a slot waits for what its meters signed; what comes later is charged with a later slot. */
  awaitMs: z
    .int()
    .min(0)
    .max(31 * DAY_MS)
    .default(DAY_MS),
  meters: z.array(serversMeter).max(50),
  /** Cars of customers of `hun`. */
  cars: z.array(car).max(50).default([]),
  /** What is owed for a kWh of them, as the agreement's terms have it. */
  givenMicrosPerKWh: naturalMicrosCodec.exactOptional(),
});
export type RecordConfig = z.output<typeof recordConfig>;
