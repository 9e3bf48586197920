import { z } from 'zod';
import { evseId, instantMs, powerWCodec, recordId } from '../codec/scalars.ts';
import { place } from '../energy/booking-api.ts';
import { chargerRules } from './offline-words.ts';

/** Where chargers are that hear of nobody. Spec: SECURE-12. */

/** Stations in one answer. */
export const OFFLINE_STATIONS = 500;

/** A station with chargers that hear of nobody. */
export const offlineStation = z.strictObject({
  stationId: recordId,
  name: z.string(),
  address: z.string(),
  /** Where that was told. */
  place: place.exactOptional(),
  outlets: z.array(
    z.strictObject({
      evseId,
      maxPowerW: powerWCodec,
      /** For all, for those of its location group, or for its own drivers. */
      kind: chargerRules.shape.kind,
      isFree: z.boolean(),
    }),
  ),
});
export type OfflineStation = z.infer<typeof offlineStation>;

/** `GET /offline/v1/chargers`: those that were vouched for and are in service, by name; the first {@link OFFLINE_STATIONS}. */
export const offlineChargers = z.strictObject({
  atMs: instantMs,
  stations: z.array(offlineStation),
  isMore: z.boolean(),
});
export type OfflineChargers = z.infer<typeof offlineChargers>;
