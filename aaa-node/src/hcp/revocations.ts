import { sql } from 'kysely';
import type { Db, Trx } from '../store/database.ts';

/** One writer at a time, so that a reader's cursor never passes a number that is not committed yet. */
const REVOCATION_LOCK = 0x7265766fn;

/** Whose profiles: of a CIN, in one lane or in all, or of a whole customer. */
export type Revoked = { readonly cinRef: string; readonly laneId?: string } | { readonly customerId: string };

/**
 * Revokes the profiles that visited utilities may hold. Each revocation is a row: visited utilities read it, and the
 * ledger is told of it until it takes it.
 */
export const revokeProfiles = async (trx: Trx, of: Revoked, nowMs: number): Promise<void> => {
  await sql`select pg_advisory_xact_lock(${REVOCATION_LOCK})`.execute(trx);
  let query = trx
    .updateTable('issued_profile')
    .set({ revoked_at_ms: nowMs })
    .where('revoked_at_ms', 'is', null)
    .where('valid_until_ms', '>', nowMs);
  if ('customerId' in of) query = query.where('customer_id', '=', of.customerId);
  else {
    query = query.where('cin_ref', '=', of.cinRef);
    if (of.laneId !== undefined) query = query.where('lane_id', '=', of.laneId);
  }
  const revoked = await query.returning(['vun', 'profile_id']).execute();
  if (revoked.length === 0) return;
  await trx
    .insertInto('revocation')
    .values(revoked.map((row) => ({ ...row, revoked_at_ms: nowMs, told_at_ms: null })))
    .execute();
};

const PAGE = 500;

/** Revocations for one visited utility after a cursor, in order. A cursor of another form starts from the first. */
export const revocationsAfter = async (db: Db, vun: string, cursor: string) => {
  const after = /^\d{1,9}$/.test(cursor) ? Number(cursor) : 0;
  const rows = await db
    .selectFrom('revocation')
    .select(['seq', 'profile_id', 'revoked_at_ms'])
    .where('vun', '=', vun)
    .where('seq', '>', after)
    .orderBy('seq')
    .limit(PAGE)
    .execute();
  return {
    revocations: rows.map((row) => ({ profileId: row.profile_id, revokedAtMs: row.revoked_at_ms })),
    cursor: (rows.at(-1)?.seq ?? after).toString(),
  };
};
