import type { CallFailure } from '@roamgrid/service-kit';
import {
  canonicalJson,
  parseSessionId,
  sessionCloseBody,
  type AnswerRequest,
  type SessionCloseBody,
} from '@roamgrid/wire';
import { z } from 'zod';
import type { GatewayClient } from '../gateway/client.ts';
import { aaaError } from '../problems.ts';
import { serially } from '../serially.ts';
import type { Db } from '../store/database.ts';
import type { Patience } from './patience.ts';

/** A record of this visited utility's that it takes back: whole, or for what another close comes to. */
export interface TakeBack {
  readonly sessionId: string;
  readonly statement: string;
  /** Who says so. */
  readonly by: string;
  readonly close?: SessionCloseBody | undefined;
}

const closeText = (close: SessionCloseBody | undefined): string | null =>
  close === undefined ? null : JSON.stringify(z.encode(sessionCloseBody, close));

/**
 * Keeps that a record is taken back, until home has heard it and disputes it. Said again it is one; what home refused is told anew.
 * @throws ServiceError RECORD_UNKNOWN, DISPUTE_RAISED when it was taken back otherwise, DISPUTE_REFUSED for one of an own customer
 */
export const keepTakeBack = (
  db: Db,
  utilityId: string,
  { sessionId, statement, by, close }: TakeBack,
  nowMs: number,
): Promise<void> =>
  db.transaction().execute(async (trx) => {
    const name = parseSessionId(sessionId);
    if (!name.ok || name.value.vun !== utilityId)
      throw aaaError('RECORD_UNKNOWN', `session ${sessionId} is of another utility’s station`);
    if (name.value.hun === utilityId)
      throw aaaError(
        'DISPUTE_REFUSED',
        'the record of an own customer is on no invoice: correct his account',
      );
    const record = await trx
      .selectFrom('provider_share')
      .select('session_id')
      .where('session_id', '=', sessionId)
      .executeTakeFirst();
    if (record === undefined)
      throw aaaError('RECORD_UNKNOWN', `no record of session ${sessionId} was read yet`);
    const kept = await trx
      .selectFrom('take_back')
      .select(['statement', 'close', 'state'])
      .where('session_id', '=', sessionId)
      .forUpdate()
      .executeTakeFirst();
    const text = closeText(close);
    if (
      kept !== undefined &&
      (kept.statement !== statement || kept.close !== text) &&
      kept.state !== 'refused'
    )
      throw aaaError('DISPUTE_RAISED', `the record of ${sessionId} was taken back before, otherwise`);
    if (kept !== undefined && kept.state !== 'refused') return;
    const values = {
      statement,
      close: text,
      said_by: by,
      said_at_ms: nowMs,
      state: 'waiting',
      refusal: null,
    } as const;
    await trx
      .insertInto('take_back')
      .values({ session_id: sessionId, ...values })
      .onConflict((conflict) => conflict.column('session_id').doUpdateSet(values))
      .execute();
  });

/** What a dispute of a record is answered that was taken back. */
export const takenBackAs = async (db: Db, sessionId: string): Promise<AnswerRequest | undefined> => {
  const row = await db
    .selectFrom('take_back')
    .select(['statement', 'close'])
    .where('session_id', '=', sessionId)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const evidence = canonicalJson({ sessionId, reason: 'TAKEN_BACK', statement: row.statement, figures: {} });
  return row.close === null
    ? { outcome: 'credited', evidence }
    : { outcome: 'revised', evidence, close: sessionCloseBody.parse(JSON.parse(row.close)) };
};

/** Every record that was taken back, the latest first. */
export const takeBacksOf = async (db: Db) => {
  const rows = await db
    .selectFrom('take_back')
    .selectAll()
    .orderBy('said_at_ms', 'desc')
    .orderBy('session_id')
    .limit(1_000)
    .execute();
  return rows.map((row) => ({
    sessionId: row.session_id,
    statement: row.statement,
    isRevision: row.close !== null,
    saidBy: row.said_by,
    saidAtMs: row.said_at_ms,
    state: row.state,
    ...(row.refusal !== null && { refusal: row.refusal }),
  }));
};

const refusalIn = (failure: CallFailure): string | undefined =>
  failure.kind === 'problem' && failure.problem.status < 500 && failure.problem.status !== 429
    ? failure.problem.detail
    : undefined;

export interface TakeBacksContext {
  readonly db: Db;
  readonly gateway: Pick<GatewayClient, 'takeBack'>;
  readonly patience: Patience;
}

const AT_ONCE = 100;

/** What waits for its home to hear it, a page at a time: a home that is away holds up no other's. */
const waitingAfter = (db: Db, sessionId: string) =>
  db
    .selectFrom('take_back')
    .select(['session_id', 'statement'])
    .where('state', '=', 'waiting')
    .where('session_id', '>', sessionId)
    .orderBy('session_id')
    .limit(AT_ONCE)
    .execute();

/** Tells homes what is taken back, for as long as it takes. */
export const createTakeBacks = ({ db, gateway, patience }: TakeBacksContext) => {
  const tell = async (sessionId: string, statement: string): Promise<void> => {
    const name = parseSessionId(sessionId);
    const matter = { id: `take back ${sessionId}`, partner: name.ok ? name.value.hun : '' };
    if (!patience.isDue(matter)) return;
    const told = await gateway.takeBack(sessionId, statement);
    patience.note(matter, told, 'home was told of a record that is taken back');
    const refusal = told.ok ? undefined : refusalIn(told.failure);
    if (!told.ok && refusal === undefined) return;
    await db
      .updateTable('take_back')
      .set(refusal === undefined ? { state: 'told' } : { state: 'refused', refusal: refusal.slice(0, 500) })
      .where('session_id', '=', sessionId)
      .where('state', '=', 'waiting')
      .execute();
  };
  return serially(async (): Promise<void> => {
    let page = await waitingAfter(db, '');
    while (page.length > 0) {
      for (const row of page) await tell(row.session_id, row.statement);
      page = await waitingAfter(db, page.at(-1)?.session_id ?? '');
    }
  });
};
