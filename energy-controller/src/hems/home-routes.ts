import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import {
  carPlan,
  carPlanTaken,
  homeNotices,
  homePlan,
  homePlans,
  homeView,
  recordId,
  siteThingId,
  type AssertionClaims,
} from '@roamgrid/wire';
import { z } from 'zod';
import { controllerError } from '../problems.ts';
import type { Home } from './home.ts';

const params = z.strictObject({ siteId: recordId });
const LATEST = 2_147_483_647;
const limit = z.coerce.number().pipe(z.int().min(1).max(1_000)).default(100);
const version = z.coerce.number().pipe(z.int().min(1).max(LATEST));

/** A house's plan as who runs it sees it, and what users want of their cars. @param find the home of a site. @throws ServiceError when there is none */
export const homeRoutes = (find: (siteId: string) => Home, auth: Auth<AssertionClaims>): readonly Route[] => {
  const path = '/operator/v1/sites/{siteId}/home';
  return [
    route({
      ...{
        method: 'get',
        path,
        auth,
        params,
        answers: { 200: homeView },
        problems: ['SITE_UNKNOWN'],
      },
      summary: 'The plan in force, what users want of their cars, and the tariff that is known',
      handler: ({ params: { siteId } }) => Promise.resolve(reply(200, find(siteId).view)),
    }),
    route({
      ...{ method: 'get', path: `${path}/plans`, auth, params, answers: { 200: homePlans } },
      summary: 'Plans that were made, newest first, with what had each made and when it became old',
      query: z.strictObject({ before: version.default(LATEST), limit }),
      problems: ['SITE_UNKNOWN'],
      handler: async ({ params: { siteId }, query }) => {
        const found = await find(siteId).store.plans(query.before, query.limit);
        return reply(200, { plans: found.map(({ slots: _slots, ...plan }) => plan) });
      },
    }),
    route({
      ...{ method: 'get', path: `${path}/plans/{version}`, auth, answers: { 200: homePlan } },
      summary: 'A plan as it was made',
      params: params.extend({ version }),
      problems: ['SITE_UNKNOWN', 'PLAN_UNKNOWN'],
      handler: async ({ params: { siteId, version: asked } }) => {
        const [found] = await find(siteId).store.plans(asked + 1, 1);
        if (found?.version !== asked) throw controllerError('PLAN_UNKNOWN', `there is no plan ${asked}`);
        return reply(200, found);
      },
    }),
    route({
      ...{ method: 'get', path: `${path}/notices`, auth, params, answers: { 200: homeNotices } },
      summary: 'What its users were told, newest first',
      query: z.strictObject({ limit }),
      problems: ['SITE_UNKNOWN'],
      handler: async ({ params: { siteId }, query }) =>
        reply(200, { notices: [...(await find(siteId).store.notices(query.limit))] }),
    }),
    route({
      ...{
        method: 'put',
        path: `${path}/cars/{claimId}`,
        auth,
        body: carPlan,
        answers: { 200: carPlanTaken },
      },
      summary:
        'What its user wants of a car: departures, with how much it leaves, and what the house may have of it',
      params: params.extend({ claimId: siteThingId }),
      problems: ['SITE_UNKNOWN', 'CHANGE_CONFLICT', 'VERSION_OLD'],
      handler: async ({ params: { siteId, claimId }, body, principal }) =>
        reply(200, { outcome: await find(siteId).setCar(claimId, body, principal.iss) }),
    }),
  ];
};
