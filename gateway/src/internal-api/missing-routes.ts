import { reply, route, type Route } from '@roamgrid/service-kit';
import { missingKind, missingNumber, missingPage, partyRole, sessionId } from '@roamgrid/wire';
import { z } from 'zod';
import { paging } from '../auditor-api/page.ts';
import { demandableOf, listMissing, missingOf } from '../clearing/missing.ts';
import { tell } from '../operator-api/tell.ts';
import type { InternalContext } from './routes.ts';

/** Records that do not come, and the demand for them. */
export const missingRoutes = (context: InternalContext): readonly Route[] => [
  route({
    method: 'get',
    path: '/internal/v1/missing',
    summary: 'Numbers whose sessions have no end, whose records are on no invoice, or that home demands',
    auth: context.auth.aaa,
    query: z.strictObject({ role: partyRole, kind: missingKind, ...paging }),
    answers: { 200: missingPage },
    handler: async ({ query }) => reply(200, await listMissing(context, query)),
  }),
  route({
    method: 'post',
    path: '/internal/v1/sessions/{sessionId}/demand',
    summary: 'Demand the record of a session whose time is over and that has no end',
    auth: context.auth.aaa,
    params: z.strictObject({ sessionId }),
    answers: { 200: missingNumber },
    problems: ['RECORD_NOT_FOUND', 'LEDGER_WRONG_STATE', 'LEDGER_DOWN'],
    handler: async ({ params, principal }) => {
      const named = await demandableOf(context, params.sessionId);
      const before = await missingOf(context, params.sessionId);
      if (before.demandedAtMs !== undefined) return reply(200, before);
      await tell(context, principal, {
        contract: 'clearing',
        transaction: 'demand',
        command: { commandId: `demand-${params.sessionId}`, ...named },
        transient: {},
      });
      return reply(200, await missingOf(context, params.sessionId));
    },
  }),
];
