import { z } from 'zod';
import {
  evseId,
  instantMs,
  powerWCodec,
  publicJwk,
  recordId,
  timeZoneName,
  utilityId,
} from '../codec/scalars.ts';
import { meterJwk } from '../codec/meter-jwk.ts';
import { datedKey, datedMeterKey, KEY_HISTORY, meteredBy } from './dated-keys.ts';
import { laneGroup } from './lane.ts';

/** A charging outlet and what signs its readings. */
export const evseRecord = z.strictObject({
  evseId,
  /** The meter that is there now. */
  meterId: recordId,
  /** ECDSA keys of meters, on any curve of OCMF, and of the operator's own registers, at most one of each in use: OCMF signatures verify with them. */
  meterKeys: z.array(datedMeterKey).min(1).max(KEY_HISTORY.keys),
  maxPowerW: powerWCodec,
  /** Since when the outlet is gone; sessions that charged there before are still judged by it. */
  removedAtMs: instantMs.exactOptional(),
});
export type EvseRecord = z.infer<typeof evseRecord>;

/** A charging station of a utility. */
export const stationRecord = z.strictObject({
  type: z.literal('station'),
  version: z.int().min(1),
  stationId: recordId,
  utilityId,
  /**
   * The group in which its sessions are numbered and settled, for ever: a meter's registers ascend within its group, so
   * no outlet may be in two.
   */
  group: laneGroup,
  /** The place that it stands at with others, for ever: tariffs may be for a place. */
  placeId: recordId.exactOptional(),
  name: z.string().min(1).max(100),
  address: z.string().min(1).max(200),
  countryCode: z.string().regex(/^[A-Z]{2}$/),
  timeZone: timeZoneName,
  evses: z.array(evseRecord).min(1).max(KEY_HISTORY.outlets),
  /** Keys with which the station signs drivers' consents and its own requests, at most one of them in use at a time. */
  signingKeys: z.array(datedKey).min(1).max(KEY_HISTORY.keys),
  /** Who owns the charging infrastructure and receives its share; free text id. */
  infrastructureProvider: recordId,
  status: z.enum(['active', 'suspended']),
  /** Since when the status is what it is. */
  statusFromMs: instantMs,
});
export type StationRecord = z.infer<typeof stationRecord>;

/** Where a key that signs readings was registered first: it counts in one group of one utility, as one kind, for ever. */
export const meterKeyRecord = z.strictObject({
  type: z.literal('meterKey'),
  version: z.literal(1),
  utilityId,
  group: laneGroup,
  signedBy: meteredBy,
  /** Of a house: no outlet's sessions are billed by it. */
  houseId: recordId.exactOptional(),
});

/** The station that an outlet is of, for ever. */
export const outletRecord = z.strictObject({
  type: z.literal('outlet'),
  version: z.literal(1),
  evseId,
  stationId: recordId,
});

/** What a utility states of one of its stations, in the same way; an outlet that it leaves out is gone. */
export const stationRegistration = stationRecord
  .omit({ type: true, version: true, statusFromMs: true, signingKeys: true })
  .extend({
    evses: z
      .array(
        evseRecord.omit({ meterKeys: true, removedAtMs: true }).extend({
          /** Of a meter that signs; without it the operator vouches. */
          meterKey: meterJwk.exactOptional(),
          /** The register that the operator keeps over the meter's unsigned values, and the key that states it. */
          operatorMeter: z.strictObject({ meterId: recordId, meterKey: publicJwk }).exactOptional(),
        }),
      )
      .min(1)
      .max(64),
    signingKey: publicJwk,
  });
