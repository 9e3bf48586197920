import {
  bodyHash,
  canonicalJson,
  nettingRecord,
  paymentRecord,
  paymentStateOf,
  stateKey,
  type KeptReceipt,
  type PaymentMeans,
  type PaymentRecord,
  type Receipt,
} from '@roamgrid/wire';
import { z } from 'zod';
import { mspIdsOf } from '../consortium/agreement.ts';
import { getUtility } from '../consortium/registry.ts';
import { ensure, type Transaction } from '../context/index.ts';
import { Nettings } from '../netting/pair.ts';

export const getPayment = (tx: Transaction, paymentId: string): Promise<PaymentRecord> =>
  tx.get(paymentRecord, stateKey.payment(paymentId));

/** Refuses a payment that a later cast of its netting took away: it was not begun, or one of the two is left out. */
export const requireStanding = async (tx: Transaction, payment: PaymentRecord): Promise<void> => {
  const { nettingId, paymentId, payer, payee } = payment;
  const { periodId, round, currency, cast } = await tx.get(nettingRecord, stateKey.netting(nettingId));
  const later = (await new Nettings(tx).casts(periodId, round, currency)).slice(cast);
  const last = later.at(-1);
  if (last === undefined) return;
  ensure(
    payment.state !== 'due' && !last.without.includes(payer) && !last.without.includes(payee),
    'WRONG_STATE',
    `payment ${paymentId} fell away: ${last.nettingId} says what is paid instead`,
  );
};

/** Writes a payment in the state that what was sent and what came make. */
export const putPayment = (tx: Transaction, changed: PaymentRecord): void => {
  const { confirmedAtMs, ...rest } = changed;
  const state = paymentStateOf(changed);
  const isThere = state === 'confirmed' || state === 'doubled';
  tx.put(paymentRecord, stateKey.payment(changed.paymentId), {
    ...rest,
    version: changed.version + 1,
    state,
    ...(isThere && { confirmedAtMs: confirmedAtMs ?? tx.nowMs }),
  });
};

/** What money that came is told by, whichever message tells of it. */
const entryOf = ({ of }: Receipt): string =>
  of.kind === 'bank'
    ? canonicalJson(['bank', of.entryReference])
    : // In another block it is another event: the chain took the first one back.
      canonicalJson(['token', of.chainId, of.blockHash, of.transactionHash, of.logIndex]);

/** Written once for each entry of an account: money that came counts once. */
export const receiptMark = z.strictObject({
  type: z.literal('receipt'),
  version: z.literal(1),
  utilityId: z.string(),
  receiptId: z.string(),
});

export const markReceipt = async (tx: Transaction, utilityId: string, receipt: Receipt): Promise<void> => {
  tx.notInFuture(receipt.valueAtMs, 'receipt.valueAtMs');
  const key = stateKey.receipt(utilityId, bodyHash(entryOf(receipt)));
  await tx.requireAbsent(key);
  const endorsers = mspIdsOf([await getUtility(tx, utilityId)]);
  tx.put(
    receiptMark,
    key,
    { type: 'receipt', version: 1, utilityId, receiptId: receipt.receiptId },
    { endorsers },
  );
};

/** The payment with money that came for it. */
export const withReceipt = (payment: PaymentRecord, receipt: Receipt): PaymentRecord => {
  ensure(
    !payment.receipts.some(({ receiptId }) => receiptId === receipt.receiptId),
    'CONFLICT',
    `payment ${payment.paymentId} has a receipt ${receipt.receiptId}`,
  );
  const state: KeptReceipt['state'] = receipt.currency === payment.currency ? 'counted' : 'other-currency';
  return { ...payment, receipts: [...payment.receipts, { ...receipt, state }] };
};

/** How a payment was sent, in one spelling: how deep it is by now does not make it another. */
export const sendingOf = (means: PaymentMeans): string =>
  means.kind === 'bank'
    ? canonicalJson(['bank', means.endToEndId])
    : canonicalJson(['token', means.chainId, means.transactionHash, means.blockHash]);

/** Refuses money that does not name what was sent: it is told as unmatched until somebody knows what it is for. */
export const requireReference = ({ paymentId, sent }: PaymentRecord, { of }: Receipt): void => {
  // A bank may be faster than the payer's word: the payment's own id is always good.
  const named: readonly PaymentMeans[] = [...sent, { kind: 'bank', endToEndId: paymentId }];
  const isNamed = named.some((means) =>
    means.kind === 'bank'
      ? of.kind === 'bank' && of.endToEndId === means.endToEndId
      : of.kind === 'token' &&
        of.chainId === means.chainId &&
        of.sent.transactionHash === means.transactionHash &&
        of.sent.blockHash === means.blockHash,
  );
  ensure(
    isNamed,
    'CONFLICT',
    `what came names nothing that was sent for ${paymentId}: tell it as unmatched, and match it when that is known`,
  );
};
