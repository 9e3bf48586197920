import { naturalMicrosCodec, recordId } from '@roamgrid/wire';
import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import { z } from 'zod';
import type { Driver } from '../driver/auth.ts';
import { aaaError } from '../problems.ts';
import type { Db } from '../store/database.ts';
import type { TokenDesk } from './desk.ts';
import { listHolds, requireTokenAccount, takeHold } from './holds.ts';
import { openHold } from './opening.ts';
import { answerOf, hex, tokenHold, wanted } from './routes.ts';

export interface DriverTokenOptions {
  readonly db: Db;
  readonly auth: Auth<Driver>;
  readonly desk: TokenDesk;
  readonly nowMs: () => number;
}

const holdParams = z.object({ tokenHoldId: recordId });

/** `PUT /driver/v1/token-holds/{tokenHoldId}`: whose wallet it is, and what that signed, where the utility is to open it. */
export const ownHoldRequest = z.strictObject({
  driver: hex(20),
  signed: z
    .strictObject({
      capMicros: naturalMicrosCodec,
      expiresAtS: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
      /** Of the permission, by EIP-712; of a wallet that is a contract by ERC-1271. */
      signature: z.string().regex(/^0x(?:[0-9a-fA-F]{2}){65,2000}$/),
    })
    .exactOptional(),
});

const customerOf = async (db: Db, sub: string): Promise<string> => {
  const found = await db
    .selectFrom('customer')
    .select('customer_id')
    .where('sub', '=', sub)
    .executeTakeFirst();
  if (found === undefined) throw aaaError('CUSTOMER_NOT_FOUND', 'no customer signs in so');
  return found.customer_id;
};

/** What a customer who pays by token does: asks what his wallet is to sign, puts money in escrow, sees what became of it. */
export const driverTokenRoutes = ({ db, auth, desk, nowMs }: DriverTokenOptions): readonly Route[] => [
  route({
    method: 'get',
    path: '/driver/v1/token-holds/{tokenHoldId}/permission',
    summary: 'What my wallet permits for a hold of this name',
    auth,
    params: holdParams,
    answers: { 200: wanted },
    problems: ['CUSTOMER_NOT_FOUND', 'NOT_BY_TOKEN', 'PAYMENT_CURRENCY', 'UNAVAILABLE'],
    handler: async ({ principal, params: { tokenHoldId } }) => {
      const customerId = await customerOf(db, principal.sub);
      await requireTokenAccount(db, customerId, desk.settings.currency);
      return reply(200, await desk.wanted(customerId, tokenHoldId));
    },
  }),
  route({
    method: 'put',
    path: '/driver/v1/token-holds/{tokenHoldId}',
    summary:
      'Put money in escrow that my wallet signed for, or name what it put there itself; it is my means once the chain has it deep enough',
    auth,
    params: holdParams,
    body: ownHoldRequest,
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
    handler: async ({ principal, params: { tokenHoldId }, body: { driver, signed } }) => {
      const customerId = await customerOf(db, principal.sub);
      await requireTokenAccount(db, customerId, desk.settings.currency);
      const told = { customerId, tokenHoldId, driver };
      if (signed !== undefined) await openHold(db, desk, told, signed, nowMs());
      return reply(200, answerOf(await takeHold(db, desk, told, nowMs())));
    },
  }),
  route({
    method: 'get',
    path: '/driver/v1/token-holds',
    summary: 'My money in escrow, and what became of it',
    auth,
    answers: { 200: z.strictObject({ holds: z.array(tokenHold) }) },
    problems: ['CUSTOMER_NOT_FOUND'],
    handler: async ({ principal }) =>
      reply(200, {
        holds: (await listHolds(db, await customerOf(db, principal.sub))).map(answerOf),
      }),
  }),
];
