import {
  answerRequest,
  disputeChanges,
  disputePage,
  sha256Hex,
  shownDispute,
  supplementAnswer,
  supplementRequest,
  type ShownDispute,
} from '@roamgrid/wire';
import { z } from 'zod';
import { reply, route, type Route } from '../../http/route.ts';
import { ServiceError } from '../../problem/service-error.ts';
import { answered, find, hash, nothing, replace, role, SILENT_AFTER_MS, type ClearingPart } from './world.ts';

/** Changes on a page: few, so that whoever reads one page alone misses some. */
const PAGE = 3;

/** Disputes in the order in which they were put in the place of what was: tests change them by other ones. */
const changesRoute = ({ world, own, auth }: ClearingPart): Route => {
  const changes = new Map<string, { readonly dispute: ShownDispute; readonly at: number }>();
  let changed = 0;
  return route({
    method: 'get',
    path: '/internal/v1/dispute-changes',
    summary: 'Disputes as they change',
    auth,
    query: z.object({ role, after: z.string().default('') }),
    answers: { 200: disputeChanges },
    handler: ({ query }) => {
      world.disputesAsked.changesAfter.push(`${query.role} ${query.after}`);
      for (const dispute of world.disputes) {
        const { disputeId } = dispute.record;
        if (changes.get(disputeId)?.dispute !== dispute)
          changes.set(disputeId, { dispute, at: (changed += 1) });
      }
      const behind = [...changes.values()]
        .filter(({ dispute: { record }, at }) => record[query.role] === own && at > Number(query.after))
        .sort((a, b) => a.at - b.at)
        .slice(0, PAGE);
      const cursor = behind.at(-1)?.at.toString() ?? query.after;
      return Promise.resolve(reply(200, { items: behind.map(({ dispute }) => dispute), cursor }));
    },
  });
};

export const disputeRoutes = ({ world, own, auth }: ClearingPart): readonly Route[] => {
  const params = z.object({ disputeId: sha256Hex });
  const named = (id: string) => find(world.disputes, ({ record }) => record.disputeId === id);
  return [
    changesRoute({ world, own, auth }),
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
