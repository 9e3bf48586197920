import { z } from 'zod';
import {
  currencyCode,
  energyWhCodec,
  instantMs,
  naturalMicrosCodec,
  recordId,
  salt,
  sha256Hex,
  utilityId,
} from '../codec/scalars.ts';
import { commandId } from '../ledger/envelope.ts';
import { BOOKING_LIMITS } from './booking-terms.ts';

/**
 * Charge notes: what one utility owes another that is no charging session. A document of the pair's netting, as an
 * invoice is, without energy where nothing flowed.
 */

const reservationItem = z.strictObject({
  kind: z.literal('reservation'),
  reservationId: recordId,
  amountMicros: naturalMicrosCodec,
});

const computeItem = z.strictObject({
  kind: z.literal('compute'),
  /** Batch of allocations whose servers worked for the HUN. */
  batchId: recordId,
  energyWh: energyWhCodec,
  amountMicros: naturalMicrosCodec,
});

/** What cars of the creditor's customers gave at a site of the debtor: it is the site's utility that owes. */
const v2lItem = z.strictObject({
  kind: z.literal('v2l'),
  /** Batch of allocations whose HUN is the creditor. */
  batchId: recordId,
  energyWh: energyWhCodec,
  amountMicros: naturalMicrosCodec,
});

/** One line of a house's day: it is the utility whose grid the house is on that owes. Reduced energy flowed nowhere and is in no sum of energy. */
const flexibilityItem = z.strictObject({
  kind: z.literal('flexibility'),
  houseId: recordId,
  dayMs: instantMs,
  line: z.enum(['DR', 'V2G', 'EXPORT']),
  eventId: recordId.exactOptional(),
  energyWh: energyWhCodec,
  amountMicros: naturalMicrosCodec,
});
export type FlexibilityItem = z.infer<typeof flexibilityItem>;

export const chargeItem = z.discriminatedUnion('kind', [
  reservationItem,
  computeItem,
  v2lItem,
  flexibilityItem,
]);
export type ChargeItem = z.infer<typeof chargeItem>;

/** Private body, in both parties' implicit collections under `charge:<chargeId>`. */
export const chargeBody = z.strictObject({
  chargeId: recordId,
  agreementId: recordId,
  /** Whom it is owed to, and who owes it. */
  vun: utilityId,
  hun: utilityId,
  periodId: recordId,
  currency: currencyCode,
  items: z.array(chargeItem).min(1).max(BOOKING_LIMITS.chargeItems),
  /** Σ of what servers took, and cars and houses gave. */
  energyWh: energyWhCodec,
  /** Σ of the items. */
  payableMicros: naturalMicrosCodec,
  salt,
});
export type ChargeBody = z.infer<typeof chargeBody>;

export const chargeRecord = z.strictObject({
  type: z.literal('charge'),
  version: z.int().min(1),
  chargeId: recordId,
  agreementId: recordId,
  vun: utilityId,
  hun: utilityId,
  periodId: recordId,
  /** Both parties endorse a note whose amounts the contract works out, so it is accepted from the start. */
  state: z.enum(['accepted', 'netted']),
  bodyHash: sha256Hex,
  payableHash: sha256Hex,
  /** Time of the transaction. */
  issuedAtMs: instantMs,
  nettingId: recordId.exactOptional(),
});
export type ChargeRecord = z.infer<typeof chargeRecord>;

export const chargeCommands = {
  /**
   * Role aaa of the VUN; endorsed by both. Transient `body`: ChargeBody, `payable`: PayableStatement, `terms`,
   * `reservations`: the bodies of the reservations in the order of the items, `allocations`: the headers of the batches whose
   * servers took something, in theirs, `given`: those of the batches whose cars gave something, `flexibility`: the bodies of the days of houses,
   * in the order of their first items; all lines of a day with an amount are its items, in their order. Each is charged once.
   */
  charge: z.strictObject({
    commandId,
    chargeId: recordId,
    agreementId: recordId,
    vun: utilityId,
    hun: utilityId,
    periodId: recordId,
    bodyHash: sha256Hex,
    payableHash: sha256Hex,
  }),
} as const;

export const chargeQueries = {
  getCharge: z.strictObject({ chargeId: recordId }),
  /** Of the caller's own organisation: ask its own peer. */
  getChargeBody: z.strictObject({ chargeId: recordId }),
} as const;
