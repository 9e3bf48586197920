import { z } from 'zod';
import {
  currencyCode,
  instantMs,
  naturalMicrosCodec,
  recordId,
  sha256Hex,
  utilityId,
} from '../codec/scalars.ts';
import { commandId } from './envelope.ts';

/** Payments of a netting: what the payer sent, what the payee got, and what state that makes. */

const chainId = z.string().regex(/^[1-9]\d{0,30}$/, 'an EVM chain id in decimal');
const hash256 = z.string().regex(/^0x[0-9a-f]{64}$/, '32 bytes in lower-case hex with 0x');
const endToEndId = z.string().regex(/^[A-Za-z0-9/?:().,'+ -]{1,35}$/, 'an end-to-end id of ISO 20022');

/** How the payer paid. */
export const paymentMeans = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('bank'), endToEndId }),
  z.strictObject({
    kind: z.literal('token'),
    chainId,
    /** The transaction that bound the money for the payee, … */
    transactionHash: hash256,
    /** … the block that has it, and how deep that was when it was told. */
    blockHash: hash256,
    depth: z.int().min(1),
  }),
]);
export type PaymentMeans = z.infer<typeof paymentMeans>;

/** Money that came, as whoever keeps the account says. The same entry on two statements has one `entryReference`. */
export const receiptOf = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('bank'),
    /** The bank's own reference of the entry on the payee's account. Spec: ISO 20022 AcctSvcrRef. */
    entryReference: z.string().min(1).max(35),
    endToEndId,
    /** SHA-256 of the message that told of it (camt.054 or camt.053). */
    statementHash: sha256Hex,
  }),
  z.strictObject({
    kind: z.literal('token'),
    chainId,
    /** What bound the money, in the block in which the payee sees it: the same that the payer named. */
    sent: z.strictObject({ transactionHash: hash256, blockHash: hash256 }),
    /** The transaction that gave the payee the money, and the place of it in its block. */
    transactionHash: hash256,
    logIndex: z.int().min(0),
    blockHash: hash256,
    /** Blocks on top of it, its own counted, when it was told. */
    depth: z.int().min(1),
  }),
]);

export const receipt = z.strictObject({
  /** Unique at the payee. */
  receiptId: recordId,
  of: receiptOf,
  currency: currencyCode,
  amountMicros: naturalMicrosCodec,
  valueAtMs: instantMs,
});
export type Receipt = z.infer<typeof receipt>;

/** What became of money that came. */
export const keptReceipt = receipt.extend({
  state: z.enum([
    'counted',
    'other-currency', // counts nothing: it goes back
    'reversed', // the bank or chain took it back
    'returned', // the payee gave it back
  ]),
});
export type KeptReceipt = z.infer<typeof keptReceipt>;

export const paymentState = z.enum([
  'due',
  'sent',
  'confirmed', // as much came as was owed
  'short', // less came
  'doubled', // more came: the rest is to be given back
  'reversed', // what came was taken back
  'wrong-currency', // what came is of another currency, and counts nothing
]);
export type PaymentState = z.infer<typeof paymentState>;

/** Receipts that a payment may have. */
const MAX_RECEIPTS = 50;

export const paymentRecord = z.strictObject({
  type: z.literal('payment'),
  version: z.int().min(1),
  paymentId: recordId,
  nettingId: recordId,
  periodId: recordId,
  currency: currencyCode,
  payer: utilityId,
  payee: utilityId,
  /** A whole number of the currency's smallest payable unit. */
  amountMicros: naturalMicrosCodec,
  dueAtMs: instantMs,
  state: paymentState,
  /** How it was sent, the last last. */
  sent: z.array(paymentMeans).max(MAX_RECEIPTS),
  receipts: z.array(keptReceipt).max(MAX_RECEIPTS),
  /** When as much as was owed had come; later than `dueAtMs` it was late. */
  confirmedAtMs: instantMs.exactOptional(),
});
export type PaymentRecord = z.infer<typeof paymentRecord>;

/** Money that counts for a payment. */
export const countedMicros = ({ receipts }: Pick<PaymentRecord, 'receipts'>): bigint =>
  receipts.reduce((sum, { state, amountMicros }) => (state === 'counted' ? sum + amountMicros : sum), 0n);

/** The state that what was sent and what came make. */
export const paymentStateOf = (
  payment: Pick<PaymentRecord, 'amountMicros' | 'sent' | 'receipts'>,
): PaymentState => {
  const counted = countedMicros(payment);
  if (counted > payment.amountMicros) return 'doubled';
  if (counted === payment.amountMicros) return 'confirmed';
  if (counted > 0n) return 'short';
  const last = payment.receipts.at(-1)?.state;
  // What was sent again after the last that came to nothing is on its way.
  if (payment.sent.length > payment.receipts.length) return 'sent';
  if (last === 'reversed' || last === 'returned') return 'reversed';
  if (last === 'other-currency') return 'wrong-currency';
  return payment.sent.length > 0 ? 'sent' : 'due';
};

/** Whether a payment is or was late at an instant. */
export const isLate = (
  { dueAtMs, confirmedAtMs }: Pick<PaymentRecord, 'dueAtMs' | 'confirmedAtMs'>,
  atMs: number,
): boolean => (confirmedAtMs ?? atMs) > dueAtMs;

/** Money that came and is of no payment that the payee knows. */
export const unmatchedRecord = z.strictObject({
  type: z.literal('unmatched'),
  version: z.int().min(1),
  utilityId,
  receipt,
  state: z.enum(['open', 'matched', 'returned']),
  paymentId: recordId.exactOptional(),
});
export type UnmatchedRecord = z.infer<typeof unmatchedRecord>;

/** `payment` contract. All verbs that name a payment are endorsed by payer and payee. */
export const paymentCommands = {
  /** Role operator or aaa of the payer. Also again, after what was sent came short, back, or in another currency. */
  send: z.strictObject({ commandId, paymentId: recordId, means: paymentMeans }),
  /** Role operator or aaa of the payee: money came for the payment. Counts once, whatever tells of it. */
  receive: z.strictObject({ commandId, paymentId: recordId, receipt }),
  /** Role operator or aaa of the payee: what came was taken back by the bank or chain, or given back by the payee. */
  undo: z.strictObject({
    commandId,
    paymentId: recordId,
    receiptId: recordId,
    how: z.enum(['reversed', 'returned']),
  }),
  /** Role operator or aaa of the utility: money came that is of no payment. */
  unmatched: z.strictObject({ commandId, utilityId, receipt }),
  /** Role operator or aaa of the payee: what was unmatched is of this payment. */
  match: z.strictObject({ commandId, utilityId, receiptId: recordId, paymentId: recordId }),
  /** Role operator or aaa of the utility: what was unmatched was given back. */
  giveBack: z.strictObject({ commandId, utilityId, receiptId: recordId }),
} as const;

export const paymentQueries = {
  getPayment: z.strictObject({ paymentId: recordId }),
  getUnmatched: z.strictObject({ utilityId, receiptId: recordId }),
} as const;
