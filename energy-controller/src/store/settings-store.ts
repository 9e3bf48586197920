import { createHash } from 'node:crypto';
import { canonicalJson, siteSettingsView, type JsonValue } from '@roamgrid/wire';
import type { z } from 'zod';
import type { Db } from './tables.ts';

/** Settings as they are kept: the policy by its id. */
export type KeptSettings = z.output<typeof siteSettingsView>;

/** Of what was sent: the same id is not good for another. */
export const hashOf = (sent: unknown): string =>
  createHash('sha256')
    .update(canonicalJson(JSON.parse(JSON.stringify(sent)) as JsonValue))
    .digest('base64url');

export const latestSettings = async (db: Db, siteId: string): Promise<KeptSettings | undefined> => {
  const row = await db
    .selectFrom('site_settings')
    .select('body')
    .where('site_id', '=', siteId)
    .orderBy('version', 'desc')
    .executeTakeFirst();
  return row && siteSettingsView.parse(row.body);
};

/** The version that a change made, and what of. */
export const changeById = async (
  db: Db,
  siteId: string,
  changeId: string,
): Promise<{ readonly version: number; readonly hash: string } | undefined> => {
  const row = await db
    .selectFrom('site_settings')
    .select(['version', 'change_hash'])
    .where('site_id', '=', siteId)
    .where('change_id', '=', changeId)
    .executeTakeFirst();
  return row && { version: row.version, hash: row.change_hash };
};

export interface KeptChange {
  readonly changeId: string;
  readonly hash: string;
  readonly operator: string;
  readonly atMs: number;
  /** What was changed, in words. */
  readonly detail: string;
}

/** A new version, with the event that tells of it. @returns false when somebody else made this version meanwhile. */
export const keepSettings = async (
  db: Db,
  siteId: string,
  settings: KeptSettings,
  { changeId, hash, operator, atMs, detail }: KeptChange,
): Promise<boolean> =>
  db.transaction().execute(async (trx) => {
    const written = await trx
      .insertInto('site_settings')
      .values({
        site_id: siteId,
        version: settings.version,
        change_id: changeId,
        change_hash: hash,
        operator,
        at_ms: BigInt(atMs),
        body: JSON.stringify(siteSettingsView.encode(settings)),
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning('version')
      .executeTakeFirst();
    if (written === undefined) return false;
    await trx
      .insertInto('site_event')
      .values({ site_id: siteId, at_ms: BigInt(atMs), kind: 'change', operator, detail })
      .execute();
    return true;
  });
