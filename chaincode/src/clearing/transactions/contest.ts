import { contestMs, type clearingCommands } from '@roamgrid/wire';
import { getDealing, openTerms } from '../../consortium/agreement.ts';
import { ensure, requireMember, type Verb } from '../../context/index.ts';
import { getInvoice } from '../get-invoice.ts';
import { raiseDisputes } from '../raise.ts';

/**
 * The home utility contests records of an invoice that was accepted, such as what a driver found on his bill, as long as the
 * agreement lets it. Invoice and netting stay as they are.
 */
export const contest: Verb<typeof clearingCommands.contest> = async (tx, { invoiceId, disputes }) => {
  const invoice = await getInvoice(tx, invoiceId);
  const dealing = await getDealing(tx, invoice);
  requireMember(tx.caller, dealing.hun, ['aaa']);
  ensure(
    invoice.state === 'accepted' || invoice.state === 'netted',
    'WRONG_STATE',
    `invoice ${invoiceId} is ${invoice.state}: what is not accepted yet is accepted in part instead`,
  );
  const terms = openTerms(tx, dealing.agreement);
  const untilMs = invoice.issuedAtMs + contestMs(terms);
  ensure(
    tx.nowMs <= untilMs,
    'EXPIRED',
    `records of invoice ${invoiceId} could be contested until ${untilMs} by the agreement`,
  );
  await raiseDisputes(tx, { invoice, dealing, terms, disputes, late: true });
};
