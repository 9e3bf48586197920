import {
  MOST_CLOSED,
  MOST_SESSIONS,
  sessionName,
  type BilledSession,
  type CreditAck,
  type CreditBook,
} from '@roamgrid/offline';
import { sql } from 'kysely';
import type { Trx } from '../store/database.ts';

/** What home tells a phone of its tokens, and what it finds in them, by the records that chargers' utilities booked. */

/** One parameter, however many they are. */
const anyOf = (ids: readonly string[]) => sql<string>`any(${ids}::text[])`;

/** Tokens of a book by which more may come. */
const openTokens = ({ tokens }: CreditBook): readonly string[] =>
  [...tokens.values()].filter(({ isClosed }) => !isClosed).map(({ tokenId }) => tokenId);

/**
 * Sessions on the bill that the phone has not been told of, and those that have come to something else since, the first first. Of one that was credited
 * nothing is owed.
 */
export const billedSince = async (
  trx: Trx,
  { tokens }: CreditBook,
): Promise<Required<Pick<CreditAck, 'sessions' | 'revised'>>> => {
  const rows = await trx
    .selectFrom('offline_session')
    .innerJoin('cdr', 'cdr.session_id', 'offline_session.session_id')
    .leftJoin('record_dispute', 'record_dispute.session_id', 'offline_session.session_id')
    .select(['token_id', 'offline_session.evse_id', 'number', 'total_micros', 'decided_micros', 'verdict'])
    .where('token_id', '=', anyOf([...tokens.keys()]))
    .where('verdict', '<>', 'held')
    .orderBy('opened_at_ms')
    .orderBy('number')
    .execute();
  const [sessions, revised]: [BilledSession[], BilledSession[]] = [[], []];
  for (const row of rows) {
    const { token_id: tokenId, evse_id: evseId, number } = row;
    // What stands on a bill that was issued stays there: what was decided is beside it.
    const micros = row.verdict === 'credited' ? 0n : (row.decided_micros ?? row.total_micros);
    const was = tokens.get(tokenId)?.billed.get(sessionName(evseId, number));
    if (was !== micros) (was === undefined ? sessions : revised).push({ tokenId, evseId, number, micros });
  }
  return { sessions: sessions.slice(0, MOST_SESSIONS), revised: revised.slice(0, MOST_SESSIONS) };
};

/** Tokens by which nothing more is billed in the usual course: used up, their money free again, or no longer known here. */
export const closedOf = async (trx: Trx, book: CreditBook, nowMs: number): Promise<readonly string[]> => {
  const open = openTokens(book);
  const rows = await trx
    .selectFrom('offline_token')
    .select('token_id')
    .where('token_id', '=', anyOf(open))
    .where('state', '<>', 'settled')
    .where('held_until_ms', '>', nowMs)
    .execute();
  const alive = new Set(rows.map((row) => row.token_id));
  return open.filter((tokenId) => !alive.has(tokenId)).slice(0, MOST_CLOSED);
};

/**
 * A session that began by a token of the book, and that the phone never asked for. A phone writes a start down before it asks for it, so everything that was booked before it was
 * challenged stands in what it then tells.
 */
export const unsaidIn = async (
  trx: Trx,
  book: CreditBook,
  challengedAtMs: number,
): Promise<string | undefined> => {
  const rows = await trx
    .selectFrom('offline_session')
    .innerJoin('cdr', 'cdr.session_id', 'offline_session.session_id')
    .select(['token_id', 'offline_session.evse_id', sql<bigint>`count(*)::bigint`.as('sessions')])
    .where('token_id', '=', anyOf([...book.tokens.keys()]))
    .where('judged_at_ms', '<=', challengedAtMs)
    .groupBy(['token_id', 'offline_session.evse_id'])
    .execute();
  const found = rows.find(
    (row) => Number(row.sessions) > (book.tokens.get(row.token_id)?.starts.get(row.evse_id) ?? 0),
  );
  return (
    found &&
    `${found.sessions} sessions began at ${found.evse_id} by a token of its own, more than it asked for`
  );
};
