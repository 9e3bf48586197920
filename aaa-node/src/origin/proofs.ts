import type { OriginPart, OriginProof } from '@roamgrid/wire';
import { sql } from 'kysely';
import type { Db, Trx } from '../store/database.ts';

/** What of sessions' energy the ledger has cancelled certificates for, by session. */
export const originOf = async (
  db: Db | Trx,
  sessionIds: readonly string[],
): Promise<ReadonlyMap<string, readonly OriginPart[]>> => {
  if (sessionIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('origin_match')
    .innerJoin('origin_cancellation as told', 'told.cancellation_id', 'origin_match.cancellation_id')
    .select(['session_id', 'source', 'area_id', ({ fn }) => fn.sum<string>('energy_wh').as('wh')])
    .where('told.state', '=', 'done')
    // One parameter, however many sessions: a statement takes 65,535.
    .where(sql<boolean>`session_id = any(${[...sessionIds]})`)
    .groupBy(['session_id', 'source', 'area_id'])
    .orderBy('session_id')
    .orderBy('source')
    .orderBy('area_id')
    .execute();
  const parts = new Map<string, OriginPart[]>();
  for (const { session_id: sessionId, source, area_id: areaId, wh } of rows)
    parts.set(sessionId, [...(parts.get(sessionId) ?? []), { source, areaId, energyWh: BigInt(wh) }]);
  return parts;
};

/** Each match of a session with its way to what the ledger says was cancelled. */
export const originProofs = async (
  db: Db,
  utilityId: string,
  sessionId: string,
): Promise<readonly OriginProof[]> => {
  const rows = await db
    .selectFrom('origin_match')
    .innerJoin('origin_cancellation as told', 'told.cancellation_id', 'origin_match.cancellation_id')
    .selectAll('origin_match')
    .where('told.state', '=', 'done')
    .where('session_id', '=', sessionId)
    .orderBy('quarter_ms')
    .orderBy('generator_id')
    .orderBy('from_wh')
    .execute();
  return rows.map((row) => ({
    match: {
      type: 'originMatch',
      sessionId,
      generatorId: row.generator_id,
      quarterMs: row.quarter_ms,
      energyWh: row.energy_wh,
      salt: row.salt,
    },
    holder: utilityId,
    cancellationId: row.cancellation_id,
    fromWh: row.from_wh,
    wh: row.range_wh,
    matchRoot: row.match_root,
    steps: row.steps.map(({ wh, ...step }) => ({ ...step, wh: BigInt(wh) })),
  }));
};
