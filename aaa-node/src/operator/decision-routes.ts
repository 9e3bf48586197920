import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import { instantMs, recordId, sessionId, utilityId, type AssertionClaims } from '@roamgrid/wire';
import { z } from 'zod';
import { rateRecord } from '../crp/rate-record.ts';
import type { Db } from '../store/database.ts';
import { place } from './place.ts';

const decision = z.strictObject({
  vun: utilityId,
  sessionId,
  customerId: recordId,
  decidedAtMs: instantMs,
  refusedCode: z.string().nullable(),
  /** What the rate was computed from; null when no rule was in force. */
  rate: rateRecord.nullable(),
});
/** `cursor` of one page is `before` of the next, absent on the last. */
const decisionPage = z.strictObject({ decisions: z.array(decision), cursor: z.string().exactOptional() });

export interface DecisionRouteOptions {
  readonly db: Db;
  /** Role operator. */
  readonly auth: Auth<AssertionClaims>;
}

/** Rates as they were given, for review. */
export const decisionRoutes = ({ db, auth }: DecisionRouteOptions): readonly Route[] => [
  route({
    method: 'get',
    path: '/operator/v1/decisions',
    summary: 'Decisions on swipes with the rate, its rule version and its inputs, newest first',
    auth,
    query: z.strictObject({
      customerId: recordId.exactOptional(),
      before: place.exactOptional(),
      limit: z.coerce.number().int().min(1).max(500).default(100),
    }),
    answers: { 200: decisionPage },
    handler: async ({ query: { customerId, before, limit } }) => {
      let list = db
        .selectFrom('decision')
        .select(['vun', 'session_id', 'customer_id', 'decided_at_ms', 'refused_code', 'rate', 'seq'])
        .orderBy('seq', 'desc')
        .limit(limit);
      if (customerId !== undefined) list = list.where('customer_id', '=', customerId);
      if (before !== undefined) list = list.where('seq', '<', Number(before));
      const rows = await list.execute();
      const last = rows.length === limit ? rows.at(-1) : undefined;
      return reply(200, {
        decisions: rows.map((row) => ({
          vun: row.vun,
          sessionId: row.session_id,
          customerId: row.customer_id,
          decidedAtMs: row.decided_at_ms,
          refusedCode: row.refused_code,
          rate: row.rate === null ? null : rateRecord.decode(row.rate as z.input<typeof rateRecord>),
        })),
        ...(last === undefined ? {} : { cursor: last.seq.toString() }),
      });
    },
  }),
];
