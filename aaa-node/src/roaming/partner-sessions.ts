import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import {
  homeInterim,
  parseOpened,
  partnerSessionPage,
  sessionId,
  type AssertionClaims,
  type PartnerSession,
} from '@roamgrid/wire';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Db } from '../store/database.ts';

/** Sessions in a page. */
const LIMIT = 200;

interface Row {
  readonly session_id: string;
  readonly cin_ref: string;
  readonly open_body: string;
  readonly expires_at_ms: number;
  readonly report: z.input<typeof homeInterim> | null;
}

const shown = (row: Row): PartnerSession => {
  const { quote, openedAtMs } = parseOpened(row.open_body).open;
  const { vun, evseId, tariffId, tariffVersion, currency } = quote;
  return {
    sessionId: row.session_id,
    cinRef: row.cin_ref,
    ...{ vun, evseId, tariffId, tariffVersion, currency, openedAtMs },
    countsUntilMs: row.expires_at_ms,
    ...(row.report !== null && { report: homeInterim.decode(row.report) }),
  };
};

/** Consented to, not over, of cards of partners' customers; what can no longer come to a bill is left out. */
const running = async (db: Db, after: string, nowMs: number): Promise<readonly PartnerSession[]> => {
  const { rows } = await sql<Row>`
    select s.session_id, s.cin_ref, s.open_body, h.expires_at_ms, newest.report
    from home_session s join hold h on h.hold_id = s.hold_id
    left join lateral (
      select report from home_report r where r.vun = s.vun and r.session_id = s.session_id
      order by sequence desc limit 1
    ) newest on true
    where s.state = 'consented' and s.session_id > ${after} and h.expires_at_ms > ${nowMs}
      and exists (select 1 from driver_token t where t.cin_ref = s.cin_ref and t.asks_partner)
    order by s.session_id limit ${LIMIT}`.execute(db);
  return rows.map(shown);
};

/** What the door for partners outside tells them while their customers charge. */
export const partnerSessionRoute = (db: Db, auth: Auth<AssertionClaims>, nowMs: () => number): Route =>
  route({
    method: 'get',
    path: '/operator/v1/partner-sessions',
    summary: 'Sessions of partners’ customers that run, with the newest that was told of each',
    auth,
    query: z.strictObject({ after: sessionId.or(z.literal('')).default('') }),
    answers: { 200: partnerSessionPage },
    handler: async ({ query }) => {
      const items = await running(db, query.after, nowMs());
      const next = items.length < LIMIT ? undefined : items.at(-1)?.sessionId;
      return reply(200, { items: [...items], ...(next !== undefined && { next }) });
    },
  });
