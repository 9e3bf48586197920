import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import { energySignals, recordId, signalTaken, toldSignal, type AssertionClaims } from '@roamgrid/wire';
import { z } from 'zod';
import type { SignalBook } from './signal-book.ts';

const params = z.strictObject({ siteId: recordId });

/**
 * Signals as an operator tells them, and what a house was told by whichever surface.
 * @param find the book of a site. @throws ServiceError when there is none.
 */
export const signalRoutes = (
  find: (siteId: string) => SignalBook,
  auth: Auth<AssertionClaims>,
  nowMs: () => number,
): readonly Route[] => {
  const path = '/operator/v1/sites/{siteId}/signals';
  return [
    route({
      ...{ method: 'get', path, auth, params, answers: { 200: energySignals } },
      summary: 'Prices, demand-response events, demand of the grid and temperatures that are not over',
      problems: ['SITE_UNKNOWN'],
      handler: ({ params: { siteId } }) =>
        Promise.resolve(reply(200, { signals: [...find(siteId).all(nowMs())] })),
    }),
    route({
      ...{
        method: 'put',
        path: `${path}/{signalId}`,
        auth,
        params: params.extend({ signalId: recordId }),
      },
      summary: 'Tell a signal, or a later version of it; once for each version',
      body: toldSignal,
      answers: { 200: signalTaken },
      problems: ['SITE_UNKNOWN', 'SIGNAL_CONFLICT', 'SIGNALS_TOO_MANY'],
      handler: async ({ params: { siteId, signalId }, body, principal }) =>
        reply(200, { outcome: await find(siteId).put({ ...body, signalId, by: principal.iss }) }),
    }),
  ];
};
