import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import {
  instantMs,
  recordId,
  siteAllocations,
  siteChange,
  siteChanged,
  siteDecisions,
  siteEvents,
  siteList,
  siteOfferAnswer,
  siteRequest,
  siteRequestAnswer,
  siteSamples,
  siteView as siteViewSchema,
  type AssertionClaims,
} from '@roamgrid/wire';
import { z } from 'zod';
import { controllerError } from '../problems.ts';
import type { Site } from '../site/site.ts';
import { policiesOf } from '../site/site-config.ts';
import { siteView } from '../site/view.ts';
import { savingRoute } from './saving-route.ts';

const siteParams = z.strictObject({ siteId: recordId });
const span = z.strictObject({
  fromMs: z.coerce.number().pipe(instantMs).default(0),
  beforeMs: z.coerce.number().pipe(instantMs).optional(),
  limit: z.coerce.number().pipe(z.int().min(1).max(1_000)).default(100),
});
const LATEST_MS = 7_258_118_400_000;

/** What who runs the sites sees of them, asks of them and sets. */
export const siteRoutes = (
  sites: ReadonlyMap<string, Site>,
  auth: Auth<AssertionClaims>,
): readonly Route[] => {
  const find = (siteId: string): Site => {
    const site = sites.get(siteId);
    if (site === undefined) throw controllerError('SITE_UNKNOWN', `no site is called ${siteId}`);
    return site;
  };
  const root = '/operator/v1/sites';
  return [
    route({
      ...{ method: 'get', path: root, summary: 'The sites that are run here', auth },
      answers: { 200: siteList },
      handler: () =>
        Promise.resolve(
          reply(200, {
            sites: [...sites.values()].map((site) => {
              const { siteId, grantedW, availableW } = siteView(site, []);
              return {
                ...{ siteId, grantedW, availableW },
                guard: site.guard.isTripped ? ('tripped' as const) : ('watching' as const),
              };
            }),
          }),
        ),
    }),
    route({
      ...{ method: 'get', path: `${root}/{siteId}`, auth, params: siteParams },
      summary: 'A site as it is now: sources, loads, who got what and why, limits, guard, settings',
      answers: { 200: siteViewSchema },
      problems: ['SITE_UNKNOWN'],
      handler: ({ params: { siteId } }) => {
        const site = find(siteId);
        return Promise.resolve(reply(200, siteView(site, policiesOf(site.config).keys())));
      },
    }),
    route({
      ...{ method: 'get', path: `${root}/{siteId}/decisions`, auth, params: siteParams, query: span },
      summary: 'Decisions that were made, newest first',
      answers: { 200: siteDecisions },
      problems: ['SITE_UNKNOWN'],
      handler: async ({ params: { siteId }, query: { fromMs, beforeMs = LATEST_MS, limit } }) => {
        const found = await find(siteId).store.decisions(fromMs, beforeMs, limit);
        const last = found.length === limit ? found.at(-1)?.atMs : undefined;
        return reply(200, { decisions: [...found], ...(last !== undefined && { cursor: last }) });
      },
    }),
    route({
      ...{ method: 'get', path: `${root}/{siteId}/samples`, auth, params: siteParams, query: span },
      summary: 'What devices measured, oldest first',
      answers: { 200: siteSamples },
      problems: ['SITE_UNKNOWN'],
      handler: async ({ params: { siteId }, query: { fromMs, beforeMs = LATEST_MS, limit } }) => {
        const site = find(siteId);
        const samples = await site.store.samples(fromMs, beforeMs, limit);
        return reply(200, { sampleMs: site.config.sampleMs, samples: [...samples] });
      },
    }),
    route({
      ...{ method: 'get', path: `${root}/{siteId}/events`, auth, params: siteParams, query: span },
      summary: 'Trips, resets and changes, newest first; of a house, where each stands on the ledger',
      answers: { 200: siteEvents },
      problems: ['SITE_UNKNOWN'],
      handler: async ({ params: { siteId }, query: { beforeMs = LATEST_MS, limit } }) => {
        const { store, house } = find(siteId);
        const found = await store.events(beforeMs, limit);
        return reply(200, {
          events: found.map(({ ledger, ...event }) => ({ ...event, ...(house !== undefined && { ledger }) })),
        });
      },
    }),
    route({
      ...{ method: 'get', path: `${root}/{siteId}/allocations`, auth, params: siteParams, query: span },
      summary: 'Slots on their way to the ledger, in batches, newest first',
      answers: { 200: siteAllocations },
      problems: ['SITE_UNKNOWN'],
      handler: async ({ params: { siteId }, query: { beforeMs = LATEST_MS, limit } }) => {
        const found = await find(siteId).records.batches(beforeMs, limit);
        const last = found.length === limit ? found.at(-1)?.fromMs : undefined;
        const allocations = found.map(({ body: _told, carCarry: _carried, ...shown }) => shown);
        return reply(200, { allocations, ...(last !== undefined && { cursor: last }) });
      },
    }),
    route({
      ...{ method: 'put', path: `${root}/{siteId}/changes/{changeId}`, auth },
      summary: 'Set policy, limits, priorities or signals, or reset the guard; once for each id',
      params: siteParams.extend({ changeId: recordId }),
      body: siteChange,
      answers: { 200: siteChanged },
      problems: ['SITE_UNKNOWN', 'CHANGE_CONFLICT', 'CHANGE_INVALID', 'VERSION_OLD', 'CONFIRMATION_WRONG'],
      handler: async ({ params: { siteId, changeId }, body, principal }) => {
        const site = find(siteId);
        return reply(200, await site.inTurn(() => site.changes.change(changeId, principal.iss, body)));
      },
    }),
    ...requestRoutes(find, auth),
    savingRoute(find, auth),
  ];
};

const requestRoutes = (find: (siteId: string) => Site, auth: Auth<AssertionClaims>): readonly Route[] => {
  const path = '/operator/v1/sites/{siteId}/requests/{requestId}';
  const params = siteParams.extend({ requestId: recordId });
  const answers = { 200: siteRequestAnswer };
  return [
    route({
      ...{ method: 'put', path, auth, params, answers, body: siteRequest },
      summary:
        'Ask for power: granted, offered in part, room made or denied with what is left; once for each id',
      problems: ['SITE_UNKNOWN', 'NOT_DECIDED', 'REQUEST_CONFLICT', 'REQUEST_INVALID'],
      handler: async ({ params: { siteId, requestId }, body, principal }) => {
        const site = find(siteId);
        const asked = { requestId, operator: principal.iss };
        return reply(200, await site.inTurn(() => site.requests.ask(asked, body)));
      },
    }),
    route({
      ...{ method: 'get', path, auth, params, answers, summary: 'What became of a request' },
      problems: ['SITE_UNKNOWN', 'REQUEST_UNKNOWN'],
      handler: async ({ params: { siteId, requestId } }) =>
        reply(200, (await find(siteId).requests.find(requestId)).answer),
    }),
    route({
      ...{ method: 'post', path: `${path}/answer`, auth, params, answers, body: siteOfferAnswer },
      summary: 'Accept or decline what was offered',
      problems: ['SITE_UNKNOWN', 'REQUEST_UNKNOWN', 'OFFER_OVER'],
      handler: async ({ params: { siteId, requestId }, body: { accept } }) => {
        const site = find(siteId);
        return reply(200, await site.inTurn(() => site.requests.answer(requestId, accept)));
      },
    }),
    route({
      ...{ method: 'delete', path, auth, params, answers, summary: 'Give back what was granted' },
      problems: ['SITE_UNKNOWN', 'REQUEST_UNKNOWN'],
      handler: async ({ params: { siteId, requestId } }) => {
        const site = find(siteId);
        return reply(200, await site.inTurn(() => site.requests.release(requestId)));
      },
    }),
  ];
};
