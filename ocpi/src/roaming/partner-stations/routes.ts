import type { AssertionClaims } from '@roamgrid/wire';
import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import { z } from 'zod';
import type { Door } from '../../door.ts';

const MOST = 1_000;
const difference = z.strictObject({ field: z.string(), declared: z.string(), computed: z.string() });
const session = z.strictObject({
  partnerId: z.string(),
  owner: z.string(),
  sessionKey: z.string(),
  evseId: z.string().nullable(),
  state: z.enum(['starting', 'open', 'closed', 'refused']),
  /** Why there is none on the ledger. */
  code: z.string().nullable(),
  detail: z.string().nullable(),
  cdrKey: z.string().nullable(),
  /** Of the ledger; null until it is prepared. */
  sessionId: z.string().nullable(),
  /** Whether the partner was asked to stop it, and what it said. */
  stop: z.string().nullable(),
  stopNote: z.string().nullable(),
  /** What its CDR states otherwise than the ledger's bill; null until both are known. */
  differences: z.array(difference).nullable(),
  /** Why the gateway has not taken its end yet. */
  endRefusal: z.string().nullable(),
});
const unbilled = z.strictObject({
  partnerId: z.string(),
  owner: z.string(),
  key: z.string(),
  code: z.string(),
  milliWh: z.string(),
  detail: z.string(),
  notedAtMs: z.number(),
});

const credit = z.strictObject({
  partnerId: z.string(),
  owner: z.string(),
  creditKey: z.string(),
  cdrKey: z.string(),
  /** Of the ledger; null where nothing is to be corrected there. */
  sessionId: z.string().nullable(),
  state: z.enum(['waiting', 'taken', 'nothing', 'question']),
  /** Why there is nothing to correct, or what the question is. */
  code: z.string().nullable(),
  detail: z.string().nullable(),
  /** Another CDR takes the place of the one that was credited. */
  isRevision: z.boolean(),
  /** Why the record is not taken back yet. */
  fault: z.string().nullable(),
});

const creditRoute = ({ db }: Door, auth: Auth<AssertionClaims>): Route =>
  route({
    method: 'get',
    path: '/operator/v1/partner-credits',
    summary: 'Credits of partners for sessions at their stations, and what came of each, the latest first',
    auth,
    query: z.strictObject({ state: credit.shape.state.optional() }),
    answers: { 200: z.strictObject({ items: z.array(credit) }) },
    handler: async ({ query }) => {
      let asked = db.selectFrom('partner_credit').selectAll();
      if (query.state !== undefined) asked = asked.where('state', '=', query.state);
      const rows = await asked.orderBy('noted_at_ms', 'desc').limit(MOST).execute();
      const items = rows.map((row) => ({
        ...{ partnerId: row.partner_id, owner: row.owner, creditKey: row.object_key, cdrKey: row.cdr_key },
        ...{ sessionId: row.gateway_session_id, state: row.state, code: row.code, detail: row.detail },
        ...{ isRevision: row.close !== null, fault: row.fault },
      }));
      return reply(200, { items });
    },
  });

/** What customers charged at partners' stations, where partner and ledger differ, and what nobody is billed for. */
export const partnerStationRoutes = (door: Door, auth: Auth<AssertionClaims>): readonly Route[] => [
  creditRoute(door, auth),
  route({
    method: 'get',
    path: '/operator/v1/partner-sessions',
    summary:
      'Sessions of our customers at partners’ stations, and what a CDR states otherwise than the ledger',
    auth,
    query: z.strictObject({
      partnerId: z.string().max(40).optional(),
      differing: z.literal('true').optional(),
    }),
    answers: { 200: z.strictObject({ items: z.array(session) }) },
    handler: async ({ query }) => {
      let asked = door.db
        .selectFrom('partner_session as s')
        .leftJoin('partner_end as e', (join) =>
          join
            .onRef('e.partner_id', '=', 's.partner_id')
            .onRef('e.owner', '=', 's.owner')
            .onRef('e.session_key', '=', 's.session_key'),
        )
        .selectAll('s')
        .select(['e.gateway_session_id', 'e.refusal']);
      if (query.partnerId !== undefined) asked = asked.where('s.partner_id', '=', query.partnerId);
      if (query.differing !== undefined)
        asked = asked.where('differences', 'is not', null).where('differences', '<>', '[]');
      const rows = await asked.orderBy('s.heard_at_ms', 'desc').limit(MOST).execute();
      const items = rows.map((row) => ({
        partnerId: row.partner_id,
        owner: row.owner,
        sessionKey: row.session_key,
        evseId: row.evse_id,
        state: row.state,
        ...{ code: row.code, detail: row.detail, cdrKey: row.cdr_key, sessionId: row.gateway_session_id },
        ...{ stop: row.stop, stopNote: row.stop_note, endRefusal: row.refusal },
        differences: row.differences === null ? null : z.array(difference).parse(JSON.parse(row.differences)),
      }));
      return reply(200, { items });
    },
  }),
  route({
    method: 'get',
    path: '/operator/v1/partner-unbilled',
    summary: 'Energy that partners state and nobody is billed for, and why, the latest first',
    auth,
    answers: { 200: z.strictObject({ items: z.array(unbilled) }) },
    handler: async () => {
      const rows = await door.db
        .selectFrom('partner_unbilled')
        .selectAll()
        .orderBy('noted_at_ms', 'desc')
        .limit(MOST)
        .execute();
      const items = rows.map((row) => ({
        partnerId: row.partner_id,
        owner: row.owner,
        key: row.object_key,
        code: row.code,
        milliWh: row.milli_wh.toString(),
        detail: row.detail,
        notedAtMs: row.noted_at_ms,
      }));
      return reply(200, { items });
    },
  }),
];
