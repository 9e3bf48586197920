import {
  invoiceRecord,
  stateKey,
  type AgreementTerms,
  type clearingCommands,
  type InvoiceRecord,
} from '@roamgrid/wire';
import { getAgreement, openTerms } from '../../consortium/agreement.ts';
import { getUtility } from '../../consortium/registry.ts';
import { ensure, requireMember, type Transaction, type Verb } from '../../context/index.ts';
import { getInvoice } from '../get-invoice.ts';

const DAY_MS = 86_400_000;

/** How long the home utility may look at an invoice: one settlement period of the agreement. */
const LOOK_MS: Readonly<Record<AgreementTerms['settlementPeriod'], number>> = {
  day: DAY_MS,
  week: 7 * DAY_MS,
  month: 31 * DAY_MS,
};

const requireSilence = async (
  tx: Transaction,
  { invoiceId, agreementId, issuedAtMs }: InvoiceRecord,
): Promise<void> => {
  const { settlementPeriod } = openTerms(tx, await getAgreement(tx, agreementId));
  const fromMs = issuedAtMs + LOOK_MS[settlementPeriod];
  ensure(
    tx.nowMs > fromMs,
    'WRONG_STATE',
    `the home utility may look at invoice ${invoiceId} ${fromMs - tx.nowMs} ms longer before its silence accepts it`,
  );
};

/**
 * The home utility agrees that it owes the invoice; the hash says which one it read. Silence for a settlement period is
 * agreement: then the visited utility may say so in its place.
 */
export const accept: Verb<typeof clearingCommands.accept> = async (tx, { invoiceId, bodyHash }) => {
  const invoice = await getInvoice(tx, invoiceId);
  const vun = await getUtility(tx, invoice.vun);
  const isCreditor = tx.caller.mspId === vun.mspId;
  requireMember(tx.caller, isCreditor ? vun : await getUtility(tx, invoice.hun), ['aaa']);
  ensure(invoice.state === 'issued', 'WRONG_STATE', `invoice ${invoiceId} is ${invoice.state}, not issued`);
  ensure(invoice.bodyHash === bodyHash, 'HASH_MISMATCH', 'bodyHash is not that of the invoice');
  if (isCreditor) await requireSilence(tx, invoice);
  tx.put(invoiceRecord, stateKey.invoice(invoiceId), {
    ...invoice,
    version: invoice.version + 1,
    state: 'accepted',
  });
};
