import {
  ChainError,
  checkAgain,
  finalReceipt,
  nettingCall,
  requireConfirmed,
  requireSent,
} from '@roamgrid/escrow';
import type { KeptReceipt } from '@roamgrid/wire';
import { derivedId } from '../store/ids.ts';
import { isPaid, onceFinal, step, type NetPayment, type NetPaymentsContext } from './net-steps.ts';

/** Whether what was counted is on the chain no more, or in another block. */
const isTakenBack = async ({ own }: NetPaymentsContext, { of, state }: KeptReceipt): Promise<boolean> => {
  if (state !== 'counted' || of.kind !== 'token') return false;
  try {
    await checkAgain(own.chain, of);
    return false;
  } catch (thrown) {
    if (thrown instanceof ChainError && thrown.code === 'REORGANISED') return true;
    throw thrown;
  }
};

/**
 * What the utility is owed: once it sees the payer's transaction in the block that the payer named, deep enough and for this
 * very payment, it confirms, and says on the ledger what came. What the chain takes back it takes back too.
 */
export const takeIn = async (context: NetPaymentsContext, { record, onChain }: NetPayment): Promise<void> => {
  const { own, settings, netting, ledger, nowMs } = context;
  const { paymentId, currency, amountMicros } = record;
  for (const counted of record.receipts) {
    if (!(await isTakenBack(context, counted))) continue;
    const { receiptId } = counted;
    const commandId = derivedId('net-undo', paymentId, receiptId);
    await ledger.tellPayment('undo', { commandId, paymentId, receiptId, how: 'reversed' });
    return;
  }
  const said = record.sent.at(-1);
  if (isPaid(record) || said?.kind !== 'token' || said.chainId !== settings.chainId) return;
  const bound = await onceFinal(finalReceipt(own.chain, said.transactionHash, settings.depth));
  // In another block by now: the payer will say so.
  if (bound?.blockHash !== said.blockHash) return;
  requireSent(bound, netting.escrow, onChain);
  const came = await step(own, `net-confirm:${paymentId}`, netting.escrow, () =>
    nettingCall.confirm(onChain),
  );
  if (came === undefined) return;
  const { transactionHash, blockHash, depth } = came;
  const receiptId = derivedId('net-came', paymentId, transactionHash, blockHash);
  if (record.receipts.some((each) => each.receiptId === receiptId)) return;
  await ledger.tellPayment('receive', {
    commandId: derivedId('net-receive', paymentId, receiptId),
    paymentId,
    receipt: {
      receiptId,
      of: {
        kind: 'token',
        chainId: settings.chainId,
        sent: { transactionHash: said.transactionHash, blockHash: said.blockHash },
        transactionHash,
        logIndex: requireConfirmed(came, netting.escrow, onChain),
        blockHash,
        depth,
      },
      currency,
      amountMicros,
      valueAtMs: nowMs(),
    },
  });
};
