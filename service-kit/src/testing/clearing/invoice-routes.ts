import {
  disputeAnswer,
  disputeRequest,
  invoicedRecordPage,
  invoiceEntry,
  invoicePage,
  operatorReceipt,
  recordId,
  sessionId,
  type Cdr,
  type InvoiceEntry,
  type ShownDispute,
} from '@roamgrid/wire';
import { z } from 'zod';
import { reply, route, type Route } from '../../http/route.ts';
import { ServiceError } from '../../problem/service-error.ts';
import { answered, find, hash, receipt, role, SILENT_AFTER_MS, type ClearingPart } from './world.ts';

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

/** Invoices on a page: few, so that whoever reads one page alone misses some. */
const PAGE = 2;

const listRoutes = ({ world, own, auth }: ClearingPart): readonly Route[] => [
  route({
    method: 'get',
    path: '/internal/v1/invoices',
    summary: 'Invoices',
    auth,
    query: z.object({ role, state: z.literal('issued'), after: z.string().default('') }),
    answers: { 200: invoicePage },
    handler: ({ query }) => {
      const behind = world.invoices
        .filter(({ record }) => record.state === query.state && record[query.role] === own)
        .filter(({ record }) => record.invoiceId > query.after)
        .sort((a, b) => (a.record.invoiceId < b.record.invoiceId ? -1 : 1));
      const invoices = behind.slice(0, PAGE);
      const last = invoices.at(-1)?.record.invoiceId;
      const isMore = behind.length > PAGE && last !== undefined;
      return Promise.resolve(reply(200, { invoices, ...(isMore && { cursor: last }) }));
    },
  }),
  route({
    method: 'get',
    path: '/internal/v1/sessions/{sessionId}/invoice',
    summary: 'The invoice with a record',
    auth,
    params: z.object({ sessionId }),
    answers: { 200: invoiceEntry },
    handler: ({ params }) => {
      const cdr = world.settled.get(params.sessionId)?.cdr;
      const invoice = world.invoices.findLast(
        ({ record: { laneId, fromSequence, toSequence, state } }) =>
          cdr !== undefined &&
          state !== 'cancelled' &&
          cdr.sessionId.startsWith(`${laneId}-`) &&
          fromSequence <= cdr.laneSequence &&
          cdr.laneSequence <= toSequence,
      );
      return invoice === undefined
        ? Promise.reject(new ServiceError('RECORD_NOT_FOUND', 'on no invoice'))
        : Promise.resolve(reply(200, invoice));
    },
  }),
];

export const invoiceRoutes = ({ world, own, auth }: ClearingPart): readonly Route[] => [
  ...listRoutes({ world, own, auth }),
  route({
    method: 'get',
    path: '/internal/v1/invoices/{invoiceId}/records',
    summary: 'Records of an invoice',
    auth,
    params: z.object({ invoiceId: recordId }),
    query: z.object({ after: z.coerce.number(), limit: z.coerce.number() }),
    answers: { 200: invoicedRecordPage },
    handler: async ({ params, query }) => {
      world.disputesAsked.recordsOf.push(params.invoiceId);
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
      const refused = world.faults.refusesDisputes;
      if (refused !== undefined && body.disputes.length > refused.above)
        throw new ServiceError(refused.code, 'not this');
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
