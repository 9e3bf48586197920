import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import { auditBundle, sessionId as sessionIdSchema, type AssertionClaims } from '@roamgrid/wire';
import { z } from 'zod';
import { asProblem } from '../../operator-api/ledger-problem.ts';
import { bundleOf, type BundleGround } from './bundle.ts';
import type { ChainTrees } from './checkpoint.ts';

/** How many blocks a checkpoint covers. */
export const upTo = z.coerce.number().int().min(1);

/** A route that gives one session's bundle to those whom `auth` lets in. */
export const proofRoute = (
  ground: BundleGround,
  trees: ChainTrees,
  {
    path,
    summary,
    auth,
  }: {
    readonly path: `${string}/{sessionId}`;
    readonly summary: string;
    readonly auth: Auth<AssertionClaims>;
  },
): Route =>
  route({
    method: 'get',
    path,
    summary,
    auth,
    params: z.strictObject({ sessionId: sessionIdSchema }),
    query: z.strictObject({ blocks: upTo }),
    answers: { 200: auditBundle },
    problems: ['RECORD_NOT_FOUND', 'LEDGER_DOWN'],
    handler: async ({ params, query }) => {
      try {
        return reply(200, await bundleOf(ground, params.sessionId, await trees.over(query.blocks)));
      } catch (thrown) {
        throw asProblem(thrown);
      }
    },
  });
