import { privateJwk } from '@roamgrid/service-kit/runtime';
import { energyWhCodec, evseId, keyId, powerWCodec, publicJwk, recordId } from '@roamgrid/wire';
import { z } from 'zod';
import { idKey } from '../../objects/scalars.ts';

/** An EVSE of a partner's, as the utility that stands in for it registered it on the ledger. */
const outlet = z.strictObject({
  partnerId: z.string().min(1).max(40),
  /** As the partner names it. Its connectors are one outlet: an EVSE charges one car at a time. */
  locationId: z.string().min(1).max(36),
  evseUid: z.string().min(1).max(36),
  /** The station of the ledger's registry, with its key, which is kept here for it. */
  stationId: recordId,
  keyId,
  key: privateJwk,
  evseId,
  maxPowerW: powerWCodec,
  /** By which the utility vouches for what the partner states; registered on the ledger as signed by the operator. */
  operatorMeter: z.strictObject({ meterId: recordId, key: privateJwk }),
  /** The partner's own meter, where it signs and is registered on the ledger. */
  signingMeter: z.strictObject({ meterId: recordId, key: publicJwk }).optional(),
});

const nameOf = ({ partnerId, locationId, evseUid }: z.output<typeof outlet>): string =>
  [partnerId, idKey(locationId), idKey(evseUid)].join(' ');
const areDistinct = (names: readonly string[]): boolean => new Set(names).size === names.length;

/** What the door needs where customers of the consortium charge at partners' stations. */
export const partnerStationsConfig = z.strictObject({
  gatewayUrl: z.url(),
  /** The gateway's own origin, where it is reached under another one. */
  gatewayAudience: z.url().optional(),
  /** What is asked for where a driver can choose nothing. */
  usualAsk: z
    .strictObject({ requestedEnergyWh: energyWhCodec, plannedMs: z.int().min(60_000).max(172_800_000) })
    .prefault({ requestedEnergyWh: '30000', plannedMs: 14_400_000 }),
  outlets: z
    .array(outlet)
    .min(1)
    .max(20_000)
    .refine((all) => areDistinct(all.map(nameOf)), 'two outlets have one name at a partner')
    .refine((all) => areDistinct(all.map((one) => one.evseId)), 'two outlets have one evseId'),
});
export type PartnerStationsSettings = z.output<typeof partnerStationsConfig>;
