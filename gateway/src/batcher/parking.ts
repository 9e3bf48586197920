import type { LedgerErrorCode } from '@roamgrid/wire';
import type { Transaction } from 'kysely';
import type { GatewayDb } from '../store/schema.ts';
import { OPEN_REFUSED, type Db, type FactKind } from './facts.ts';
import type { ToldFact } from './work.ts';

/**
 * Where refused facts wait. A refusal that something may cure - a clock, a permission, a record of the registry - is told
 * again by itself some times; what is refused then too, or for good, is parked until people have it told again.
 */

/** Refusals that time, an operator or a change of the registry may cure. */
const CURABLE: ReadonlySet<LedgerErrorCode> = new Set([
  'CLOCK_SKEW',
  'FORBIDDEN',
  'NOT_FOUND',
  'HASH_MISMATCH',
  'OUTSIDE_AGREEMENT',
  'NOT_BALANCED',
]);

const DEFER_MS = 500;
const MAX_DEFER_MS = 60_000;

/** Back among those that wait; one that was told alone waits longer each time. */
const putAside = (attempts: number, nowMs: number) => {
  const waitMs = attempts === 0 ? 0 : Math.min(MAX_DEFER_MS, DEFER_MS * 2 ** attempts);
  const notBeforeMs = attempts === 0 ? 0n : BigInt(nowMs + waitMs);
  return { state: 'pending', command_id: null, attempts, not_before_ms: notBeforeMs } as const;
};

export const park = async (
  trx: Transaction<GatewayDb>,
  factIds: readonly bigint[],
  code: string,
  text: string,
): Promise<void> => {
  await trx
    .updateTable('fact')
    .set({ state: 'parked', refusal_code: code, refusal_text: text })
    .where('fact_id', 'in', factIds)
    .execute();
};

interface Refusal {
  readonly code: LedgerErrorCode;
  readonly message: string;
}

/** Keeps that a contract refused a command: its facts wait, apart or aside, or are parked. */
export const keepRefused = async (
  trx: Transaction<GatewayDb>,
  commandId: string,
  { code, message }: Refusal,
  { nowMs, attempts: most }: { readonly nowMs: number; readonly attempts: number },
): Promise<{ readonly facts: readonly ToldFact[]; readonly isParked: boolean }> => {
  await trx
    .updateTable('ledger_command')
    .set({ state: 'refused', refusal_code: code, refusal_text: message, transient: '{}' })
    .where('command_id', '=', commandId)
    .execute();
  const rows = await trx
    .selectFrom('fact')
    .select(['fact_id', 'kind', 'session_id', 'number', 'payload', 'attempts'])
    .where('command_id', '=', commandId)
    .execute();
  const [first] = rows;
  const attempts = rows.length === 1 ? (first?.attempts ?? 0) + 1 : 0;
  const isParked = attempts > (CURABLE.has(code) ? most : 0);
  if (isParked && first !== undefined) await park(trx, [first.fact_id], code, message);
  else
    await trx
      .updateTable('fact')
      .set(putAside(attempts, nowMs))
      .where('command_id', '=', commandId)
      .execute();
  const facts = rows.map(({ kind, session_id, number, payload }) => ({
    kind,
    sessionId: session_id,
    number,
    payload: payload,
  }));
  return { facts, isParked };
};

const AFRESH = {
  state: 'pending',
  command_id: null,
  refusal_code: null,
  refusal_text: null,
  attempts: 0,
  not_before_ms: 0n,
} as const;

/** What followed from an opening's refusal goes on once it is on the ledger. */
export const unparkOrphans = async (db: Db, sessionIds: readonly string[]): Promise<void> => {
  if (sessionIds.length === 0) return;
  await db
    .updateTable('fact')
    .set(AFRESH)
    .where('session_id', 'in', sessionIds)
    .where('state', '=', 'parked')
    .where('refusal_code', '=', OPEN_REFUSED)
    .execute();
};

export interface ParkedFact {
  readonly factId: bigint;
  readonly kind: FactKind;
  readonly sessionId: string;
  readonly code: string;
  readonly text: string;
  readonly acceptedAtMs: number;
}

/** Parked facts in the order in which they were accepted. */
export const parkedFacts = async (db: Db, after: bigint, limit: number): Promise<readonly ParkedFact[]> => {
  const rows = await db
    .selectFrom('fact')
    .select(['fact_id', 'kind', 'session_id', 'refusal_code', 'refusal_text', 'accepted_at_ms'])
    .where('state', '=', 'parked')
    .where('fact_id', '>', after)
    .orderBy('fact_id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    factId: row.fact_id,
    kind: row.kind,
    sessionId: row.session_id,
    code: row.refusal_code ?? '',
    text: row.refusal_text ?? '',
    acceptedAtMs: Number(row.accepted_at_ms),
  }));
};

export interface Retold {
  readonly kind: string;
  readonly sessionId: string;
  readonly queue: string;
  readonly laneId: string;
}

/** Has parked facts wait again: one, or all of them. */
export const unpark = async (db: Db, factId?: bigint): Promise<readonly Retold[]> => {
  const rows = await db
    .updateTable('fact')
    .set(AFRESH)
    .where('state', '=', 'parked')
    .$if(factId !== undefined, (query) => query.where('fact_id', '=', factId ?? 0n))
    .returning(['kind', 'session_id', 'queue', 'lane_id'])
    .execute();
  return rows.map(({ kind, session_id, queue, lane_id }) => ({
    kind,
    sessionId: session_id,
    queue,
    laneId: lane_id,
  }));
};
