import { invoiceRecord, stateKey, type clearingCommands } from '@roamgrid/wire';
import { getAgreement, openTerms } from '../../consortium/agreement.ts';
import { getUtility } from '../../consortium/registry.ts';
import { ensure, requireMember, type Verb } from '../../context/index.ts';
import { getInvoice } from '../get-invoice.ts';
import { requireSilence } from '../silence.ts';

/**
 * The home utility agrees that it owes the invoice; the hash says which one it read. Silence for the agreed time is
 * agreement: then the visited utility may say so in its place.
 */
export const accept: Verb<typeof clearingCommands.accept> = async (tx, { invoiceId, bodyHash }) => {
  const invoice = await getInvoice(tx, invoiceId);
  const vun = await getUtility(tx, invoice.vun);
  const isCreditor = tx.caller.mspId === vun.mspId;
  requireMember(tx.caller, isCreditor ? vun : await getUtility(tx, invoice.hun), ['aaa']);
  ensure(invoice.state === 'issued', 'WRONG_STATE', `invoice ${invoiceId} is ${invoice.state}, not issued`);
  ensure(invoice.bodyHash === bodyHash, 'HASH_MISMATCH', 'bodyHash is not that of the invoice');
  if (isCreditor) {
    const terms = openTerms(tx, await getAgreement(tx, invoice.agreementId));
    requireSilence(tx, terms, invoice.issuedAtMs, `the home utility, asked to look at ${invoiceId},`);
  }
  tx.put(invoiceRecord, stateKey.invoice(invoiceId), {
    ...invoice,
    version: invoice.version + 1,
    state: 'accepted',
  });
};
