import {
  invoiceBody,
  invoiceRecord,
  payableStatement,
  privateKey,
  stateKey,
  type clearingCommands,
} from '@roamgrid/wire';
import { getDealing, openTerms } from '../../consortium/agreement.ts';
import { ensure, requireMember, type Verb } from '../../context/index.ts';
import { getInvoice } from '../get-invoice.ts';
import { requirePayable } from '../invoicing.ts';
import { raiseDisputes } from '../raise.ts';

/**
 * The home utility accepts an invoice but for records that it disputes. What is not disputed is payable at once; a disputed
 * record is credited by what the contract computes for it.
 */
export const acceptInPart: Verb<typeof clearingCommands.acceptInPart> = async (tx, command) => {
  const { invoiceId, disputes } = command;
  const invoice = await getInvoice(tx, invoiceId);
  const dealing = await getDealing(tx, invoice);
  const { hun, endorsers, agreement } = dealing;
  requireMember(tx.caller, hun, ['aaa']);
  ensure(invoice.state === 'issued', 'WRONG_STATE', `invoice ${invoiceId} is ${invoice.state}, not issued`);
  const body = tx.transient(invoiceBody, 'body');
  ensure(
    command.bodyHash === invoice.bodyHash && body.hash === invoice.bodyHash,
    'HASH_MISMATCH',
    'the body is not that of the invoice',
  );
  const terms = openTerms(tx, agreement);
  const disputedMicros = await raiseDisputes(tx, { invoice, dealing, terms, disputes });
  const payable = tx.transient(payableStatement, 'payable');
  ensure(payable.hash === command.payableHash, 'HASH_MISMATCH', 'the payable does not hash to payableHash');
  requirePayable(payable.value, {
    ...body.value,
    payableMicros: body.value.payableMicros - disputedMicros,
  });
  tx.put(invoiceRecord, stateKey.invoice(invoiceId), {
    ...invoice,
    version: invoice.version + 1,
    state: 'accepted',
    payableHash: payable.hash,
  });
  tx.putPrivate(endorsers, privateKey.payable(invoiceId), payable.text);
};
