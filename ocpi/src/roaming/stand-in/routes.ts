import type { AssertionClaims } from '@roamgrid/wire';
import { reply, route, ServiceError, type Auth, type Route } from '@roamgrid/service-kit';
import { z } from 'zod';
import type { Door } from '../../door.ts';
import { findPartner } from '../../partners/partner.ts';
import type { OcpiProblem } from '../../problems.ts';

const held = z.strictObject({
  sessionId: z.string(),
  /** Of what a dispute made of the record. */
  disputeId: z.string().optional(),
  attempts: z.int(),
  fault: z.string(),
});
const MOST = 1_000;

/** Which customer of the utility stands in for a partner's, and what partners have yet to be told. */
export const standInRoutes = ({ db, settings }: Door, auth: Auth<AssertionClaims>): readonly Route[] => [
  route({
    method: 'put',
    path: '/operator/v1/partners/{partnerId}/stand-in',
    summary: 'Name the customer whose cards the partner’s tokens become; open it with the whitelist NEVER',
    auth,
    params: z.strictObject({ partnerId: z.string().max(40) }),
    body: z.strictObject({ customerId: z.string().min(1).max(64) }),
    answers: { 204: null },
    problems: ['PARTNER_UNKNOWN', 'STAND_IN_MISSING'],
    handler: async ({ params, body }) => {
      if (settings.standIn === undefined)
        throw new ServiceError<OcpiProblem>('STAND_IN_MISSING', 'no gateway and AAA node are named');
      if ((await findPartner(db, params.partnerId)) === undefined)
        throw new ServiceError<OcpiProblem>('PARTNER_UNKNOWN', `nobody is called ${params.partnerId}`);
      const values = { customer_id: body.customerId };
      await db
        .insertInto('stand_in')
        .values({ partner_id: params.partnerId, ...values })
        .onConflict((conflict) => conflict.column('partner_id').doUpdateSet(values))
        .execute();
      return reply(204);
    },
  }),
  route({
    method: 'get',
    path: '/operator/v1/held-records',
    summary: 'Records of the ledger, and corrections, that a partner could not be told yet, and why',
    auth,
    answers: { 200: z.strictObject({ items: z.array(held) }) },
    handler: async () => {
      const rows = await db
        .selectFrom('cdr_out')
        .selectAll()
        .where('fault', 'is not', null)
        .orderBy('session_id')
        .limit(MOST)
        .execute();
      const corrections = await db
        .selectFrom('correction_out')
        .selectAll()
        .where('fault', 'is not', null)
        .orderBy('session_id')
        .limit(MOST)
        .execute();
      const items = rows.map((row) => ({
        sessionId: row.session_id,
        attempts: row.attempts,
        fault: row.fault ?? '',
      }));
      const corrected = corrections.map((row) => ({
        sessionId: row.session_id,
        disputeId: row.dispute_id,
        attempts: row.attempts,
        fault: row.fault ?? '',
      }));
      return reply(200, { items: [...items, ...corrected] });
    },
  }),
];
