import {
  disputeAnswer,
  disputeRequest,
  invoicedRecordPage,
  operatorReceipt,
  recordId,
  type Cdr,
  type InvoiceEntry,
  type ShownDispute,
} from '@roamgrid/wire';
import { z } from 'zod';
import { reply, route, type Route } from '../../http/route.ts';
import { answered, find, hash, receipt, SILENT_AFTER_MS, type ClearingPart } from './world.ts';

const disputeOf = (
  { record }: InvoiceEntry,
  cdr: Cdr,
  { reason, evidence }: z.output<typeof disputeRequest>['disputes'][number],
): ShownDispute => {
  const { energyWh, totalMicros, shares, currency, laneSequence, sessionId: of } = cdr;
  const disputeId = hash(`dispute ${of}`);
  const { invoiceId, agreementId, vun, hun, laneId } = record;
  return {
    record: {
      type: 'dispute',
      version: 1,
      disputeId,
      invoiceId,
      agreementId,
      vun,
      hun,
      state: 'disputed',
      bodyHash: hash(disputeId),
      disputedAtMs: Date.now(),
      ...(record.state !== 'issued' && { late: true as const }),
    },
    body: {
      disputeId,
      invoiceId,
      laneId,
      laneSequence,
      sessionId: of,
      reason,
      evidenceHash: hash(evidence),
      evidence,
      currency,
      energyWh,
      totalMicros,
      shares,
      payableMicros: shares.vun + shares.infrastructure,
      salt: hash('salt'),
    },
    silentUntilMs: Date.now() + SILENT_AFTER_MS,
  };
};

export const invoiceRoutes = ({ world, auth }: ClearingPart): readonly Route[] => [
  route({
    method: 'get',
    path: '/internal/v1/invoices/{invoiceId}/records',
    summary: 'Records of an invoice',
    auth,
    params: z.object({ invoiceId: recordId }),
    query: z.object({ after: z.coerce.number(), limit: z.coerce.number() }),
    answers: { 200: invoicedRecordPage },
    handler: async ({ params, query }) => {
      const invoice = find(world.invoices, ({ record }) => record.invoiceId === params.invoiceId);
      const { fromSequence, toSequence, laneId } = invoice.record;
      const items = [...world.settled.values()]
        .filter(({ cdr }) => cdr.sessionId.startsWith(`${laneId}-`))
        .filter(({ cdr: { laneSequence: at } }) => at > query.after && at >= fromSequence && at <= toSequence)
        .sort((a, b) => a.cdr.laneSequence - b.cdr.laneSequence)
        .slice(0, query.limit)
        .map((each) => ({ ...each, batchId: 'batch-1' }));
      return Promise.resolve(reply(200, { invoice, items }));
    },
  }),
  route({
    method: 'post',
    path: '/internal/v1/invoices/{invoiceId}/accept',
    summary: 'Accept an invoice',
    auth,
    params: z.object({ invoiceId: recordId }),
    answers: { 200: operatorReceipt },
    handler: async ({ params }) => {
      const invoice = find(world.invoices, ({ record }) => record.invoiceId === params.invoiceId);
      invoice.record.state = 'accepted';
      world.accepted.push(params.invoiceId);
      return Promise.resolve(reply(200, receipt));
    },
  }),
  route({
    method: 'post',
    path: '/internal/v1/invoices/{invoiceId}/disputes',
    summary: 'Accept an invoice in part',
    auth,
    params: z.object({ invoiceId: recordId }),
    body: disputeRequest,
    answers: { 200: disputeAnswer },
    handler: async ({ params, body }) => {
      const invoice = find(world.invoices, ({ record }) => record.invoiceId === params.invoiceId);
      const disputes = body.disputes.map((asked) => {
        const { cdr } = find([...world.settled.values()], (each) => each.cdr.sessionId === asked.sessionId);
        const made = disputeOf(invoice, cdr, asked);
        const before = world.disputes.find(({ record }) => record.disputeId === made.record.disputeId);
        if (before !== undefined) return before;
        world.disputes.push(made);
        return made;
      });
      if (invoice.record.state === 'issued') world.accepted.push(params.invoiceId);
      invoice.record.state = 'accepted';
      return Promise.resolve(reply(200, answered(world, { invoice, disputes })));
    },
  }),
];
