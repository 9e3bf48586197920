import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import { signedChainState, type AssertionClaims } from '@roamgrid/wire';
import { z } from 'zod';
import { gatewayError } from '../../problems.ts';
import type { BundleGround } from './bundle.ts';
import { ChainTrees, signState, type CheckpointSigner } from './checkpoint.ts';
import { proofRoute, upTo } from './proof-route.ts';

export interface BundleContext extends BundleGround {
  /** Roles auditor and operator. */
  readonly auth: Auth<AssertionClaims>;
  /** Absent at an auditor's own gateway, whose word would add nothing. */
  readonly signer: CheckpointSigner | undefined;
}

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
    proofRoute(context, trees, {
      path: '/auditor/v1/bundles/{sessionId}',
      summary: 'One bill with everything that proves it under a checkpoint of so many blocks',
      auth,
    }),
  ];
};
