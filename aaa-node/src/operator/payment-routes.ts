import {
  currencyCode,
  instantMs,
  microsCodec,
  naturalMicrosCodec,
  recordId,
  type AssertionClaims,
} from '@roamgrid/wire';
import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import { z } from 'zod';
import { accountState, bookPayment, reversePayment } from '../accounting/payments.ts';
import type { Db } from '../store/database.ts';
import { isStorable } from '../store/storable.ts';
import { someMicros } from './amounts.ts';

const text = (longest: number) => z.string().min(1).max(longest).refine(isStorable, 'a text');
const customerParams = z.object({ customerId: recordId });
const moved = z.strictObject({
  /** The bank's name for it. */
  reference: text(140),
  micros: someMicros,
  currency: currencyCode,
  valueDate: z.iso.date(),
});

/** `POST /operator/v1/customers/{customerId}/payments` */
export const paymentRequest = z.strictObject({ paymentId: recordId, ...moved.shape });
/** `POST /operator/v1/customers/{customerId}/refunds` */
export const refundRequest = z.strictObject({ refundId: recordId, ...moved.shape });
/** `POST /operator/v1/payments/{paymentId}/reversal` */
export const reversalRequest = z.strictObject({ reversalId: recordId, reason: text(200) });

const account = z.strictObject({
  balanceMicros: microsCodec,
  openMicros: naturalMicrosCodec,
  creditMicros: naturalMicrosCodec,
});
const booked = z.strictObject({
  ...account.shape,
  outcome: z.enum(['exact', 'partial', 'over', 'reversed']),
});
const payment = z.strictObject({
  paymentId: recordId,
  kind: z.enum(['payment', 'refund']),
  reference: z.string().nullable(),
  micros: naturalMicrosCodec,
  currency: currencyCode,
  valueDate: z.iso.date(),
  bookedAtMs: instantMs,
  reversedAtMs: instantMs.nullable(),
});

export interface PaymentRouteOptions {
  readonly db: Db;
  /** Role operator. */
  readonly auth: Auth<AssertionClaims>;
  readonly nowMs: () => number;
}

/** Most that one list shows. */
const LIST_LIMIT = 500;

const PAYMENT_PROBLEMS = [
  'CUSTOMER_NOT_FOUND',
  'PAYMENT_CONFLICT',
  'PAYMENT_DOUBLED',
  'PAYMENT_CURRENCY',
  'PAYMENT_NOT_VALUED',
] as const;

/** What the utility's operators tell of customers' money at the bank. */
export const paymentRoutes = ({ db, auth, nowMs }: PaymentRouteOptions): readonly Route[] => [
  route({
    method: 'post',
    path: '/operator/v1/customers/{customerId}/payments',
    summary: 'A customer paid: books it once for each id, and pays the issued bills, the oldest first',
    auth,
    params: customerParams,
    body: paymentRequest,
    answers: { 200: booked },
    problems: PAYMENT_PROBLEMS,
    handler: async ({ params, body }) =>
      reply(200, await bookPayment(db, { kind: 'payment', ...params, ...body }, nowMs())),
  }),
  route({
    method: 'post',
    path: '/operator/v1/customers/{customerId}/refunds',
    summary: 'Money went back to a customer, of what no bill asks for',
    auth,
    params: customerParams,
    body: refundRequest,
    answers: { 200: booked },
    problems: [...PAYMENT_PROBLEMS, 'REFUND_TOO_LARGE'],
    handler: async ({ params, body: { refundId, ...refund } }) => {
      const given = { kind: 'refund', paymentId: refundId, ...params, ...refund } as const;
      return reply(200, await bookPayment(db, given, nowMs()));
    },
  }),
  route({
    method: 'post',
    path: '/operator/v1/payments/{paymentId}/reversal',
    summary: 'The bank took a payment or refund back: bills that it paid are open again',
    auth,
    params: z.object({ paymentId: recordId }),
    body: reversalRequest,
    answers: { 200: account },
    problems: ['PAYMENT_NOT_FOUND', 'PAYMENT_REVERSED'],
    handler: async ({ params, body }) =>
      reply(200, await reversePayment(db, { ...params, ...body }, nowMs())),
  }),
  route({
    method: 'get',
    path: '/operator/v1/customers/{customerId}/account',
    summary: 'How a customer’s account stands, and what was paid, latest first',
    auth,
    params: customerParams,
    answers: { 200: z.strictObject({ ...account.shape, payments: z.array(payment) }) },
    problems: ['CUSTOMER_NOT_FOUND'],
    handler: async ({ params: { customerId } }) => {
      const state = await accountState(db, customerId);
      const payments = await db
        .selectFrom('payment')
        .innerJoin('account', 'account.account_id', 'payment.account_id')
        .select([
          'payment_id as paymentId',
          'kind',
          'reference',
          'micros',
          'payment.currency',
          'value_date as valueDate',
          'booked_at_ms as bookedAtMs',
          'reversed_at_ms as reversedAtMs',
        ])
        .where('customer_id', '=', customerId)
        .orderBy('booked_at_ms', 'desc')
        .orderBy('payment_id')
        .limit(LIST_LIMIT)
        .execute();
      return reply(200, { ...state, payments });
    },
  }),
];
