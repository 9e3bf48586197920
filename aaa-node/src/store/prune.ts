import { sql, type RawBuilder } from 'kysely';
import type { Db } from './database.ts';

const DAY_MS = 86_400_000;
/** What came to nothing, or is told by the accounts, is kept so long for questions and disputes. */
const SETTLED_DAYS = 90;
/** Of a token whose money was free before that nothing is known here any more. */
export const forgottenBeforeMs = (nowMs: number): number => nowMs - SETTLED_DAYS * DAY_MS;
/** What was kept of other utilities' customers goes soon after the profile that allowed it. */
const VISITOR_DAYS = 7;
/** A reservation is charged by its partner long before that. */
const BOOKED_DAYS = 400;
/** Rows of one table in one round. */
const LIMIT = 5_000;

const remove = (table: string, where: RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`delete from ${sql.table(table)} where ctid in
    (select t.ctid from ${sql.table(table)} t where ${where} limit ${LIMIT})`;

/**
 * Deletes what nobody will ask for again, a bounded part in each round. Accounts are not touched: journal, postings, bills,
 * payments and charge records stay.
 */
export const pruneStore = async (db: Db, nowMs: number): Promise<void> => {
  const settled = forgottenBeforeMs(nowMs);
  const visited = nowMs - VISITOR_DAYS * DAY_MS;
  const swipeIsOld = sql`exists (select 1 from decision d where d.vun = t.vun and d.session_id = t.session_id
    and d.decided_at_ms < ${settled})`;
  const noSession = sql`not exists (select 1 from home_session s where s.vun = t.vun and s.session_id = t.session_id)`;
  const noUse = sql`not exists (select 1 from decision d where d.hold_id = t.hold_id)
    and not exists (select 1 from home_session s where s.hold_id = t.hold_id)
    and not exists (select 1 from kept_session k where k.hold_id = t.hold_id)
    and not exists (select 1 from offline_token o where o.hold_id = t.hold_id)`;
  const ofEndedProfile = sql`exists (select 1 from issued_profile p where p.profile_id = t.profile_id
    and p.valid_until_ms < ${settled})`;
  const ofGoneKey = sql`l.challenged_at_ms < ${settled}
    and not exists (select 1 from offline_phone p where p.key_point = l.key_point and p.state = 'active')
    and not exists (select 1 from credit_fault f where f.key_point = l.key_point)`;
  const steps = [
    remove(
      'home_report',
      sql`exists (select 1 from home_session s where s.vun = t.vun and s.session_id = t.session_id
        and s.state = 'billed' and s.consented_at_ms < ${settled})`,
    ),
    remove(
      'home_session',
      sql`t.state = 'billed' and t.consented_at_ms < ${settled}
      and not exists (select 1 from home_report r where r.vun = t.vun and r.session_id = t.session_id)`,
    ),
    remove('swipe', swipeIsOld),
    remove(
      'decision',
      sql`t.decided_at_ms < ${settled} and ${noSession}
      and not exists (select 1 from swipe w where w.vun = t.vun and w.session_id = t.session_id)`,
    ),
    remove('kept_session', sql`t.expires_at_ms < ${settled} and ${ofEndedProfile}`),
    remove('revocation', sql`t.told_at_ms is not null and ${ofEndedProfile}`),
    remove(
      'issued_profile',
      sql`t.valid_until_ms < ${settled}
      and not exists (select 1 from kept_session k where k.profile_id = t.profile_id)
      and not exists (select 1 from revocation r where r.profile_id = t.profile_id)`,
    ),
    remove(
      'offline_session',
      sql`not exists (select 1 from offline_token o where o.token_id = t.token_id and o.held_until_ms >= ${settled})`,
    ),
    // Ledgers of keys that are good for nothing any more, and what was found in them.
    remove('credit_fault', sql`t.found_at_ms < ${nowMs - BOOKED_DAYS * DAY_MS}`),
    remove(
      'credit_entry',
      sql`exists (select 1 from credit_ledger l where l.key_point = t.key_point and ${ofGoneKey})`,
    ),
    remove(
      'credit_ledger',
      sql`not exists (select 1 from credit_entry e where e.key_point = t.key_point) and exists
      (select 1 from credit_ledger l where l.key_point = t.key_point and ${ofGoneKey})`,
    ),
    remove('offline_token', sql`t.held_until_ms < ${settled}`),
    remove('offline_quote', sql`t.valid_until_ms < ${settled}`),
    remove('hold', sql`t.expires_at_ms < ${settled} and ${noUse}`),
    remove('visitor_profile', sql`t.valid_until_ms < ${visited}`),
    remove(
      'visitor_exposure',
      sql`t.expires_at_ms < ${visited}
      and (t.state = 'reserved'
        or not exists (select 1 from visitor_profile p where p.profile_id = t.profile_id))`,
    ),
    remove(
      'visitor_report',
      sql`not exists (select 1 from visitor_exposure e where e.session_id = t.session_id)`,
    ),
    remove('booking_wish', sql`t.until_ms < ${nowMs - BOOKED_DAYS * DAY_MS}`),
    remove('invoice_review', sql`t.outcome <> 'waiting' and t.reviewed_at_ms < ${settled}`),
  ];
  for (const step of steps) await step.execute(db);
};
