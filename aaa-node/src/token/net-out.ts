import { blockAtDepth, nettingCall, tokenCall } from '@roamgrid/escrow';
import { derivedId } from '../store/ids.ts';
import { isPaid, step, type NetPayment, type NetPaymentsContext } from './net-steps.ts';
import { turnOf } from './net-turns.ts';

const DAY_S = 86_400;
const EVERYTHING = 2n ** 256n - 1n;

/** Whether the utility pays it on the chain: it is owed, and nobody pays it otherwise. Twice is once too often. */
export const isToPay = ({ own }: NetPaymentsContext, { record }: NetPayment): boolean => {
  if (isPaid(record)) return false;
  if (record.state === 'due') return true;
  const { isFirst, keys } = turnOf(own.sender, record.paymentId);
  if (!isFirst) return record.sent.at(-1)?.kind === 'token' && ['sent', 'reversed'].includes(record.state);
  const pay = own.sender.told(keys.pay);
  return pay !== undefined && pay.state !== 'failed';
};

/**
 * What the utility owes: deposits, binds the money for the payee, and says so on the ledger once the chain has it deep
 * enough; again when the chain has it in another block.
 */
export const payOut = async (context: NetPaymentsContext, payment: NetPayment): Promise<void> => {
  const { own, settings, netting, ledger } = context;
  const { record, onChain } = payment;
  const { paymentId, token, amount } = onChain;
  const { escrow } = netting;
  const { keys } = turnOf(own.sender, paymentId);
  if (!isToPay(context, payment)) return;
  // This turn is over: its money is on its way back.
  if ([keys.back, keys.withdraw].some((key) => own.sender.told(key) !== undefined)) return;
  const approval = `net-approve:${token}:${escrow}`.toLowerCase();
  if (!(await step(own, approval, token, () => tokenCall.approve(escrow, EVERYTHING)))) return;
  if (!(await step(own, keys.deposit, escrow, () => nettingCall.deposit(token, amount)))) return;
  const bound = await step(own, keys.pay, escrow, async () => {
    const { atS } = await blockAtDepth(own.chain, 1);
    return nettingCall.pay(onChain, atS + BigInt(netting.confirmWithinDays * DAY_S));
  });
  if (bound === undefined) return;
  const { transactionHash, blockHash, depth } = bound;
  const said = record.sent.at(-1);
  const isSaid =
    said?.kind === 'token' && said.transactionHash === transactionHash && said.blockHash === blockHash;
  if (isSaid) return;
  await ledger.tellPayment('send', {
    commandId: derivedId('net-send', paymentId, transactionHash, blockHash),
    paymentId,
    means: { kind: 'token', chainId: settings.chainId, transactionHash, blockHash, depth },
  });
};
