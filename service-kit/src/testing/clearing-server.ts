import { createHash } from 'node:crypto';
import {
  agreementGround,
  answerRequest,
  creditAnswer,
  creditRequest,
  demandGround,
  disputeAnswer,
  disputePage,
  disputeRequest,
  invoicedRecordPage,
  missingNumber,
  missingPage,
  operatorReceipt,
  recordId,
  sessionId,
  sha256Hex,
  shownDispute,
  supplementAnswer,
  supplementRequest,
  tariffGround,
  type Cdr,
  type IssuerEntry,
  type InvoiceEntry,
  type MissingNumber,
  type ShownDispute,
} from '@roamgrid/wire';
import { z } from 'zod';
import type { Auth } from '../http/route.ts';
import { reply, route, type Route } from '../http/route.ts';
import { ServiceError } from '../problem/service-error.ts';

/** The part of a gateway's clearing that its node asks, for {@link startRegistryServer}. */

/** What of clearing a ledger would hold; tests change it as they go. */
export interface ClearingWorld {
  readonly invoices: InvoiceEntry[];
  /** Invoices that were accepted on the ledger, whole or in part, in order. */
  readonly accepted: string[];
  /** Settled sessions by id, with the record that each comes to. */
  readonly settled: Map<string, { readonly cdr: Cdr; readonly settled: string }>;
  /** By id and version. */
  readonly tariffs: Map<string, string>;
  readonly disputes: ShownDispute[];
  readonly missing: MissingNumber[];
  /** Sessions whose records were demanded, in order. */
  readonly demanded: string[];
  readonly faults: { answersLost: boolean };
}

export const emptyClearing = (): ClearingWorld => ({
  invoices: [],
  accepted: [],
  settled: new Map(),
  tariffs: new Map(),
  disputes: [],
  missing: [],
  demanded: [],
  faults: { answersLost: false },
});

export interface ClearingPart {
  readonly world: ClearingWorld & { readonly issuers: ReadonlyMap<string, IssuerEntry> };
  readonly own: string;
  readonly auth: Auth<unknown>;
}

const none = () => new ServiceError('NOT_FOUND', 'no such record');
const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const receipt = { transactionId: 't', blockNumber: '1', wrote: [] };
const role = z.enum(['hun', 'vun']);

/** How long the other side may be silent. */
export const SILENT_AFTER_MS = 60_000;

const find = <T>(items: readonly T[], is: (item: T) => boolean): T => {
  const found = items.find(is);
  if (found === undefined) throw none();
  return found;
};

/** What was done is done, whether or not who asked is told. */
const answered = <T>({ faults }: ClearingWorld, value: T): T => {
  if (faults.answersLost) throw new ServiceError('LEDGER_AWAY', 'the answer is lost');
  return value;
};

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

const replace = ({ disputes }: ClearingWorld, next: ShownDispute): ShownDispute => {
  const at = disputes.findIndex(({ record }) => record.disputeId === next.record.disputeId);
  disputes.splice(at, 1, next);
  return next;
};

const invoiceRoutes = ({ world, auth }: ClearingPart): readonly Route[] => [
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

const disputeRoutes = ({ world, own, auth }: ClearingPart): readonly Route[] => {
  const params = z.object({ disputeId: sha256Hex });
  const named = (id: string) => find(world.disputes, ({ record }) => record.disputeId === id);
  return [
    route({
      method: 'get',
      path: '/internal/v1/disputes',
      summary: 'Disputes',
      auth,
      query: z.object({ role, state: z.string().optional(), invoiceId: z.string().optional() }),
      answers: { 200: disputePage },
      handler: async ({ query }) => {
        const items = world.disputes.filter(
          ({ record }) =>
            record[query.role] === own &&
            (query.state ?? record.state) === record.state &&
            (query.invoiceId ?? record.invoiceId) === record.invoiceId,
        );
        return Promise.resolve(reply(200, { items }));
      },
    }),
    route({
      method: 'get',
      path: '/internal/v1/disputes/{disputeId}',
      summary: 'A dispute',
      auth,
      params,
      answers: { 200: shownDispute },
      handler: async (at) => Promise.resolve(reply(200, named(at.params.disputeId))),
    }),
    route({
      method: 'post',
      path: '/internal/v1/disputes/{disputeId}/answer',
      summary: 'Answer a dispute',
      auth,
      params,
      body: answerRequest,
      answers: { 200: shownDispute },
      handler: async ({ params: { disputeId }, body: { outcome, evidence } }) => {
        const { record, body } = named(disputeId);
        if (body === undefined || record.state !== 'disputed')
          throw new ServiceError('WRONG_STATE', record.state);
        const { currency, energyWh, totalMicros, shares, payableMicros, salt } = body;
        const owed =
          outcome === 'credited'
            ? { energyWh: 0n, totalMicros: 0n, shares: nothing, payableMicros: 0n }
            : { energyWh, totalMicros, shares, payableMicros };
        const answer = {
          disputeId,
          outcome,
          evidenceHash: hash(evidence),
          evidence,
          currency,
          salt,
          ...owed,
        };
        const next = replace(world, {
          record: { ...record, state: outcome },
          body,
          answer,
          silentUntilMs: Date.now() + SILENT_AFTER_MS,
        });
        return Promise.resolve(reply(200, answered(world, next)));
      },
    }),
    route({
      method: 'post',
      path: '/internal/v1/disputes/{disputeId}/silence',
      summary: 'Credit by silence',
      auth,
      params,
      answers: { 200: shownDispute },
      handler: async (at) => {
        const { silentUntilMs: _, ...dispute } = named(at.params.disputeId);
        const next = replace(world, { ...dispute, record: { ...dispute.record, state: 'credited' } });
        return Promise.resolve(reply(200, answered(world, next)));
      },
    }),
    route({
      method: 'post',
      path: '/internal/v1/disputes/{disputeId}/supplement',
      summary: 'Invoice what was answered',
      auth,
      params,
      body: supplementRequest,
      answers: { 200: supplementAnswer },
      handler: async (at) => {
        const { silentUntilMs: _, ...dispute } = named(at.params.disputeId);
        const invoice = find(world.invoices, ({ record }) => record.invoiceId === dispute.record.invoiceId);
        const supplementId = `supplement-${dispute.record.disputeId.slice(0, 8)}`;
        const next = replace(world, {
          ...dispute,
          record: { ...dispute.record, state: 'settled', supplementId },
        });
        const supplement = {
          record: { ...invoice.record, invoiceId: supplementId, periodId: at.body.periodId },
          body: { ...invoice.body, invoiceId: supplementId, periodId: at.body.periodId },
        };
        return Promise.resolve(reply(200, answered(world, { dispute: next, supplement })));
      },
    }),
  ];
};

const nothing = { hun: 0n, vun: 0n, infrastructure: 0n, driver: 0n };

/** The note on what a late dispute came to. */
const creditRoute = ({ world, auth }: ClearingPart): Route =>
  route({
    method: 'post',
    path: '/internal/v1/disputes/{disputeId}/credit-note',
    summary: 'Credit what does not stand',
    auth,
    params: z.object({ disputeId: sha256Hex }),
    body: creditRequest,
    answers: { 200: creditAnswer },
    handler: async ({ params: { disputeId }, body: { periodId } }) => {
      const { silentUntilMs: _, ...dispute } = find(
        world.disputes,
        ({ record }) => record.disputeId === disputeId,
      );
      const { record, body } = dispute;
      if (body === undefined || record.late !== true || !['revised', 'credited'].includes(record.state))
        throw new ServiceError('WRONG_STATE', record.state);
      const creditId = `credit-${disputeId.slice(0, 8)}`;
      const next = replace(world, { ...dispute, record: { ...record, state: 'settled', creditId } });
      const { invoiceId, agreementId, vun, hun } = record;
      const of = { creditId, invoiceId, agreementId, vun, hun, periodId };
      const { totalMicros, payableMicros } = dispute.answer ?? { totalMicros: 0n, payableMicros: 0n };
      const credit = {
        record: {
          ...of,
          type: 'credit' as const,
          version: 1,
          state: 'accepted' as const,
          bodyHash: hash(creditId),
          payableHash: hash(creditId),
          issuedAtMs: Date.now(),
        },
        body: {
          ...of,
          disputeId,
          currency: body.currency,
          energyWh: 0n,
          totalMicros: body.totalMicros - totalMicros,
          shares: nothing,
          payableMicros: body.payableMicros - payableMicros,
          salt: body.salt,
        },
      };
      return Promise.resolve(reply(200, answered(world, { dispute: next, credit })));
    },
  });

const missingRoutes = ({ world, own, auth }: ClearingPart): readonly Route[] => [
  route({
    method: 'get',
    path: '/internal/v1/missing',
    summary: 'Missing records',
    auth,
    query: z.object({ role, kind: z.string() }),
    answers: { 200: missingPage },
    handler: async ({ query }) => {
      const items = world.missing
        .filter((each) => each[query.role] === own)
        .filter(({ state, demandedAtMs }) =>
          query.kind === 'demanded' ? demandedAtMs !== undefined : state === 'opened',
        );
      return Promise.resolve(reply(200, { items }));
    },
  }),
  route({
    method: 'post',
    path: '/internal/v1/sessions/{sessionId}/demand',
    summary: 'Demand a record',
    auth,
    params: z.object({ sessionId }),
    answers: { 200: missingNumber },
    handler: async ({ params }) => {
      const at = world.missing.findIndex((each) => each.sessionId === params.sessionId);
      const found = world.missing[at];
      if (found === undefined) throw none();
      const next = { ...found, demandedAtMs: Date.now() };
      world.missing.splice(at, 1, next);
      world.demanded.push(params.sessionId);
      return Promise.resolve(reply(200, answered(world, next)));
    },
  }),
];

const groundRoutes = ({ world, auth }: ClearingPart): readonly Route[] => [
  route({
    method: 'get',
    path: '/internal/v1/agreements/{agreementId}',
    summary: 'An agreement',
    auth,
    params: z.object({ agreementId: recordId }),
    answers: { 200: agreementGround },
    handler: async ({ params }) => {
      const entry = find(
        [...world.issuers.values()],
        ({ agreement }) => agreement?.agreementId === params.agreementId,
      );
      const { agreement, terms } = entry;
      if (agreement === undefined || terms === undefined) throw none();
      return Promise.resolve(reply(200, { agreement, terms }));
    },
  }),
  route({
    method: 'get',
    path: '/internal/v1/agreements/{agreementId}/demand',
    summary: 'No grid demand',
    auth,
    params: z.object({ agreementId: recordId }),
    answers: { 200: demandGround },
    handler: () => Promise.resolve(reply(200, { chunks: [] })),
  }),
  route({
    method: 'get',
    path: '/internal/v1/tariffs/{tariffId}/versions/{version}',
    summary: 'A tariff',
    auth,
    params: z.object({ tariffId: recordId, version: z.coerce.number() }),
    answers: { 200: tariffGround },
    handler: async ({ params: { tariffId, version } }) => {
      const tariffJson = world.tariffs.get(`${tariffId} ${version}`);
      if (tariffJson === undefined) throw none();
      const tariff = {
        type: 'tariff' as const,
        version,
        tariffId,
        utilityId: tariffId.slice(0, 5),
        tariffJson,
        validFromMs: 0,
        validUntilMs: Date.now() + 86_400_000,
        publishedAtMs: 0,
      };
      return Promise.resolve(reply(200, { tariff }));
    },
  }),
];

export const clearingRoutes = (part: ClearingPart): readonly Route[] => [
  ...invoiceRoutes(part),
  ...disputeRoutes(part),
  creditRoute(part),
  ...missingRoutes(part),
  ...groundRoutes(part),
];
