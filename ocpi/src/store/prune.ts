import { sql, type RawBuilder } from 'kysely';
import type { Db } from './schema.ts';

const DAY_MS = 86_400_000;
/** Offers and commands that are over are of no use to anybody after so long. */
const OVER_DAYS = 7;
/** What came to nothing, or is told by the ledger, is kept so long for questions. */
const SETTLED_DAYS = 90;
/** CDRs are invoices: a credit may take one back as long. */
const CDR_DAYS = 365;
/** Rows of one table in one round. */
const LIMIT = 5_000;

const remove = (table: string, where: RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`delete from ${sql.table(table)} where ctid in
    (select t.ctid from ${sql.table(table)} t where ${where} limit ${LIMIT})`;

/** A session of a partner's that goes on, or whose end the gateway has not taken. */
const isOpen = (
  session: RawBuilder<unknown>,
): RawBuilder<unknown> => sql`(${session}.state in ('starting', 'open')
  or exists (select 1 from partner_end e where e.partner_id = ${session}.partner_id and e.owner = ${session}.owner
    and e.session_key = ${session}.session_key and e.state = 'due'))`;

const waitsInInbox = sql`exists (select 1 from inbox i where i.partner_id = t.partner_id and i.module = t.module
  and i.owner = t.owner and i.object_key = t.object_key)`;
const waitsInOutbox = sql`exists (select 1 from outbox b where b.module = t.module and b.object_key = t.object_key)`;

/**
 * Deletes what nobody will ask for again, a bounded part in each round. What is open, waits to be told, or was billed to nobody stays;
 * so does what says which CDR ended which session: told again after this, it is booked no second time.
 */
export const pruneStore = async (db: Db, nowMs: number): Promise<void> => {
  const over = nowMs - OVER_DAYS * DAY_MS;
  const settled = nowMs - SETTLED_DAYS * DAY_MS;
  const invoiced = nowMs - CDR_DAYS * DAY_MS;
  const session = sql.raw('s');
  const steps = [
    remove(
      'partner_offer',
      sql`t.asked_at_ms < ${over} and coalesce(t.valid_until_ms, 0) < ${over} and not exists
        (select 1 from partner_session s where s.reference = t.reference and ${isOpen(session)})`,
    ),
    remove(
      'stand_in_session',
      sql`(t.state = 'asked' and t.told_at_ms < ${over}) or (t.state = 'over' and t.told_at_ms < ${settled})`,
    ),
    remove('command', sql`t.expires_at_ms < ${over}`),
    remove('outbox', sql`t.refused is not null and t.module = 'answers' and t.made_at_ms < ${over}`),
    remove('outbox', sql`t.refused is not null and t.module <> 'cdrs' and t.made_at_ms < ${settled}`),
    remove(
      'peer_object',
      sql`t.module = 'sessions' and t.received_at_ms < ${settled} and not ${waitsInInbox} and not exists
        (select 1 from partner_session s where s.partner_id = t.partner_id and s.owner = t.owner
          and s.session_key = t.object_key and ${isOpen(session)})`,
    ),
    remove(
      'peer_object',
      sql`t.module = 'cdrs' and t.received_at_ms < ${invoiced} and not ${waitsInInbox}
        and not exists (select 1 from partner_session s where s.partner_id = t.partner_id and s.owner = t.owner
          and s.cdr_key = t.object_key and (${isOpen(session)} or exists (select 1 from partner_unbilled u
            where u.partner_id = s.partner_id and u.owner = s.owner and u.object_key = s.session_key)))
        and not exists (select 1 from partner_unbilled u
          where u.partner_id = t.partner_id and u.owner = t.owner and u.object_key = t.object_key)
        and not exists (select 1 from partner_credit c where c.partner_id = t.partner_id and c.owner = t.owner
          and (c.object_key = t.object_key or c.cdr_key = t.object_key) and c.state in ('waiting', 'question'))`,
    ),
    remove(
      'cdr_verdict',
      sql`t.judged_at_ms < ${invoiced} and not exists (select 1 from peer_object o where o.partner_id = t.partner_id
        and o.module = 'cdrs' and o.owner = t.owner and o.object_key = t.object_key)`,
    ),
    remove(
      'own_object',
      sql`t.module = 'sessions' and t.updated_at_ms < ${settled} and not ${waitsInOutbox}`,
    ),
    remove(
      'own_object',
      sql`t.module = 'cdrs' and t.updated_at_ms < ${invoiced} and not ${waitsInOutbox}
        and not exists (select 1 from correction_out c where upper(c.session_id) = t.object_key)`,
    ),
  ];
  for (const step of steps) await step.execute(db);
};
