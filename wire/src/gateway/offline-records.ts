import { z } from 'zod';
import { compactJws } from '../codec/scalars.ts';
import { sessionId } from '../ledger/lane.ts';

/**
 * `POST /internal/v1/offline/records` (role aaa): books the record of a session that began at one of this utility's chargers without network. Told
 * again it is answered by how it stands then.
 */
export const offlineRecordRequest = z.strictObject({
  /** The record as its charger had it, CBOR in base64url. */
  record: z
    .string()
    .min(1)
    .max(8_192)
    .regex(/^[\w-]+$/, 'base64url'),
  /** `offlineLeave`, which the phone carries beside the token. */
  leave: compactJws,
});

export const offlineBookingAnswer = z.discriminatedUnion('outcome', [
  /** On the ledger. */
  z.strictObject({ outcome: z.literal('booked'), sessionId }),
  /** For good: its energy is paid by nobody. */
  z.strictObject({ outcome: z.literal('refused'), code: z.string(), message: z.string() }),
  /** On its way, or it waits for what comes before it at its meter: ask again. */
  z.strictObject({ outcome: z.literal('later'), why: z.string(), sessionId: sessionId.exactOptional() }),
]);
export type OfflineBookingAnswer = z.infer<typeof offlineBookingAnswer>;
