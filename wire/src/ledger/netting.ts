import { z } from 'zod';
import {
  currencyCode,
  instantMs,
  microsCodec,
  naturalMicrosCodec,
  recordId,
  utilityId,
} from '../codec/scalars.ts';
import { commandId } from './envelope.ts';

export const netPayment = z.strictObject({
  paymentId: recordId,
  payer: utilityId,
  payee: utilityId,
  amountMicros: naturalMicrosCodec,
  state: z.enum(['due', 'sent', 'confirmed']),
  /** End-to-end id of the bank message, or hash of the token transfer. */
  reference: z.string().max(128).exactOptional(),
});

/** Net positions of a period: public, they sum to zero. Bilateral amounts stay in transient data. */
export const nettingRecord = z.strictObject({
  type: z.literal('netting'),
  version: z.int().min(1),
  nettingId: recordId,
  periodId: recordId,
  currency: currencyCode,
  invoiceIds: z.array(recordId).min(1).max(500),
  positions: z
    .array(z.strictObject({ utilityId, netMicros: microsCodec }))
    .min(2)
    .max(200),
  payments: z.array(netPayment).max(200),
  state: z.enum(['open', 'settled']),
  nettedAtMs: instantMs,
});
export type NettingRecord = z.infer<typeof nettingRecord>;

/** `netting` contract. */
export const nettingCommands = {
  /** Role operator of any member; endorsed by every utility with a position. Transient `payables`: array of PayableStatement. */
  net: z.strictObject({
    commandId,
    nettingId: recordId,
    periodId: recordId,
    currency: currencyCode,
    invoiceIds: z.array(recordId).min(1).max(500),
  }),
  /** Role operator of the payer (`sent`), then of the payee (`confirmed`). When all are confirmed, the invoices are paid. */
  confirmPayment: z.strictObject({
    commandId,
    nettingId: recordId,
    paymentId: recordId,
    step: z.enum(['sent', 'confirmed']),
    reference: z.string().min(1).max(128),
  }),
} as const;

export const nettingQueries = {
  getNetting: z.strictObject({ nettingId: recordId }),
} as const;
