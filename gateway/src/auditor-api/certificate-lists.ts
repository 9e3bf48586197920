import { certificateRecord, holdingRecord, recordId, type auditedCertificate } from '@roamgrid/wire';
import { sql, type Kysely } from 'kysely';
import { z } from 'zod';
import type { GatewayDb } from '../store/schema.ts';
import { instant, pageOf, paging, splitCursor, type Page } from './page.ts';

export const certificateFilter = z.strictObject({
  ...paging,
  generatorId: recordId.exactOptional(),
  fromMs: instant.exactOptional(),
  untilMs: instant.exactOptional(),
});

/** Certificates by quarter-hour, each with how its Wh are held. */
export const listCertificates = async (
  db: Kysely<GatewayDb>,
  { generatorId, fromMs, untilMs, after, limit }: z.output<typeof certificateFilter>,
): Promise<Page<z.output<typeof auditedCertificate>>> => {
  let query = db
    .selectFrom('certificate')
    .select(['generator_id', 'quarter_ms', 'record'])
    .orderBy('quarter_ms')
    .orderBy('generator_id')
    .limit(limit + 1);
  if (generatorId !== undefined) query = query.where('generator_id', '=', generatorId);
  if (fromMs !== undefined) query = query.where('quarter_ms', '>=', BigInt(fromMs));
  if (untilMs !== undefined) query = query.where('quarter_ms', '<', BigInt(untilMs));
  if (after !== undefined) {
    const [quarterMs, id] = splitCursor(after);
    query = query.where(sql<boolean>`(quarter_ms, generator_id) > (${quarterMs}, ${id})`);
  }
  const rows = await query.execute();
  const nameOf = (row: { generator_id: string; quarter_ms: bigint }) =>
    `${row.quarter_ms}/${row.generator_id}`;
  const quarters = rows.map((row) => row.quarter_ms);
  const holdings = await db
    .selectFrom('holding')
    .select(['generator_id', 'quarter_ms', 'record'])
    .where(sql<boolean>`quarter_ms = any(${quarters}::int8[])`)
    .orderBy('from_wh')
    .execute();
  return pageOf(
    rows,
    limit,
    (row) => ({
      record: certificateRecord.parse(row.record),
      holdings: holdings
        .filter((holding) => nameOf(holding) === nameOf(row))
        .map((holding) => holdingRecord.parse(holding.record)),
    }),
    nameOf,
  );
};
