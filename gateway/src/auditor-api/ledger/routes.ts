import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import {
  auditedBlocks,
  hashedAllocationPage,
  hashedBatchPage,
  hashedChargePage,
  hashedHousePage,
  hashedFlexibilityPage,
  hashedInvoicePage,
  hashedReservationPage,
  recordId,
  hashedTerms,
  type AssertionClaims,
} from '@roamgrid/wire';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { Ledger } from '../../ledger/ledger.ts';
import { asProblem } from '../../operator-api/ledger-problem.ts';
import { gatewayError } from '../../problems.ts';
import type { GatewayDb } from '../../store/schema.ts';
import { ChainTrees } from '../bundle/checkpoint.ts';
import {
  listAllocationBodies,
  listBatchBodies,
  listChargeBodies,
  listHouseBodies,
  listFlexibilityBodies,
  listInvoiceBodies,
  listReservationBodies,
  listTerms,
} from './bodies.ts';

export interface LedgerContext {
  readonly db: Kysely<GatewayDb>;
  readonly ledger: Ledger;
  /** Roles auditor and operator. */
  readonly auth: Auth<AssertionClaims>;
}

/** Bytes of blocks in one answer; one block may have more, and stands alone then. */
const ANSWER_BYTES = 4_000_000;

const after = z.strictObject({ after: recordId.exactOptional() });

/** A whole ledger, to be verified elsewhere: its blocks, and the bodies that this utility is a party of. */
export const ledgerRoutes = ({ db, ledger, auth }: LedgerContext): readonly Route[] => {
  const chain = new ChainTrees(db);
  const blocksFrom = async (from: number): Promise<z.output<typeof auditedBlocks>> => {
    const height = await chain.height();
    if (from >= height)
      throw gatewayError('RECORD_NOT_FOUND', `this gateway has read ${height} blocks, not block ${from}`);
    const blocks: string[] = [];
    let number = from;
    for (let bytes = 0; number < height && bytes < ANSWER_BYTES; number += 1) {
      const block = await ledger.block(BigInt(number));
      bytes += block.length;
      blocks.push(Buffer.from(block).toString('base64'));
    }
    return { blocks, ...(number < height && { next: number }) };
  };
  return [
    route({
      method: 'get',
      path: '/auditor/v1/blocks',
      summary: 'The channel’s blocks, as its peer has them',
      auth,
      query: z.strictObject({ from: z.coerce.number().int().min(0) }),
      answers: { 200: auditedBlocks },
      problems: ['RECORD_NOT_FOUND', 'LEDGER_DOWN'],
      handler: async ({ query }) => {
        try {
          return reply(200, await blocksFrom(query.from));
        } catch (thrown) {
          throw asProblem(thrown);
        }
      },
    }),
    route({
      method: 'get',
      path: '/auditor/v1/bodies/batches',
      summary: 'Settled sessions of batches that this utility is a party of, as they were hashed',
      auth,
      query: after,
      answers: { 200: hashedBatchPage },
      handler: async ({ query }) => reply(200, await listBatchBodies(db, query.after ?? '')),
    }),
    route({
      method: 'get',
      path: '/auditor/v1/bodies/invoices',
      summary: 'Bodies of invoices that this utility is a party of',
      auth,
      query: after,
      answers: { 200: hashedInvoicePage },
      handler: async ({ query }) => reply(200, await listInvoiceBodies(db, query.after ?? '')),
    }),
    route({
      method: 'get',
      path: '/auditor/v1/bodies/reservations',
      summary: 'What was granted of reservations that this utility is a party of',
      auth,
      query: after,
      answers: { 200: hashedReservationPage },
      handler: async ({ query }) => reply(200, await listReservationBodies(db, query.after ?? '')),
    }),
    route({
      method: 'get',
      path: '/auditor/v1/bodies/allocations',
      summary: 'Headers and slots of sites that this utility is a party of',
      auth,
      query: after,
      answers: { 200: hashedAllocationPage },
      handler: async ({ query }) => reply(200, await listAllocationBodies(db, query.after ?? '')),
    }),
    route({
      method: 'get',
      path: '/auditor/v1/bodies/houses',
      summary: 'What panels told of houses that this utility is a party of',
      auth,
      query: z.strictObject({
        after: z
          .string()
          .regex(/^[0-9a-f]{64}:\d{1,9}$/)
          .exactOptional(),
      }),
      answers: { 200: hashedHousePage },
      handler: async ({ query }) => reply(200, await listHouseBodies(db, query.after ?? '')),
    }),
    route({
      method: 'get',
      path: '/auditor/v1/bodies/charges',
      summary: 'Bodies of charge notes that this utility is a party of',
      auth,
      query: after,
      answers: { 200: hashedChargePage },
      handler: async ({ query }) => reply(200, await listChargeBodies(db, query.after ?? '')),
    }),
    route({
      method: 'get',
      path: '/auditor/v1/bodies/flexibility',
      summary: 'Days of houses, events and settlements that this utility is a party of',
      auth,
      query: after,
      answers: { 200: hashedFlexibilityPage },
      handler: async ({ query }) => reply(200, await listFlexibilityBodies(db, query.after ?? '')),
    }),
    route({
      method: 'get',
      path: '/auditor/v1/bodies/terms',
      summary: 'Terms of the agreements that this utility is a party of',
      auth,
      answers: { 200: hashedTerms },
      handler: async () => reply(200, { items: await listTerms(db) }),
    }),
  ];
};
