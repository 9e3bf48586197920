import { missingNumber, missingPage, sessionId } from '@roamgrid/wire';
import { z } from 'zod';
import { reply, route, type Route } from '../../http/route.ts';
import { answered, none, role, type ClearingPart } from './world.ts';

export const missingRoutes = ({ world, own, auth }: ClearingPart): readonly Route[] => [
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
