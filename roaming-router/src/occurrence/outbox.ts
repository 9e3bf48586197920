import { canonicalJson, type JsonValue } from '@roamgrid/wire';
import { routerError } from '../problems.ts';
import type { Db } from './schema.ts';

/** What is on its way to whoever authorised a session: written down first, told until it is taken or refused. */

export interface Message {
  readonly sessionId: string;
  readonly kind: 'opening' | 'report' | 'final';
  readonly sequence: number;
  /** In wire form. */
  readonly body: Record<string, unknown>;
}

/** What became of one try to hand over. */
export type Delivery =
  | { readonly state: 'delivered'; readonly command: 'continue' | 'stop' }
  | { readonly state: 'waiting' }
  | { readonly state: 'rejected'; readonly reason: string };

/** Pause before the next try: doubled each time, up to a minute. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** A home may be down for days; then the ledger's record has long said everything. */
const MAX_TRIES = 5_000;
/** Messages tried in one round. */
const ROUND = 100;

/** Writes a message down, once. True when it is new or still waits. @throws REPORT_CONFLICT for another under its number. */
export const writeDown = async (db: Db, message: Message, nowMs: number): Promise<boolean> => {
  const { sessionId, kind, sequence } = message;
  const text = canonicalJson(message.body as JsonValue);
  const { numInsertedOrUpdatedRows = 0n } = await db
    .insertInto('outbox')
    .values({
      session_id: sessionId,
      kind,
      sequence,
      body: text,
      state: 'waiting',
      tries: 0,
      next_at_ms: nowMs + FIRST_PAUSE_MS,
      reason: null,
    })
    .onConflict((conflict) => conflict.columns(['session_id', 'kind', 'sequence']).doNothing())
    .executeTakeFirstOrThrow();
  if (numInsertedOrUpdatedRows === 1n) return true;
  const before = await db
    .selectFrom('outbox')
    .select(['body', 'state'])
    .where('session_id', '=', sessionId)
    .where('kind', '=', kind)
    .where('sequence', '=', sequence)
    .executeTakeFirstOrThrow();
  if (canonicalJson(before.body as JsonValue) !== text) {
    throw routerError('REPORT_CONFLICT', `${kind} ${sequence} of this session reads otherwise`);
  }
  return before.state === 'waiting';
};

/** Notes what became of a message. An order to stop is the session's from then on. */
export const noteDelivery = (
  db: Db,
  { sessionId, kind, sequence }: Message,
  tries: number,
  delivery: Delivery,
  nowMs: number,
): Promise<void> => {
  const gaveUp = delivery.state === 'waiting' && tries >= MAX_TRIES;
  const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(tries, 16), LONGEST_PAUSE_MS);
  return db.transaction().execute(async (trx) => {
    await trx
      .updateTable('outbox')
      .set({
        state: gaveUp ? 'rejected' : delivery.state,
        tries,
        next_at_ms: nowMs + pauseMs,
        reason: delivery.state === 'rejected' ? delivery.reason : gaveUp ? 'HOME_UNREACHABLE' : null,
      })
      .where('session_id', '=', sessionId)
      .where('kind', '=', kind)
      .where('sequence', '=', sequence)
      .where('state', '=', 'waiting')
      .execute();
    if (delivery.state === 'delivered' && delivery.command === 'stop') {
      await trx
        .updateTable('occurrence')
        .set({ command: 'stop' })
        .where('session_id', '=', sessionId)
        .execute();
    }
  });
};

/** What is due to be told again, oldest first. */
export const dueMessages = async (
  db: Db,
  nowMs: number,
): Promise<readonly (Message & { readonly tries: number })[]> => {
  const due = await db
    .selectFrom('outbox')
    .select(['session_id', 'kind', 'sequence', 'body', 'tries'])
    .where('state', '=', 'waiting')
    .where('next_at_ms', '<=', nowMs)
    .orderBy('next_at_ms')
    .limit(ROUND)
    .execute();
  return due.map(({ session_id: sessionId, ...rest }) => ({ sessionId, ...rest }));
};
