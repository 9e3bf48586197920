import {
  bill,
  currencyCode,
  instantMs,
  invoiceRunAnswer,
  naturalMicrosCodec,
  recordId,
  sessionId,
  sessionOrigin,
  type AssertionClaims,
} from '@roamgrid/wire';
import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import { z } from 'zod';
import { billsOf, runBills } from '../accounting/bills.ts';
import type { Ingest } from '../accounting/ingest.ts';
import { periodEndMs } from '../accounting/period.ts';
import type { GatewayClient } from '../gateway/client.ts';
import type { OriginMatching } from '../origin/matching.ts';
import { originProofs } from '../origin/proofs.ts';
import type { InvoiceReview } from '../review/clear-invoices.ts';
import type { Db } from '../store/database.ts';

const bills = z.strictObject({ bills: z.array(bill) });
const periodParams = z.object({ periodId: recordId });

/** `POST /operator/v1/periods/{periodId}/bills` */
export const billRun = z.strictObject({
  /** Issue before the period is over. Sessions that come later go on a later period's bill. */
  issue: z.boolean().default(false),
});

const review = z.strictObject({
  invoiceId: recordId,
  vun: z.string(),
  outcome: z.enum(['accepted', 'in-part', 'refused', 'waiting']),
  reasons: z.array(z.string()),
});
const heldCdr = z.strictObject({
  vun: z.string(),
  sessionId,
  endMs: instantMs,
  currency: currencyCode,
  totalMicros: naturalMicrosCodec,
  reasons: z.array(z.string()),
  /** It is judged again by itself. */
  judgedAtMs: instantMs,
});

export interface AccountingRouteOptions {
  readonly db: Db;
  readonly gateway: GatewayClient;
  readonly ingest: Ingest;
  readonly invoiceReview: Pick<InvoiceReview, 'now'>;
  readonly matchOrigin: OriginMatching;
  readonly utilityId: string;
  readonly auth: { readonly operator: Auth<AssertionClaims>; readonly gateway: Auth<AssertionClaims> };
  readonly nowMs: () => number;
}

/** Most that one list shows. */
const LIST_LIMIT = 500;

export const accountingRoutes = (options: AccountingRouteOptions): readonly Route[] => {
  const { db, gateway, ingest, invoiceReview, matchOrigin, utilityId, auth, nowMs } = options;
  return [
    route({
      method: 'post',
      path: '/operator/v1/periods/{periodId}/bills',
      summary: 'One bill for each customer of the period',
      auth: auth.operator,
      params: periodParams,
      body: billRun,
      answers: { 200: bills },
      problems: ['PERIOD_INVALID', 'UNAVAILABLE'],
      handler: async ({ params, body }) => {
        // What is on the ledger by now belongs on the bill, whether or not the next round of the feed has come.
        await ingest.home();
        await ingest.held();
        await matchOrigin(params.periodId);
        const run = { utilityId, periodId: params.periodId, issue: body.issue };
        return reply(200, { bills: [...(await runBills(db, run, nowMs()))] });
      },
    }),
    route({
      method: 'post',
      path: '/operator/v1/periods/{periodId}/invoices',
      summary: 'Invoice every utility whose customers charged here',
      auth: auth.operator,
      params: periodParams,
      answers: { 200: invoiceRunAnswer },
      problems: ['PERIOD_INVALID', 'UNAVAILABLE'],
      handler: async ({ params }) => {
        const untilMs = Math.min(periodEndMs(params.periodId), nowMs());
        return reply(200, await gateway.runInvoices(params.periodId, untilMs));
      },
    }),
    route({
      method: 'post',
      path: '/operator/v1/invoice-reviews',
      summary: 'Review the issued invoices now, and accept those that agree',
      auth: auth.operator,
      answers: { 200: z.strictObject({ reviews: z.array(review) }) },
      problems: ['UNAVAILABLE'],
      handler: async () => {
        await ingest.home();
        await invoiceReview.now();
        const rows = await db
          .selectFrom('invoice_review')
          .select(['invoice_id as invoiceId', 'vun', 'outcome', 'reasons'])
          .orderBy('reviewed_at_ms', 'desc')
          .limit(LIST_LIMIT)
          .execute();
        return reply(200, { reviews: rows.map((row) => ({ ...row, reasons: [...row.reasons] })) });
      },
    }),
    route({
      method: 'get',
      path: '/operator/v1/held-cdrs',
      summary: 'Charge records that no customer was billed for, and why',
      auth: auth.operator,
      answers: { 200: z.strictObject({ cdrs: z.array(heldCdr) }) },
      handler: async () => {
        const rows = await db
          .selectFrom('cdr')
          .select([
            'vun',
            'session_id as sessionId',
            'end_ms as endMs',
            'currency',
            'total_micros as totalMicros',
            'reasons',
            'judged_at_ms as judgedAtMs',
          ])
          .where('verdict', '=', 'held')
          .orderBy('end_ms', 'desc')
          .limit(LIST_LIMIT)
          .execute();
        return reply(200, { cdrs: rows.map((row) => ({ ...row, reasons: [...row.reasons] })) });
      },
    }),
    route({
      method: 'get',
      path: '/operator/v1/sessions/{sessionId}/origin',
      summary: 'Certificates of generation that were used up for a session, each with its proof',
      auth: auth.operator,
      params: z.object({ sessionId }),
      answers: { 200: sessionOrigin },
      handler: async ({ params }) =>
        reply(200, { asOfMs: nowMs(), proofs: [...(await originProofs(db, utilityId, params.sessionId))] }),
    }),
    route({
      method: 'get',
      path: '/internal/v1/customers/{sub}/bills',
      summary: 'The bills of a driver',
      auth: auth.gateway,
      params: z.object({ sub: z.string().min(1).max(64) }),
      answers: { 200: bills },
      problems: ['CUSTOMER_NOT_FOUND'],
      handler: async ({ params }) => reply(200, { bills: [...(await billsOf(db, utilityId, params.sub))] }),
    }),
  ];
};
