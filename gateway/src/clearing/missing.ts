import {
  MAX_PLANNED_MS,
  missingRecord,
  parseOpened,
  parseSessionId,
  type missingKind,
  type missingPage,
  type MissingNumber,
} from '@roamgrid/wire';
import { sql, type Kysely } from 'kysely';
import type { z } from 'zod';
import { openBodies } from '../auditor-api/opening-proof.ts';
import { pageOf, splitCursor } from '../auditor-api/page.ts';
import { gatewayError } from '../problems.ts';
import type { Registry } from '../registry/registry.ts';
import type { GatewayDb } from '../store/schema.ts';
import type { ClearingRead } from './read.ts';

type Db = Kysely<GatewayDb>;

const numbers = (db: Db) =>
  db
    .selectFrom('ledger_session')
    .leftJoin('missing', (join) =>
      join
        .onRef('missing.lane_id', '=', 'ledger_session.lane_id')
        .onRef('missing.number', '=', 'ledger_session.number'),
    )
    .leftJoin('batch', 'batch.batch_id', 'ledger_session.batch_id')
    .select([
      'session_id',
      'ledger_session.vun',
      'ledger_session.hun',
      'ledger_session.agreement_id',
      'state',
      'opened_at_ms',
      'ledger_session.batch_id',
      'missing.record as demanded',
    ])
    .orderBy('opened_at_ms')
    .orderBy('ledger_session.lane_id')
    .orderBy('ledger_session.number');

type Row = Awaited<ReturnType<ReturnType<typeof numbers>['execute']>>[number];

/** From when home can demand a record: when its session is over at the latest, and the time to settle it too. */
const dueAtMs = (registry: Registry, row: Row, openBody: string | undefined): number | undefined => {
  const agreement = registry.agreement(row.agreement_id);
  const terms = agreement && registry.terms(agreement.agreementId, agreement.version)?.terms;
  if (terms === undefined) return undefined;
  const recordedAtMs = Number(row.opened_at_ms);
  if (openBody === undefined) return recordedAtMs + MAX_PLANNED_MS + terms.cdrBoundMs;
  const { openedAtMs, quote } = parseOpened(openBody).open;
  return Math.min(openedAtMs, recordedAtMs) + Math.min(quote.plannedMs, MAX_PLANNED_MS) + terms.cdrBoundMs;
};

const shown = async ({ db, registry }: ClearingRead, rows: readonly Row[]): Promise<MissingNumber[]> => {
  const open = rows.filter(({ state }) => state === 'opened').map(({ session_id }) => session_id);
  const bodies = await openBodies(db, open);
  return rows.map((row) => {
    const due = row.state === 'opened' ? dueAtMs(registry, row, bodies.get(row.session_id)) : undefined;
    return {
      sessionId: row.session_id,
      vun: row.vun,
      hun: row.hun,
      state: row.state,
      openedAtMs: Number(row.opened_at_ms),
      ...(due !== undefined && { dueAtMs: due }),
      ...(row.demanded !== null && { demandedAtMs: missingRecord.parse(row.demanded).demandedAtMs }),
      ...(row.batch_id !== null && { batchId: row.batch_id }),
    };
  });
};

export interface MissingQuery {
  readonly role: 'hun' | 'vun';
  readonly kind: z.output<typeof missingKind>;
  readonly after?: string;
  readonly limit: number;
}

/** Numbers of this utility's pairs whose records have not come, the oldest first. */
export const listMissing = async (
  context: ClearingRead,
  { role, kind, after, limit }: MissingQuery,
): Promise<z.output<typeof missingPage>> => {
  let query = numbers(context.db)
    .where(`ledger_session.${role}`, '=', context.utilityId)
    .whereRef('ledger_session.vun', '!=', 'ledger_session.hun')
    .limit(limit + 1);
  if (kind === 'not-ended') query = query.where('state', '=', 'opened');
  if (kind === 'not-invoiced')
    query = query.where('state', '=', 'closed').where('batch.invoice_id', 'is', null);
  if (kind === 'demanded') query = query.where('missing.record', 'is not', null);
  if (after !== undefined) {
    const [at, id] = splitCursor(after);
    const name = parseSessionId(id);
    const [lane, number] = name.ok ? [name.value.laneId, name.value.number] : ['', 0];
    query = query.where(
      sql<boolean>`(opened_at_ms, ledger_session.lane_id, ledger_session.number) > (${at}, ${lane}, ${number})`,
    );
  }
  const page = pageOf(
    await query.execute(),
    limit,
    (row) => row,
    (row) => `${row.opened_at_ms}/${row.session_id}`,
  );
  return { ...page, items: await shown(context, page.items) };
};

/** What a demand names of a number. */
export interface Demandable {
  readonly laneId: string;
  readonly number: number;
  readonly agreementId: string;
  readonly slot: number;
  readonly vun: string;
  readonly hun: string;
}

/** @throws ServiceError RECORD_NOT_FOUND when it is no opened number of this utility's customers. */
export const demandableOf = async (
  { db, utilityId }: ClearingRead,
  sessionId: string,
): Promise<Demandable> => {
  const row = await db
    .selectFrom('ledger_session')
    .select(['lane_id', 'number', 'agreement_id', 'slot', 'vun', 'hun'])
    .where('session_id', '=', sessionId)
    .where('hun', '=', utilityId)
    .executeTakeFirst();
  if (row === undefined)
    throw gatewayError('RECORD_NOT_FOUND', `no number ${sessionId} of this utility’s customers was opened`);
  const { lane_id, number, agreement_id, slot, vun, hun } = row;
  return { laneId: lane_id, number, agreementId: agreement_id, slot, vun, hun };
};

export const missingOf = async (context: ClearingRead, sessionId: string): Promise<MissingNumber> => {
  const rows = await numbers(context.db).where('session_id', '=', sessionId).execute();
  const [found] = await shown(context, rows);
  if (found === undefined) throw gatewayError('RECORD_NOT_FOUND', `the ledger has no number ${sessionId}`);
  return found;
};
