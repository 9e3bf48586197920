import {
  authorityQuery,
  bodyHash,
  cdr as cdrSchema,
  disputeIdOf,
  disputeRecord,
  type AuthorityRecord,
  type AuthorityReport,
  type Cdr,
} from '@roamgrid/wire';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import { pageOf, paging, type Page } from '../auditor-api/page.ts';
import type { Registry } from '../registry/registry.ts';
import type { GatewayDb } from '../store/schema.ts';
import { ReportSums } from './sum-up.ts';

/** Charge records of a period and a place, for authorities. */

const isSpan = ({ fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number }): boolean =>
  untilMs > fromMs;
const SPAN_HINT = 'untilMs has to be after fromMs';

export const reportFilter = z.strictObject(authorityQuery).refine(isSpan, SPAN_HINT);
export const recordFilter = z.strictObject({ ...authorityQuery, ...paging }).refine(isSpan, SPAN_HINT);
type Scope = z.output<typeof reportFilter>;

interface Row {
  readonly position: bigint;
  readonly cdr: unknown;
  readonly station_id: string;
  readonly body: string;
}

/** Rows that are read at once while a report is summed up. */
const AT_ONCE = 1_000;

const rowsAfter = (
  db: Kysely<GatewayDb>,
  { fromMs, untilMs, stationId }: Scope,
  after: bigint,
  limit: number,
): Promise<readonly Row[]> => {
  const query = db
    .selectFrom('cdr')
    .innerJoin('settled_session', 'settled_session.session_id', 'cdr.session_id')
    .select(['cdr.position', 'cdr.cdr', 'settled_session.station_id', 'settled_session.body'])
    .where('cdr.position', '>', after)
    .where('end_ms', '>=', BigInt(fromMs))
    .where('end_ms', '<', BigInt(untilMs))
    .orderBy('cdr.position')
    .limit(limit);
  return (
    stationId === undefined ? query : query.where('settled_session.station_id', '=', stationId)
  ).execute();
};

/** Records of the scope in the order of the ledger, from a position on. */
async function* recordsOf(
  db: Kysely<GatewayDb>,
  registry: Registry,
  scope: Scope,
  from: bigint,
): AsyncGenerator<{
  readonly position: bigint;
  readonly cdr: Cdr;
  readonly stationId: string;
  readonly body: string;
}> {
  const isPlace = (vun: string, stationId: string): boolean => {
    const station = registry.station(vun, stationId);
    return (
      (scope.countryCode === undefined || station?.countryCode === scope.countryCode) &&
      (scope.placeId === undefined || station?.placeId === scope.placeId)
    );
  };
  for (let after = from; ;) {
    const rows = await rowsAfter(db, scope, after, AT_ONCE);
    for (const { position, cdr, station_id, body } of rows) {
      const record = cdrSchema.parse(cdr);
      if (isPlace(record.vun, station_id)) yield { position, cdr: record, stationId: station_id, body };
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < AT_ONCE) return;
    after = last.position;
  }
}

/** Energy, money and tax of the records of a period and a place. */
export const reportOf = async (
  db: Kysely<GatewayDb>,
  registry: Registry,
  utilityId: string,
  scope: Scope,
): Promise<AuthorityReport> => {
  const asOfBlock = registry.asOfBlock;
  const sums = new ReportSums();
  for await (const { cdr, stationId } of recordsOf(db, registry, scope, 0n)) sums.add(cdr, stationId);
  return {
    utilityId,
    ...scope,
    places: [...sums.places((vun, stationId) => registry.station(vun, stationId))],
    totals: [...sums.totals()],
    asOfBlock,
  };
};

/** A page of the records that a report sums up; `after` is the position of the last one. */
export const recordPage = async (
  db: Kysely<GatewayDb>,
  registry: Registry,
  { after, limit, ...scope }: z.output<typeof recordFilter>,
): Promise<Page<AuthorityRecord>> => {
  const found: {
    readonly position: bigint;
    readonly cdr: Cdr;
    readonly stationId: string;
    readonly disputeId: string;
  }[] = [];
  const from = after !== undefined && /^\d{1,18}$/.test(after) ? BigInt(after) : 0n;
  for await (const { position, cdr, stationId, body } of recordsOf(db, registry, scope, from)) {
    found.push({ position, cdr, stationId, disputeId: disputeIdOf(bodyHash(body)) });
    if (found.length > limit) break;
  }
  const states = await disputedStates(
    db,
    found.map(({ disputeId }) => disputeId),
  );
  return pageOf(
    found,
    limit,
    ({ cdr, stationId, disputeId }) => {
      const disputed = states.get(disputeId);
      return { cdr, stationId, ...(disputed !== undefined && { disputed }) };
    },
    ({ position }) => position.toString(),
  );
};

/** What became of those of the records that home did not accept, by their dispute's id. */
const disputedStates = async (
  db: Kysely<GatewayDb>,
  disputeIds: readonly string[],
): Promise<ReadonlyMap<string, AuthorityRecord['disputed']>> => {
  if (disputeIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('dispute')
    .select(['dispute_id', 'record'])
    .where('dispute_id', 'in', disputeIds)
    .execute();
  return new Map(rows.map((row) => [row.dispute_id, disputeRecord.parse(row.record).state]));
};
