import { z } from 'zod';
import { energyCreditRecord } from '../energy/energy-credit.ts';
import { houseBatchRecord, houseEntry, houseHeader } from '../energy/house-record.ts';

/** What gateways say of houses' batches and of vehicles' credits. */

/** Where a batch stands on the ledger. `GET /internal/v1/houses/{houseRef}/batches/{number}` (role aaa). */
export const houseConfirmation = z.strictObject({
  record: houseBatchRecord,
  blockNumber: z.string(),
  transactionId: z.string(),
});
export type HouseConfirmation = z.infer<typeof houseConfirmation>;

/** `GET /auditor/v1/houses/{houseRef}/batches?after=&limit=`, by their numbers. */
export const auditedHouseBatch = z.strictObject({
  ...houseConfirmation.shape,
  /** Where this utility is a party, until it purges them. */
  header: houseHeader.exactOptional(),
  entries: z.array(houseEntry).exactOptional(),
});
export const auditedHouseBatches = z.strictObject({
  items: z.array(auditedHouseBatch),
  /** Number of the last one, when there may be more. */
  cursor: z.string().exactOptional(),
});

/** `GET /auditor/v1/energy-credits?holder=`: what a key holds now. */
export const auditedEnergyCredits = z.strictObject({
  items: z.array(energyCreditRecord),
  cursor: z.string().exactOptional(),
});

/** `GET /auditor/v1/bodies/houses?after=`: as they were hashed. */
export const hashedHousePage = z.strictObject({
  items: z.array(
    z.strictObject({
      houseRef: houseHeader.shape.houseRef,
      number: houseHeader.shape.number,
      header: z.string(),
      entries: z.array(z.string()),
    }),
  ),
  cursor: z.string().exactOptional(),
});
