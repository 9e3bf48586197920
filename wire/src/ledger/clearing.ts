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
import { chargeCommands, chargeQueries } from '../energy/charge.ts';
import { disputeCommands, disputeQueries } from './dispute.ts';
import { commandId } from './envelope.ts';
import { laneId } from './lane.ts';

/** Private body of an invoice, in both parties' implicit collections under `invoice:<invoiceId>`. */
export const invoiceBody = z.strictObject({
  invoiceId: recordId,
  agreementId: recordId,
  vun: utilityId,
  hun: utilityId,
  laneId,
  periodId: recordId,
  currency: currencyCode,
  batchIds: z.array(recordId).min(1).max(200),
  fromSequence: z.int().min(1),
  toSequence: z.int().min(1),
  sessions: z.int().min(1),
  energyWh: energyWhCodec,
  /** Σ of the CDR totals. */
  totalMicros: naturalMicrosCodec,
  shares: z.strictObject({
    hun: naturalMicrosCodec,
    vun: naturalMicrosCodec,
    infrastructure: naturalMicrosCodec,
    driver: naturalMicrosCodec,
  }),
  /** What the HUN owes the VUN: the VUN's and the infrastructure provider's shares. */
  payableMicros: naturalMicrosCodec,
  salt,
});
export type InvoiceBody = z.infer<typeof invoiceBody>;

/** What netting participants see of an invoice; its hash is public from the start. */
export const payableStatement = z.strictObject({
  invoiceId: recordId,
  periodId: recordId,
  debtor: utilityId,
  creditor: utilityId,
  currency: currencyCode,
  payableMicros: naturalMicrosCodec,
  salt,
});
export type PayableStatement = z.infer<typeof payableStatement>;

export const invoiceRecord = z.strictObject({
  type: z.literal('invoice'),
  version: z.int().min(1),
  invoiceId: recordId,
  agreementId: recordId,
  vun: utilityId,
  hun: utilityId,
  laneId,
  periodId: recordId,
  state: z.enum(['issued', 'accepted', 'cancelled', 'netted']),
  bodyHash: sha256Hex,
  payableHash: sha256Hex,
  fromSequence: z.int().min(1),
  toSequence: z.int().min(1),
  /** Time of the transaction: the home utility's time to look at it runs from here. */
  issuedAtMs: instantMs,
  nettingId: recordId.exactOptional(),
  /** Of a disputed record that came back: the invoice that it was taken off. */
  supplementTo: recordId.exactOptional(),
});
export type InvoiceRecord = z.infer<typeof invoiceRecord>;

/** How far a lane's CDRs are invoiced: the next invoice starts one after `toSequence`. */
export const lastInvoicedRecord = z.strictObject({
  type: z.literal('lastInvoiced'),
  version: z.int().min(1),
  laneId,
  /** 0 when its only invoice was cancelled. */
  toSequence: z.int().min(0),
  invoiceId: recordId,
});
export type LastInvoicedRecord = z.infer<typeof lastInvoicedRecord>;

/** `clearing` contract. */
export const clearingCommands = {
  /**
   * Role aaa of the VUN; endorsed by both. Transient `body`: InvoiceBody, `payable`: PayableStatement,
   * `headers`: array of BatchHeader in sequence order, `terms`. Batches are contiguous and follow the lane's last invoice.
   */
  invoice: z.strictObject({
    commandId,
    invoiceId: recordId,
    agreementId: recordId,
    vun: utilityId,
    hun: utilityId,
    laneId,
    periodId: recordId,
    batchIds: z.array(recordId).min(1).max(200),
    bodyHash: sha256Hex,
    payableHash: sha256Hex,
  }),
  /** Role aaa of the HUN; of the VUN when the HUN was silent for the agreed time, with transient `terms`. */
  accept: z.strictObject({ commandId, invoiceId: recordId, bodyHash: sha256Hex }),
  ...disputeCommands,
  ...chargeCommands,
} as const;

export const clearingQueries = {
  getInvoice: z.strictObject({ invoiceId: recordId }),
  getInvoiceBody: z.strictObject({ invoiceId: recordId }),
  ...disputeQueries,
  ...chargeQueries,
} as const;
