import { RANGE_NUMBERS } from '@roamgrid/wire';
import type { Transaction } from 'kysely';
import type { GatewayDb } from '../store/schema.ts';
import { payloadOf, type FactKind, type WaitingFact } from './facts.ts';
import type { Waiting } from './work.ts';

interface NumberedFacts<K extends FactKind> {
  readonly agreementId: string;
  /** By number, within one span of numbers, of one agreement. */
  readonly facts: readonly WaitingFact<K>[];
}

export interface WhichFacts<K extends FactKind> {
  readonly kind: K;
  readonly queue: string;
  readonly laneId: string;
  readonly limit: number;
  readonly nowMs: number;
  /** Only of sessions whose opening is on the ledger. */
  readonly areOpened?: true;
}

/** What a queue says of them while they wait for company. */
export const waitingOf = (found: NumberedFacts<FactKind> | undefined, waitMs: number): Waiting | undefined =>
  found && {
    acceptedAtMs: Math.min(...found.facts.map(({ acceptedAtMs }) => acceptedAtMs)),
    count: found.facts.length,
    waitMs,
  };

/** The oldest facts of a lane that one command can state by their numbers, locked until the SQL transaction ends. */
export const numberedFacts = async <K extends FactKind>(
  trx: Transaction<GatewayDb>,
  { kind, queue, laneId, limit, nowMs, areOpened }: WhichFacts<K>,
): Promise<NumberedFacts<K> | undefined> => {
  const rows = await trx
    .selectFrom('fact')
    .select(['fact_id', 'session_id', 'number', 'agreement_id', 'accepted_at_ms', 'payload'])
    .where('queue', '=', queue)
    .where('lane_id', '=', laneId)
    .where('kind', '=', kind)
    .where('state', '=', 'pending')
    .where('not_before_ms', '<=', BigInt(nowMs))
    .$if(areOpened === true, (query) =>
      query.where(({ exists, selectFrom }) =>
        exists(
          selectFrom('session_opening')
            .select('slot')
            .whereRef('session_opening.session_id', '=', 'fact.session_id'),
        ),
      ),
    )
    .orderBy('fact_id')
    .limit(limit)
    .forUpdate()
    .execute();
  const [oldest] = rows;
  if (oldest === undefined) return undefined;
  const same = rows.filter(({ agreement_id }) => agreement_id === oldest.agreement_id);
  const lowest = Math.min(...same.map(({ number }) => number));
  return {
    agreementId: oldest.agreement_id,
    facts: same
      .filter(({ number }) => number < lowest + RANGE_NUMBERS)
      .sort((a, b) => a.number - b.number)
      .map((row) => ({
        factId: row.fact_id,
        sessionId: row.session_id,
        number: row.number,
        acceptedAtMs: Number(row.accepted_at_ms),
        payload: payloadOf(kind, row.payload),
      })),
  };
};
