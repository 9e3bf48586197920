import { openingProof, type OpeningProof } from '@roamgrid/wire';
import { sql, type Transaction } from 'kysely';
import { z } from 'zod';
import type { GatewayDb } from '../store/schema.ts';
import { payloadOf, type Db, type WaitingFact } from './facts.ts';

/** Which lane's sessions are to be settled next. */
export interface SettleTurn {
  readonly laneId: string;
  readonly agreementId: string;
  readonly acceptedAtMs: number;
}

export interface SettleSearch {
  readonly queue: string;
  /** Lanes of which something may be told now. */
  readonly lanes: readonly string[];
  readonly nowMs: number;
}

const wirePath = z.array(z.string());

/**
 * The lane whose session has waited longest, of those that can be settled: opened on the ledger, and the next one of its
 * meter, whoever's customers charged there before.
 */
export const settleTurn = async (
  db: Db,
  { queue, lanes, nowMs }: SettleSearch,
): Promise<SettleTurn | undefined> => {
  if (lanes.length === 0) return undefined;
  const row = await db
    .selectFrom('fact')
    .innerJoin('session_opening', 'session_opening.session_id', 'fact.session_id')
    .select(['fact.lane_id', 'fact.agreement_id', 'fact.accepted_at_ms'])
    .where('queue', '=', queue)
    .where('lane_id', 'in', lanes)
    .where('kind', '=', 'settle')
    .where('state', '=', 'pending')
    .where('not_before_ms', '<=', BigInt(nowMs))
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('fact as earlier')
            .select('earlier.fact_id')
            .whereRef('earlier.meter_id', '=', 'fact.meter_id')
            .where('earlier.kind', '=', 'settle')
            .where('earlier.state', 'in', ['pending', 'formed'])
            .where(sql<boolean>`(earlier.end_ms, earlier.fact_id) < (fact.end_ms, fact.fact_id)`),
        ),
      ),
    )
    .orderBy('fact_id')
    .limit(1)
    .executeTakeFirst();
  return (
    row && { laneId: row.lane_id, agreementId: row.agreement_id, acceptedAtMs: Number(row.accepted_at_ms) }
  );
};

/** A session that can be settled, with the way to its opening. */
export interface SettleCandidate extends WaitingFact<'settle'> {
  readonly opening: OpeningProof;
}

/** So much further than the limit is looked for sessions that can be settled. */
const LOOK_AHEAD = 3;

/** A lane's sessions that one batch may settle, in order of their end: of each meter the next ones without a gap. */
export const settleCandidates = async (
  trx: Transaction<GatewayDb>,
  { queue, nowMs }: SettleSearch,
  { laneId, agreementId }: SettleTurn,
  limit: number,
): Promise<readonly SettleCandidate[]> => {
  const rows = await trx
    .selectFrom('fact')
    .leftJoin('session_opening as opening', 'opening.session_id', 'fact.session_id')
    .select([
      'fact_id',
      'fact.session_id',
      'number',
      'accepted_at_ms',
      'payload',
      'meter_id',
      'not_before_ms',
      'opening.slot',
      'opening.leaf_index',
      'opening.size',
      'opening.path',
    ])
    .where('queue', '=', queue)
    .where('lane_id', '=', laneId)
    .where('agreement_id', '=', agreementId)
    .where('kind', '=', 'settle')
    .where('state', '=', 'pending')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('fact as earlier')
            .select('earlier.fact_id')
            .whereRef('earlier.meter_id', '=', 'fact.meter_id')
            .where('earlier.kind', '=', 'settle')
            .where('earlier.state', 'in', ['pending', 'formed'])
            .where(({ or, eb }) =>
              or([eb('earlier.lane_id', '!=', laneId), eb('earlier.agreement_id', '!=', agreementId)]),
            )
            .where(sql<boolean>`(earlier.end_ms, earlier.fact_id) < (fact.end_ms, fact.fact_id)`),
        ),
      ),
    )
    .orderBy('end_ms')
    .orderBy('fact_id')
    .limit(limit * LOOK_AHEAD)
    .execute();
  const held = new Set<string>();
  const found: SettleCandidate[] = [];
  for (const row of rows) {
    const { meter_id, slot, leaf_index, size } = row;
    const isReady = slot !== null && Number(row.not_before_ms) <= nowMs && !held.has(meter_id ?? '');
    if (!isReady) {
      held.add(meter_id ?? '');
      continue;
    }
    found.push({
      factId: row.fact_id,
      sessionId: row.session_id,
      number: row.number,
      acceptedAtMs: Number(row.accepted_at_ms),
      payload: payloadOf('settle', row.payload),
      opening: openingProof.parse({ slot, index: leaf_index, size, path: wirePath.parse(row.path) }),
    });
    if (found.length === limit) break;
  }
  return found;
};
