import {
  authorityQuery,
  authorityRecord,
  cdr as cdrSchema,
  ReportSums,
  type AuthorityRecord,
  type AuthorityReport,
} from '@roamgrid/wire';
import { sql, type Kysely } from 'kysely';
import { z } from 'zod';
import { pageOf, paging, type Page } from '../auditor-api/page.ts';
import type { Registry } from '../registry/registry.ts';
import type { GatewayDb } from '../store/schema.ts';

/** Charge records of a period and a place, for authorities, by when their sessions ended. */

const isSpan = ({ fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number }): boolean =>
  untilMs > fromMs;
const SPAN_HINT = 'untilMs has to be after fromMs';

export const reportFilter = z.strictObject(authorityQuery).refine(isSpan, SPAN_HINT);
export const recordFilter = z.strictObject({ ...authorityQuery, ...paging }).refine(isSpan, SPAN_HINT);
/** What is asked for, as of a block that was read. */
export type Scope = z.output<typeof reportFilter> & { readonly asOfBlock: number };

/** The record after which rows go on: when its session ended, and its place in the order of the ledger. */
interface Mark {
  readonly endMs: bigint;
  readonly position: bigint;
}

/** Rows that are read at once while a report is summed up. */
const AT_ONCE = 1_000;

/**
 * The rows of the scope after a mark. The period and the mark are one range of an index, so that a page costs what it gives, wherever
 * it begins; the place is asked of the registry's rows in the same statement.
 */
export const rowsAfter = (db: Kysely<GatewayDb>, scope: Scope, after: Mark, limit: number) => {
  const { untilMs, countryCode, placeId, stationId, asOfBlock } = scope;
  return db
    .selectFrom('cdr')
    .leftJoin('station', (join) =>
      join.onRef('station.utility_id', '=', 'cdr.vun').onRef('station.station_id', '=', 'cdr.station_id'),
    )
    .select(['cdr.end_ms', 'cdr.position', 'cdr.cdr', 'cdr.station_id', 'cdr.dispute_id'])
    .select([
      sql<string | null>`station.record->>'countryCode'`.as('country_code'),
      sql<string | null>`station.record->>'placeId'`.as('place_id'),
    ])
    .where(sql<boolean>`(cdr.end_ms, cdr.position) > (${after.endMs}, ${after.position})`)
    .where('cdr.end_ms', '<', BigInt(untilMs))
    .where('cdr.block_number', '<=', BigInt(asOfBlock))
    .$if(stationId !== undefined, (query) => query.where('cdr.station_id', '=', stationId ?? ''))
    .$if(countryCode !== undefined, (query) =>
      query.where(sql`station.record->>'countryCode'`, '=', countryCode),
    )
    .$if(placeId !== undefined, (query) => query.where(sql`station.record->>'placeId'`, '=', placeId))
    .orderBy('cdr.end_ms')
    .orderBy('cdr.position')
    .limit(limit);
};

type Row = Awaited<ReturnType<ReturnType<typeof rowsAfter>['execute']>>[number];

/** Before the first record of the scope. */
const begin = ({ fromMs }: Scope): Mark => ({ endMs: BigInt(fromMs), position: -1n });

const recordOf = (row: Row): AuthorityRecord => ({
  cdr: cdrSchema.parse(row.cdr),
  stationId: row.station_id,
  ...(row.country_code !== null && { countryCode: row.country_code }),
  ...(row.place_id !== null && { placeId: row.place_id }),
});

/** Energy, money and tax of the records of a period and a place. */
export const reportOf = async (
  db: Kysely<GatewayDb>,
  registry: Registry,
  utilityId: string,
  asked: z.output<typeof reportFilter>,
): Promise<AuthorityReport> => {
  const scope = asOf(registry, asked);
  const sums = new ReportSums();
  for (let after = begin(scope); ;) {
    const rows = await rowsAfter(db, scope, after, AT_ONCE).execute();
    for (const row of rows) sums.add(recordOf(row));
    const last = rows.at(-1);
    if (last === undefined || rows.length < AT_ONCE) return sums.report({ utilityId, ...scope });
    after = { endMs: last.end_ms, position: last.position };
  }
};

/** What is read after a report is begun does not count in it. */
const asOf = (registry: Registry, asked: z.output<typeof reportFilter>): Scope => ({
  ...asked,
  asOfBlock: Math.min(asked.asOfBlock ?? registry.asOfBlock, registry.asOfBlock),
});

const markAfter = (cursor: string | undefined): Mark | undefined => {
  const [, endMs, position] = /^(\d{1,18})\/(\d{1,18})$/.exec(cursor ?? '') ?? [];
  return endMs === undefined || position === undefined
    ? undefined
    : { endMs: BigInt(endMs), position: BigInt(position) };
};

/** A page of the records that a report sums up. */
export const recordPage = async (
  db: Kysely<GatewayDb>,
  registry: Registry,
  { after, limit, ...asked }: z.output<typeof recordFilter>,
): Promise<Page<AuthorityRecord>> => {
  const scope = asOf(registry, asked);
  const from = begin(scope);
  const mark = markAfter(after) ?? from;
  const rows = await rowsAfter(db, scope, mark.endMs < from.endMs ? from : mark, limit + 1).execute();
  const states = await disputedStates(
    db,
    rows.map(({ dispute_id }) => dispute_id),
    scope.asOfBlock,
  );
  return pageOf(
    rows,
    limit,
    (row) => {
      const disputed = states.get(row.dispute_id);
      return { ...recordOf(row), ...(disputed !== undefined && { disputed }) };
    },
    ({ end_ms, position }) => `${end_ms}/${position}`,
  );
};

/** How the disputes of those of the records that home did not accept stood at a block, by their ids. */
const disputedStates = async (
  db: Kysely<GatewayDb>,
  disputeIds: readonly string[],
  asOfBlock: number,
): Promise<ReadonlyMap<string, AuthorityRecord['disputed']>> => {
  if (disputeIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('dispute_state')
    .distinctOn('dispute_id')
    .select(['dispute_id', 'state'])
    .where('dispute_id', 'in', disputeIds)
    .where('block_number', '<=', BigInt(asOfBlock))
    .orderBy('dispute_id')
    .orderBy('block_number', 'desc')
    .execute();
  return new Map(rows.map((row) => [row.dispute_id, authorityRecord.shape.disputed.parse(row.state)]));
};
