import { z } from 'zod';
import {
  currencyCode,
  energyWhCodec,
  instantMs,
  microsCodec,
  naturalMicrosCodec,
  recordId,
  salt,
  sha256Hex,
  utilityId,
} from '../codec/scalars.ts';

/**
 * Credit notes: what a record that was accepted and contested afterwards turned out not to be owed. Its invoice stays as it
 * is; the note is a document of the pair's next netting, in which the visited utility is the debtor.
 */

/** Private body of a credit note, in both parties' implicit collections under `credit:<creditId>`. */
export const creditBody = z.strictObject({
  creditId: recordId,
  disputeId: sha256Hex,
  /** On which the record was billed. */
  invoiceId: recordId,
  agreementId: recordId,
  vun: utilityId,
  hun: utilityId,
  periodId: recordId,
  currency: currencyCode,
  /** What was billed less what stands, as the contract computes it. */
  energyWh: energyWhCodec,
  totalMicros: naturalMicrosCodec,
  /** They sum to `totalMicros`; one of them may have grown. */
  shares: z.strictObject({
    hun: microsCodec,
    vun: microsCodec,
    infrastructure: microsCodec,
    driver: microsCodec,
  }),
  /** What the VUN owes the HUN. */
  payableMicros: naturalMicrosCodec,
  salt,
});
export type CreditBody = z.infer<typeof creditBody>;

/** What the channel sees of a credit note: a document that is netted as an invoice is. */
export const creditRecord = z.strictObject({
  type: z.literal('credit'),
  version: z.int().min(1),
  creditId: recordId,
  invoiceId: recordId,
  agreementId: recordId,
  vun: utilityId,
  hun: utilityId,
  periodId: recordId,
  /** Both parties endorse a note, so it is accepted from the start. */
  state: z.enum(['accepted', 'netted']),
  bodyHash: sha256Hex,
  payableHash: sha256Hex,
  /** Time of the transaction. */
  issuedAtMs: instantMs,
  nettingId: recordId.exactOptional(),
});
export type CreditRecord = z.infer<typeof creditRecord>;
