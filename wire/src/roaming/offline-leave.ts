import { z } from 'zod';
import { energyWhCodec, recordId } from '../codec/scalars.ts';
import { zoneOffset } from '../ledger/session.ts';
import { payloadOf } from '../signature/jws.ts';
import { visitorProfile } from './authorisation.ts';

/**
 * What a home utility signs beside a token for a charger without network, and the phone carries: the token names its hash. It is a kept profile
 * that says at which price: what is charged by the token is summed up under it. JWS payload, `typ: "roamgrid-offline-leave+jwt"`.
 * Its id is the token's in hexadecimal digits; its sums, its number of sessions and its time are the token's.
 */
export const offlineLeave = visitorProfile
  .omit({ whitelist: true, driverKey: true, driverAppUrl: true, driverConsentAboveMicros: true })
  .extend({
    agreementId: recordId,
    tariffId: recordId,
    tariffVersion: z.int().min(1),
    /** The outlets' offsets in the token's time. */
    zoneOffsets: z.array(zoneOffset).min(1).max(16),
    /** Most energy of all its sessions. */
    energyWh: energyWhCodec,
  });
export type OfflineLeave = z.infer<typeof offlineLeave>;

/** What a leave says, unverified: whose it is, and of which token. */
export const statedLeave = (jws: string): OfflineLeave | undefined => {
  const read = z.safeDecode(offlineLeave, payloadOf(jws) as z.input<typeof offlineLeave>);
  return read.success ? read.data : undefined;
};
