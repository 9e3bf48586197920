import { instantMs, naturalMicrosCodec, recordId, type AssertionClaims } from '@roamgrid/wire';
import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import { z } from 'zod';
import type { Db } from '../store/database.ts';
import type { TokenDesk } from './desk.ts';
import { listHolds, requireTokenAccount, takeHold, type TokenHold } from './holds.ts';

export const hex = (bytes: number) => z.string().regex(new RegExp(`^0x[0-9a-fA-F]{${bytes * 2}}$`));
const customerParams = z.object({ customerId: recordId });
const holdParams = z.object({ customerId: recordId, tokenHoldId: recordId });

export const wanted = z.strictObject({
  chainId: z.string(),
  escrow: hex(20),
  token: hex(20),
  decimals: z.int(),
  session: hex(32),
  drawer: hex(20),
  payee: hex(20),
  leastMicros: naturalMicrosCodec,
});

/** `PUT /operator/v1/customers/{customerId}/token-holds/{tokenHoldId}` */
export const tokenHoldRequest = z.strictObject({ driver: hex(20) });

export const tokenHold = z.strictObject({
  tokenHoldId: recordId,
  holdId: hex(32),
  chainId: z.string(),
  micros: naturalMicrosCodec,
  state: z.enum(['opening', 'failed', 'open', 'drawing', 'drawn', 'lapsed', 'gone']),
  drawnMicros: naturalMicrosCodec.nullable(),
  expiresAtMs: instantMs,
  blockHash: hex(32).nullable(),
});

export const answerOf = (hold: TokenHold) => ({
  tokenHoldId: hold.token_hold_id,
  holdId: hold.hold_id,
  chainId: hold.chain_id,
  micros: hold.micros,
  state: hold.state,
  drawnMicros: hold.draw_micros,
  expiresAtMs: hold.expires_at_ms,
  blockHash: hold.block_hash,
});

export interface TokenRouteOptions {
  readonly db: Db;
  /** Role operator. */
  readonly auth: Auth<AssertionClaims>;
  readonly desk: TokenDesk;
  readonly nowMs: () => number;
}

/** What the utility's machines do with customers' money in escrow. Only where a chain is configured. */
export const tokenRoutes = ({ db, auth, desk, nowMs }: TokenRouteOptions): readonly Route[] => [
  route({
    method: 'get',
    path: '/operator/v1/customers/{customerId}/token-holds/{tokenHoldId}/permission',
    summary: 'What the customer’s wallet permits for a hold of this name',
    auth,
    params: holdParams,
    answers: { 200: wanted },
    problems: ['CUSTOMER_NOT_FOUND', 'NOT_BY_TOKEN', 'PAYMENT_CURRENCY', 'UNAVAILABLE'],
    handler: async ({ params: { customerId, tokenHoldId } }) => {
      await requireTokenAccount(db, customerId, desk.settings.currency);
      return reply(200, await desk.wanted(customerId, tokenHoldId));
    },
  }),
  route({
    method: 'put',
    path: '/operator/v1/customers/{customerId}/token-holds/{tokenHoldId}',
    summary:
      'Take money that a customer put in escrow as the customer’s means, once the chain has it deep enough',
    auth,
    params: holdParams,
    body: tokenHoldRequest,
    answers: { 200: tokenHold },
    problems: [
      'CUSTOMER_NOT_FOUND',
      'NOT_BY_TOKEN',
      'PAYMENT_CURRENCY',
      'TOKEN_HOLD_UNSUITABLE',
      'TOKEN_HOLD_SMALL',
      'TOKEN_HOLDS_OPEN',
      'TOKEN_HOLD_NOT_FINAL',
      'UNAVAILABLE',
    ],
    handler: async ({ params, body }) =>
      reply(200, answerOf(await takeHold(db, desk, { ...params, ...body }, nowMs()))),
  }),
  route({
    method: 'get',
    path: '/operator/v1/customers/{customerId}/token-holds',
    summary: 'A customer’s money in escrow, and what became of it',
    auth,
    params: customerParams,
    answers: { 200: z.strictObject({ holds: z.array(tokenHold) }) },
    handler: async ({ params: { customerId } }) =>
      reply(200, { holds: (await listHolds(db, customerId)).map(answerOf) }),
  }),
];
