import { sessionId, takeBackRequest } from '@roamgrid/wire';
import { z } from 'zod';
import { reply, route, type Route } from '../../http/route.ts';
import { ServiceError } from '../../problem/service-error.ts';
import type { ClearingPart } from './world.ts';

/** Home is told of a record that is taken back. */
export const takeBackRoute = ({ world, auth }: ClearingPart): Route =>
  route({
    method: 'post',
    path: '/internal/v1/sessions/{sessionId}/take-back',
    summary: 'Take a record back',
    auth,
    params: z.object({ sessionId }),
    body: takeBackRequest,
    answers: { 204: null },
    handler: ({ params, body }) => {
      const { refusesTakeBacks: code } = world.faults;
      if (code !== undefined) throw new ServiceError(code, 'not taken back');
      world.takenBack.push({ sessionId: params.sessionId, ...body });
      return Promise.resolve(reply(204));
    },
  });
