import { invoiceRecord, stateKey, type clearingCommands } from '@roamgrid/wire';
import { getUtility } from '../../consortium/registry.ts';
import { ensure, requireMember, type Verb } from '../../context/index.ts';
import { getInvoice } from '../get-invoice.ts';

/** The home utility agrees that it owes the invoice; the hash says which one it read. */
export const accept: Verb<typeof clearingCommands.accept> = async (tx, { invoiceId, bodyHash }) => {
  const invoice = await getInvoice(tx, invoiceId);
  requireMember(tx.caller, await getUtility(tx, invoice.hun), ['aaa']);
  ensure(invoice.state === 'issued', 'WRONG_STATE', `invoice ${invoiceId} is ${invoice.state}, not issued`);
  ensure(invoice.bodyHash === bodyHash, 'HASH_MISMATCH', 'bodyHash is not that of the invoice');
  tx.put(invoiceRecord, stateKey.invoice(invoiceId), {
    ...invoice,
    version: invoice.version + 1,
    state: 'accepted',
  });
};
