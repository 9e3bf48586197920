import { blockAtDepth, nettingCall, readPayment, tokenCall } from '@roamgrid/escrow';
import { derivedId } from '../store/ids.ts';
import { isPaid, step, type NetPayment, type NetPaymentsContext } from './net-steps.ts';

const DAY_S = 86_400;
const EVERYTHING = 2n ** 256n - 1n;

/** Once the payee's time is over, what it did not confirm is the utility's again. */
const takeBack = async (context: NetPaymentsContext, { onChain }: NetPayment): Promise<void> => {
  const { own, settings, netting } = context;
  const { hash, atS } = await blockAtDepth(own.chain, settings.depth);
  const { state, expiresAtS } = await readPayment(own.chain, netting.escrow, onChain, hash);
  if (state === 'none' || state === 'confirmed' || atS < expiresAtS) return;
  const { paymentId, token, amount } = onChain;
  const back = await step(own, `net-back:${paymentId}`, netting.escrow, () => nettingCall.takeBack(onChain));
  if (back === undefined) return;
  await step(own, `net-withdraw:${paymentId}`, netting.escrow, () =>
    nettingCall.withdraw(token, amount, own.sender.address),
  );
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
  if (isPaid(record)) return;
  const key = `net-pay:${paymentId}`;
  // Somebody pays it otherwise: twice is once too often.
  if (record.state !== 'due' && own.sender.told(key) === undefined) return;
  if (!(await step(own, 'net-approve', token, () => tokenCall.approve(escrow, EVERYTHING)))) return;
  if (!(await step(own, `net-deposit:${paymentId}`, escrow, () => nettingCall.deposit(token, amount))))
    return;
  const bound = await step(own, key, escrow, async () => {
    const { atS } = await blockAtDepth(own.chain, 1);
    return nettingCall.pay(onChain, atS + BigInt(netting.confirmWithinDays * DAY_S));
  });
  if (bound === undefined) return;
  const { transactionHash, blockHash, depth } = bound;
  const said = record.sent.at(-1);
  const isSaid =
    said?.kind === 'token' && said.transactionHash === transactionHash && said.blockHash === blockHash;
  if (isSaid) return takeBack(context, payment);
  await ledger.tellPayment('send', {
    commandId: derivedId('net-send', paymentId, transactionHash, blockHash),
    paymentId,
    means: { kind: 'token', chainId: settings.chainId, transactionHash, blockHash, depth },
  });
};
