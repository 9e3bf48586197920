import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import { fixedRate, homeDecision, sessionId, utilityId, type AssertionClaims } from '@roamgrid/wire';
import { z } from 'zod';
import type { Db } from '../store/database.ts';

/** The rate that home fixed in its yes to a session: the own gateway shows it to the driver's device. */
export const fixedRateRoutes = (db: Db, auth: Auth<AssertionClaims>): readonly Route[] => [
  route({
    method: 'get',
    path: '/internal/v1/decisions/{vun}/{sessionId}/exchange',
    summary: 'The rate of exchange that was fixed for a session',
    auth,
    params: z.strictObject({ vun: utilityId, sessionId }),
    answers: { 200: fixedRate },
    handler: async ({ params }) => {
      const row = await db
        .selectFrom('decision')
        .select('decision')
        .where('vun', '=', params.vun)
        .where('session_id', '=', params.sessionId)
        .executeTakeFirst();
      if (row === undefined) return reply(200, {});
      const decision = homeDecision.decode(row.decision as z.input<typeof homeDecision>);
      const exchange = decision.outcome === 'authorised' ? decision.authorisation.exchange : undefined;
      return reply(200, exchange === undefined ? {} : { exchange });
    },
  }),
];
