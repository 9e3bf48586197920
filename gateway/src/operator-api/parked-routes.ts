import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import { parkedPage, retold, unbilledPage, type AssertionClaims } from '@roamgrid/wire';
import { z } from 'zod';
import type { Batcher } from '../batcher/batcher.ts';
import type { Db } from '../batcher/facts.ts';
import { gatewayError } from '../problems.ts';
import { listUnbilled } from '../station-api/unbilled.ts';

const factId = z.string().regex(/^\d{1,18}$/, 'the id of a fact');

/** Facts that the ledger refused: why, and to have them told again at once. Sessions that came to nothing, and why. */
export const parkedRoutes = (batcher: Batcher, db: Db, auth: Auth<AssertionClaims>): readonly Route[] => [
  route({
    method: 'get',
    path: '/operator/v1/parked',
    summary: 'Facts that the ledger refused, oldest first',
    auth,
    query: z.strictObject({
      after: factId.default('0'),
      limit: z.coerce.number().int().min(1).max(500).default(200),
    }),
    answers: { 200: parkedPage },
    handler: async ({ query: { after, limit } }) => {
      const facts = await batcher.parked(BigInt(after), limit);
      const items = facts.map((fact) => ({ ...fact, factId: fact.factId.toString() }));
      const last = items.length < limit ? undefined : items.at(-1);
      return reply(200, { items, ...(last && { cursor: last.factId }) });
    },
  }),
  route({
    method: 'post',
    path: '/operator/v1/parked/{factId}/retell',
    summary: 'Tell one parked fact again',
    auth,
    params: z.strictObject({ factId }),
    answers: { 200: retold },
    problems: ['FACT_UNKNOWN'],
    handler: async ({ params }) => {
      const facts = await batcher.retell(BigInt(params.factId));
      if (facts === 0) throw gatewayError('FACT_UNKNOWN', `no fact ${params.factId} is parked`);
      return reply(200, { facts });
    },
  }),
  route({
    method: 'post',
    path: '/operator/v1/parked/retell',
    summary: 'Tell every parked fact again',
    auth,
    answers: { 200: retold },
    handler: async () => reply(200, { facts: await batcher.retell() }),
  }),
  route({
    method: 'get',
    path: '/operator/v1/unbilled',
    summary: 'Sessions that nobody pays for, newest first',
    auth,
    query: z.strictObject({ limit: z.coerce.number().int().min(1).max(500).default(200) }),
    answers: { 200: unbilledPage },
    handler: async ({ query: { limit } }) => reply(200, { items: [...(await listUnbilled(db, limit))] }),
  }),
];
