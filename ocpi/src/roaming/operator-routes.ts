import type { AssertionClaims } from '@roamgrid/wire';
import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import { z } from 'zod';
import type { Door } from '../door.ts';

const verdictState = z.enum(['equal', 'different', 'not-ratable', 'credited', 'credit']);
const difference = z.strictObject({ field: z.string(), declared: z.string(), computed: z.string() });
const line = z.strictObject({
  type: z.string(),
  tariffId: z.string(),
  elementIndex: z.int().optional(),
  billedQuantity: z.string(),
  unit: z.string(),
  unitPrice: z.string().optional(),
  amount: z.string(),
  tax: z.string(),
});
const verdict = z.strictObject({
  partnerId: z.string(),
  owner: z.string(),
  cdrId: z.string(),
  state: verdictState,
  differences: z.array(difference),
  /** What our own engine makes of it, line by line. */
  lines: z.array(line).optional(),
});
const waiting = z.strictObject({
  partnerId: z.string(),
  module: z.string(),
  owner: z.string(),
  key: z.string(),
  attempts: z.int(),
  fault: z.string(),
});

/** What our engine says of partners' CDRs, and what of theirs could not be taken yet. */
export const verdictRoutes = ({ db }: Door, auth: Auth<AssertionClaims>): readonly Route[] => [
  route({
    method: 'get',
    path: '/operator/v1/cdr-verdicts',
    summary: 'Partners’ CDRs as our own engine rates them, the latest first',
    auth,
    query: z.strictObject({ state: verdictState.optional(), partnerId: z.string().max(40).optional() }),
    answers: { 200: z.strictObject({ items: z.array(verdict) }) },
    handler: async ({ query }) => {
      let asked = db.selectFrom('cdr_verdict').selectAll();
      if (query.state !== undefined) asked = asked.where('state', '=', query.state);
      if (query.partnerId !== undefined) asked = asked.where('partner_id', '=', query.partnerId);
      const rows = await asked.orderBy('judged_at_ms', 'desc').limit(1_000).execute();
      const items = rows.map((row) => ({
        partnerId: row.partner_id,
        owner: row.owner,
        cdrId: row.object_key,
        state: row.state,
        differences: z.array(difference).parse(JSON.parse(row.differences)),
        ...(row.rated !== null && { lines: z.array(line).parse(JSON.parse(row.rated)) }),
      }));
      return reply(200, { items });
    },
  }),
  route({
    method: 'get',
    path: '/operator/v1/inbox',
    summary: 'What partners told and could not be dealt with yet, and why',
    auth,
    answers: { 200: z.strictObject({ items: z.array(waiting) }) },
    handler: async () => {
      const rows = await db
        .selectFrom('inbox')
        .selectAll()
        .where('fault', 'is not', null)
        .orderBy('seq')
        .limit(1_000)
        .execute();
      const items = rows.map((row) => ({
        partnerId: row.partner_id,
        module: row.module,
        owner: row.owner,
        key: row.object_key,
        attempts: row.attempts,
        fault: row.fault ?? '',
      }));
      return reply(200, { items });
    },
  }),
];
