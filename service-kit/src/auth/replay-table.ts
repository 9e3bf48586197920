import { createHash } from 'node:crypto';
import { sql, type Kysely } from 'kysely';
import type { ReplayGuard } from './replay-cache.ts';

/** Steps of a service's migration that makes the table. */
export const seenIdTable = [
  'create table seen_id (id bytea primary key, until_ms double precision not null)',
  'create index on seen_id (until_ms)',
] as const;

/** How often ids that can no longer be used are deleted. */
const SWEEP_EVERY_MS = 30_000;

/**
 * Remembers ids in the service's database, so that a restart forgets none, and two processes of a service share them. A
 * row is kept without waiting for the disk: what a crash of the database may lose is less than a second old.
 */
export const createReplayTable = <Db>(db: Kysely<Db>): ReplayGuard => {
  let sweptAtMs = Number.NEGATIVE_INFINITY;
  const sweep = (nowMs: number): void => {
    if (nowMs - sweptAtMs < SWEEP_EVERY_MS) return;
    sweptAtMs = nowMs;
    // What is not deleted now is deleted later.
    sql`delete from seen_id where until_ms <= ${nowMs}`.execute(db).catch(() => undefined);
  };
  return {
    async first(id, untilMs, nowMs) {
      sweep(nowMs);
      // Ids are the caller's texts: of one length, and never more than what tells them apart.
      const key = createHash('sha256').update(id).digest();
      const { rows } = await sql`insert into seen_id (id, until_ms)
        select ${key}, ${untilMs} from (select set_config('synchronous_commit', 'off', true)) as at_once
        on conflict do nothing returning 1`.execute(db);
      return rows.length === 1;
    },
  };
};
