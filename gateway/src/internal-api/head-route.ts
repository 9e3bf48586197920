import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import { HEAD_WAIT_MAX_MS, ledgerHead, type AssertionClaims } from '@roamgrid/wire';
import { z } from 'zod';
import type { BlockReader } from '../read-model/reader.ts';

export interface HeadContext {
  readonly reader: Pick<BlockReader, 'state' | 'readUpTo'>;
  /** Nobody waits any more once the gateway ends. */
  readonly isEnding: () => boolean;
  readonly auth: Auth<AssertionClaims>;
}

/** How far the ledger was read, told as soon as that changes: who has heard it need not ask again for what only a block changes. */
export const headRoute = ({ reader, isEnding, auth }: HeadContext): Route =>
  route({
    method: 'get',
    path: '/internal/v1/head',
    summary: 'The block that is read next; waits until it is another one than the one that is known',
    auth,
    query: z.strictObject({
      after: z
        .string()
        .regex(/^\d{1,18}$/)
        .exactOptional(),
      waitMs: z.coerce.number().int().min(0).max(HEAD_WAIT_MAX_MS).default(0),
    }),
    answers: { 200: ledgerHead },
    handler: async ({ query: { after, waitMs } }) => {
      const isKnown = after === reader.state.nextBlock.toString();
      if (isKnown && waitMs > 0 && !isEnding()) await reader.readUpTo(BigInt(after), waitMs);
      return reply(200, { nextBlock: reader.state.nextBlock.toString() });
    },
  });
