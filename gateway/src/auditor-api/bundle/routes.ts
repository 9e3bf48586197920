import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import {
  auditBundle,
  sessionId as sessionIdSchema,
  signedChainState,
  type AssertionClaims,
} from '@roamgrid/wire';
import { z } from 'zod';
import { asProblem } from '../../operator-api/ledger-problem.ts';
import { gatewayError } from '../../problems.ts';
import { bundleOf, type BundleGround } from './bundle.ts';
import { ChainTrees, signState, type CheckpointSigner } from './checkpoint.ts';

export interface BundleContext extends BundleGround {
  /** Roles auditor and operator. */
  readonly auth: Auth<AssertionClaims>;
  /** Absent at an auditor's own gateway, whose word would add nothing. */
  readonly signer: CheckpointSigner | undefined;
}

const upTo = z.coerce.number().int().min(1);

/** What auditors take away: checkpoints to trust, and bills to verify with them. */
export const bundleRoutes = (context: BundleContext): readonly Route[] => {
  const trees = new ChainTrees(context.db);
  const { auth, channel, signer } = context;
  return [
    route({
      method: 'get',
      path: '/auditor/v1/checkpoint',
      summary: 'The state of the chain as this utility’s peer has it, signed by the utility',
      auth,
      query: z.strictObject({ blocks: upTo.exactOptional() }),
      answers: { 200: signedChainState },
      problems: ['RECORD_NOT_FOUND'],
      handler: async ({ query }) => {
        if (signer === undefined) throw gatewayError('RECORD_NOT_FOUND', 'this gateway signs for no utility');
        const chain = await trees.over(query.blocks ?? (await trees.height()));
        return reply(200, await signState(channel, chain, signer, Date.now()));
      },
    }),
    route({
      method: 'get',
      path: '/auditor/v1/bundles/{sessionId}',
      summary: 'One bill with everything that proves it under a checkpoint of so many blocks',
      auth,
      params: z.strictObject({ sessionId: sessionIdSchema }),
      query: z.strictObject({ blocks: upTo }),
      answers: { 200: auditBundle },
      problems: ['RECORD_NOT_FOUND', 'LEDGER_DOWN'],
      handler: async ({ params, query }) => {
        try {
          return reply(200, await bundleOf(context, params.sessionId, await trees.over(query.blocks)));
        } catch (thrown) {
          throw asProblem(thrown);
        }
      },
    }),
  ];
};
