import { blockAtDepth, depositIn, nettingCall, readPayment, type ChainReceipt } from '@roamgrid/escrow';
import { onceFinal, step, type NetPaymentsContext } from './net-steps.ts';
import { turnOf, type TurnKeys } from './net-turns.ts';

type Context = Pick<NetPaymentsContext, 'own' | 'settings'>;

/** Goes on with what was told, whether or not anything is told after it. @returns its receipt, once it is final */
const pursue = ({ own }: Context, key: string): Promise<ChainReceipt | undefined> =>
  onceFinal(own.sender.settle(key, 0));

/** What became of money that was bound for a payee. */
const boundIs = async (
  context: Context,
  paymentId: string,
  { pay, back }: TurnKeys,
  escrow: string,
): Promise<'confirmed' | 'waiting' | 'over'> => {
  const { own, settings } = context;
  if (own.sender.told(back) !== undefined) return 'over';
  if (own.sender.told(pay)?.state !== 'paid' && !(await pursue(context, pay))) return 'waiting';
  const { hash, atS } = await blockAtDepth(own.chain, settings.depth);
  const payment = { paymentId, payer: own.sender.address };
  const { state, expiresAtS } = await readPayment(own.chain, escrow, payment, hash);
  if (state === 'confirmed') return 'confirmed';
  return state === 'sent' && atS >= expiresAtS ? 'over' : 'waiting';
};

/**
 * Money that the utility put in for a payment and that the payee has not: bound, it is taken back once the payee's time is
 * over, and not bound, once the payment is not to be paid on the chain any more. Everything follows from what this node told
 * the chain, for the ledger may have dropped the payment: a recast lets fall away what it does not know to be begun.
 * @returns false when the payee has it: nothing is to come back ever
 */
export const bringBack = async (context: Context, paymentId: string, isToPay: boolean): Promise<boolean> => {
  const { own } = context;
  const { keys } = turnOf(own.sender, paymentId);
  const deposit = own.sender.told(keys.deposit);
  if (deposit === undefined) return true;
  const escrow = deposit.to;
  const pay = own.sender.told(keys.pay);
  if (pay === undefined || pay.state === 'failed') {
    if (isToPay && own.sender.told(keys.withdraw) === undefined) return true;
    if (deposit.state === 'failed' || !(await pursue(context, keys.deposit))) return true;
  } else {
    const became = await boundIs(context, paymentId, keys, escrow);
    if (became !== 'over') return became === 'waiting';
    const payment = { paymentId, payer: own.sender.address };
    if (!(await step(own, keys.back, escrow, () => nettingCall.takeBack(payment)))) return true;
  }
  const { token, amount } = depositIn(deposit.data);
  await step(own, keys.withdraw, escrow, () => nettingCall.withdraw(token, amount, own.sender.address));
  return true;
};
