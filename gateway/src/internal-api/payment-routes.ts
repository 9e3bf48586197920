import { reply, route, type Route } from '@roamgrid/service-kit';
import { instantMs, nettingRecord, ownPayments, paymentRecord, standingPayments } from '@roamgrid/wire';
import { sql } from 'kysely';
import { z } from 'zod';
import type { InternalContext } from './routes.ts';

type Context = Pick<InternalContext, 'db' | 'utilityId' | 'auth'>;

/** Payments that hold, of nettings that are open or young enough: those of an earlier cast too that were begun before it was replaced. */
const paymentsSince = async ({ db, utilityId }: Context, sinceMs: number) => {
  const nettings = await db
    .selectFrom('netting')
    .select(['first_id', 'record'])
    .where('state', '<>', 'replaced')
    .where((where) =>
      where.or([
        where('state', '=', 'open'),
        sql<boolean>`(record->>'nettedAtMs')::bigint >= ${sinceMs.toString()}::bigint`,
      ]),
    )
    .orderBy('netting_id')
    .execute();
  if (nettings.length === 0) return [];
  const rows = await db
    .selectFrom('payment')
    .innerJoin('netting', 'netting.netting_id', 'payment.netting_id')
    .select(['payment.record', 'netting.first_id'])
    .where(
      'netting.first_id',
      'in',
      nettings.map(({ first_id }) => first_id),
    )
    .orderBy('payment.payment_id')
    .execute();
  return nettings.flatMap(({ first_id, record }) => {
    const all = rows
      .filter((row) => row.first_id === first_id)
      .map((row) => paymentRecord.parse(row.record))
      .filter(({ payer, payee }) => payer === utilityId || payee === utilityId);
    return standingPayments([nettingRecord.parse(record)], all);
  });
};

/** What whoever keeps the utility's accounts on a chain has to pay and to look for. */
export const paymentRoutes = (context: Context): readonly Route[] => [
  route({
    method: 'get',
    path: '/internal/v1/payments',
    summary:
      'Payments that this utility makes or gets, of nettings that are open or not older than an instant',
    auth: context.auth.aaa,
    query: z.strictObject({ sinceMs: z.coerce.number().pipe(instantMs) }),
    answers: { 200: ownPayments },
    handler: async ({ query }) =>
      reply(200, { payments: [...(await paymentsSince(context, query.sinceMs))] }),
  }),
];
