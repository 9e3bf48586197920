import { sqlMigration, type Migration } from '@roamgrid/service-kit';
import { poolLease, poolReport, type PoolReport } from '@roamgrid/wire';
import type { ColumnType, Kysely } from 'kysely';
import type { Lease } from './leases.ts';
import type { PoolSite } from './pool.ts';

/** JSON column: given as text, read as parsed values in wire form. */
type Json = ColumnType<unknown, string | null, string | null>;

interface PoolSiteTable {
  pool_id: string;
  site_id: string;
  sent_at_ms: bigint;
  report: Json;
  answered: Json;
}

export interface CloudDb {
  pool_site: PoolSiteTable;
}

/** History of the cloud's schema. A released step never changes. */
export const cloudMigrations: readonly Migration[] = [
  sqlMigration(
    '0001_pools',
    `create table pool_site (
      pool_id text not null, site_id text not null, sent_at_ms bigint not null, report jsonb not null, answered jsonb,
      primary key (pool_id, site_id))`,
  ),
];

/** What was kept of a pool's sites, with their static parts as they are configured now. */
export const loadSites = async (
  db: Kysely<CloudDb>,
  poolId: string,
  parts: readonly { readonly siteId: string; readonly staticW: bigint }[],
): Promise<readonly PoolSite[]> => {
  const rows = await db.selectFrom('pool_site').selectAll().where('pool_id', '=', poolId).execute();
  return parts.map(({ siteId, staticW }) => {
    const row = rows.find((one) => one.site_id === siteId);
    const report = row === undefined ? undefined : poolReport.parse(row.report);
    const answered = row === undefined || row.answered === null ? undefined : poolLease.parse(row.answered);
    return { siteId, staticW, report, held: report?.held, answered };
  });
};

/** Before the site is answered. @returns false when it has said something newer. */
export const keepAnswer = async (
  db: Kysely<CloudDb>,
  poolId: string,
  siteId: string,
  report: PoolReport,
  answered: Lease,
): Promise<boolean> => {
  const values = {
    sent_at_ms: BigInt(report.sentAtMs),
    report: JSON.stringify(poolReport.encode(report)),
    answered: JSON.stringify(poolLease.encode({ ...answered })),
  };
  const written = await db
    .insertInto('pool_site')
    .values({ pool_id: poolId, site_id: siteId, ...values })
    .onConflict((conflict) =>
      conflict
        .columns(['pool_id', 'site_id'])
        .doUpdateSet(values)
        .where('pool_site.sent_at_ms', '<', values.sent_at_ms),
    )
    .returning('site_id')
    .executeTakeFirst();
  return written !== undefined;
};
