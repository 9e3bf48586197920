import { billSummary, type BillSummary, type LedgerErrorCode } from '@roamgrid/wire';
import { sql, type Transaction } from 'kysely';
import type { GatewayDb } from '../store/schema.ts';
import { OPEN_REFUSED, type Db, type FactKind } from './facts.ts';
import type { ToldFact } from './work.ts';

/**
 * Where refused facts wait. A refusal that something may cure - a clock, a permission, a record of the registry - is told
 * again by itself some times; what is refused then too, or for good, is parked, and told again after longer and longer
 * pauses, or when people say so.
 */

/** Refusals that time, an operator or a change of the registry may cure. */
export const CURABLE: ReadonlySet<LedgerErrorCode> = new Set([
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

/** However often it was refused, a parked fact is told again after so long. */
const MAX_RETELL_MS = 3_600_000;
const MAX_DOUBLINGS = 6;

/** Now by the host's clock, and the pause before a fact that is parked for the first time is told again; it doubles each time. */
interface ParkedAt {
  readonly nowMs: number;
  readonly retellAfterMs: number;
}

export const park = async (
  trx: Transaction<GatewayDb>,
  factIds: readonly bigint[],
  { code, text }: { readonly code: string; readonly text: string },
  { nowMs, retellAfterMs }: ParkedAt,
): Promise<void> => {
  const pauseMs = sql<bigint>`least(${MAX_RETELL_MS}, ${retellAfterMs}::int8 * (1 << least(parkings, ${MAX_DOUBLINGS})))`;
  await trx
    .updateTable('fact')
    .set({
      state: 'parked',
      refusal_code: code,
      refusal_text: text,
      parkings: sql<number>`parkings + 1`,
      not_before_ms: sql<bigint>`${nowMs}::int8 + ${pauseMs}`,
    })
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
  { attempts: most, ...at }: ParkedAt & { readonly attempts: number },
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
  if (isParked && first !== undefined) await park(trx, [first.fact_id], { code, text: message }, at);
  else
    await trx
      .updateTable('fact')
      .set(putAside(attempts, at.nowMs))
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

const retoldOf = (row: {
  readonly kind: string;
  readonly session_id: string;
  readonly queue: string;
  readonly lane_id: string;
}): Retold => ({ kind: row.kind, sessionId: row.session_id, queue: row.queue, laneId: row.lane_id });

/** The end of a session that the ledger refused, and nothing makes good after its time. */
export interface RefusedEnd {
  readonly factId: bigint;
  readonly sessionId: string;
  readonly agreementId: string;
  readonly endMs: number;
  readonly code: string;
  readonly text: string;
  /** As the driver was told. */
  readonly bill: BillSummary;
}

/**
 * Ends that are parked, oldest first. One that was claimed in time is settled however late, so it is among them only when
 * it was refused for good.
 */
export const givenUp = async (db: Db, after: bigint, limit: number): Promise<readonly RefusedEnd[]> => {
  const rows = await db
    .selectFrom('fact')
    .innerJoin('charge', 'charge.session_id', 'fact.session_id')
    .leftJoin('session_claim', 'session_claim.session_id', 'fact.session_id')
    .select([
      'fact_id',
      'fact.session_id',
      'fact.agreement_id',
      'end_ms',
      'refusal_code',
      'refusal_text',
      'bill',
    ])
    .where('fact.kind', '=', 'settle')
    .where('fact.state', '=', 'parked')
    .where('fact_id', '>', after)
    .where('charge.state', '=', 'stopped')
    .where(({ or, eb }) =>
      or([eb('session_claim.session_id', 'is', null), eb('refusal_code', 'not in', [...CURABLE])]),
    )
    .orderBy('fact_id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    factId: row.fact_id,
    sessionId: row.session_id,
    agreementId: row.agreement_id,
    endMs: Number(row.end_ms ?? 0n),
    code: row.refusal_code ?? '',
    text: row.refusal_text ?? '',
    bill: billSummary.parse(row.bill),
  }));
};

/** Its session is closed without it. */
export const dropEnd = async (trx: Transaction<GatewayDb>, sessionId: string): Promise<void> => {
  await trx
    .updateTable('fact')
    .set({ state: 'dropped' })
    .where('session_id', '=', sessionId)
    .where('kind', '=', 'settle')
    .where('state', '=', 'parked')
    .execute();
};

/** Has parked facts that are due wait again; what waits for its session's opening is not told before it. */
export const unparkDue = async (db: Db, nowMs: number): Promise<readonly Retold[]> => {
  const rows = await db
    .updateTable('fact')
    .set({ state: 'pending', command_id: null, not_before_ms: 0n })
    .where('state', '=', 'parked')
    .where('refusal_code', '!=', OPEN_REFUSED)
    .where('not_before_ms', '<=', BigInt(nowMs))
    .returning(['kind', 'session_id', 'queue', 'lane_id'])
    .execute();
  return rows.map(retoldOf);
};

/** Has parked facts wait again: one, or all of them. */
export const unpark = async (db: Db, factId?: bigint): Promise<readonly Retold[]> => {
  const rows = await db
    .updateTable('fact')
    .set(AFRESH)
    .where('state', '=', 'parked')
    .$if(factId !== undefined, (query) => query.where('fact_id', '=', factId ?? 0n))
    .returning(['kind', 'session_id', 'queue', 'lane_id'])
    .execute();
  return rows.map(retoldOf);
};
