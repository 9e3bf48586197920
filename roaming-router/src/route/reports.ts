import {
  canonicalJson,
  homeInterim,
  routeFinal,
  type Cdr,
  type HomeInterim,
  type JsonValue,
} from '@roamgrid/wire';
import type { Logger } from '@roamgrid/service-kit';
import type { IssuerRegistry } from '@roamgrid/service-kit/registry';
import type { HomeClient } from '../home/client.ts';
import { HomeFailure, HomeRefusal } from '../home/failure.ts';
import { findBySession, type KeptOccurrence } from '../occurrence/store.ts';
import type { Db } from '../occurrence/schema.ts';
import type { OwnAaa } from '../own/aaa.ts';
import { routerError } from '../problems.ts';

export interface ReportOptions {
  readonly db: Db;
  readonly registry: IssuerRegistry;
  readonly own: OwnAaa;
  readonly home: HomeClient;
  readonly budgetMs: number;
  readonly nowMs: () => number;
  readonly log: Logger;
}

/** What became of one try to hand over. */
type Delivery =
  | { readonly state: 'delivered'; readonly command: 'continue' | 'stop' }
  | { readonly state: 'waiting' }
  | { readonly state: 'rejected'; readonly reason: string };

interface Message {
  readonly sessionId: string;
  readonly kind: 'report' | 'final';
  readonly sequence: number;
  /** In wire form. */
  readonly body: Record<string, unknown>;
}

/** Pause before the next try: doubled each time, up to a minute. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** A home may be down for days; then the ledger's record has long said everything. */
const MAX_TRIES = 5_000;
/** Messages tried in one round. */
const ROUND = 100;

/**
 * Interim accounting on its way home (ROAM-5): written down first, then handed over; what is not taken is tried again
 * until it is. The sequence number makes a repeat harmless at both ends.
 */
export const createReports = ({ db, registry, own, home, budgetMs, nowMs, log }: ReportOptions) => {
  const handHome = async (kept: KeptOccurrence, { sessionId, kind, body }: Message): Promise<Delivery> => {
    if (kept.accessToken === null) return { state: 'rejected', reason: 'TOKEN_LOST' };
    const found = await registry.issuer(kept.hun).catch(() => undefined);
    if (found === undefined || !found.ok) return { state: 'waiting' };
    const { utility } = found.entry;
    const signal = AbortSignal.timeout(budgetMs);
    if (kind === 'final') {
      await home.final(utility, kept.accessToken, sessionId, routeFinal.parse(body).cdr, signal);
      return { state: 'delivered', command: 'stop' };
    }
    const answer = await home.report(utility, kept.accessToken, sessionId, homeInterim.parse(body), signal);
    return { state: 'delivered', command: answer.command };
  };

  const handOwn = async ({ sessionId, kind, body }: Message): Promise<Delivery> => {
    // The visited utility's own accounting gets the final record from the ledger.
    if (kind === 'final') return { state: 'delivered', command: 'stop' };
    const answer = await own.report(sessionId, homeInterim.parse(body));
    if (answer.ok) return { state: 'delivered', command: answer.value.command };
    const { failure } = answer;
    if (failure.kind === 'problem' && failure.problem.status >= 400 && failure.problem.status < 500) {
      return { state: 'rejected', reason: failure.problem.code };
    }
    return { state: 'waiting' };
  };

  const tryOnce = async (kept: KeptOccurrence, message: Message): Promise<Delivery> => {
    try {
      return await (kept.grant.authorisedBy === 'home' ? handHome(kept, message) : handOwn(message));
    } catch (thrown) {
      if (thrown instanceof HomeRefusal && thrown.status < 500 && thrown.status !== 429) {
        return { state: 'rejected', reason: thrown.error };
      }
      if (thrown instanceof HomeRefusal || thrown instanceof HomeFailure) return { state: 'waiting' };
      throw thrown;
    }
  };

  const note = async (message: Message, tries: number, delivery: Delivery): Promise<void> => {
    const gaveUp = delivery.state === 'waiting' && tries >= MAX_TRIES;
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(tries, 16), LONGEST_PAUSE_MS);
    await db.transaction().execute(async (trx) => {
      await trx
        .updateTable('outbox')
        .set({
          state: gaveUp ? 'rejected' : delivery.state,
          tries,
          next_at_ms: nowMs() + pauseMs,
          reason: delivery.state === 'rejected' ? delivery.reason : gaveUp ? 'HOME_UNREACHABLE' : null,
        })
        .where('session_id', '=', message.sessionId)
        .where('kind', '=', message.kind)
        .where('sequence', '=', message.sequence)
        .where('state', '=', 'waiting')
        .execute();
      if (delivery.state === 'delivered' && delivery.command === 'stop') {
        await trx
          .updateTable('occurrence')
          .set({ command: 'stop' })
          .where('session_id', '=', message.sessionId)
          .execute();
      }
    });
    if (delivery.state === 'rejected') {
      log.warn(
        { sessionId: message.sessionId, kind: message.kind, reason: delivery.reason },
        'a report was rejected',
      );
    }
  };

  /** Writes a message down, once. True when it is new or still waits. */
  const writeDown = async (message: Message): Promise<boolean> => {
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
        next_at_ms: nowMs() + FIRST_PAUSE_MS,
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

  const hand = async (
    message: Message,
  ): Promise<{ readonly delivered: boolean; readonly command: 'continue' | 'stop' }> => {
    const kept = await findBySession(db, message.sessionId);
    const due = await writeDown(message);
    if (!due) return { delivered: true, command: kept.command };
    const delivery = await tryOnce(kept, message);
    await note(message, 1, delivery);
    const command = delivery.state === 'delivered' && delivery.command === 'stop' ? 'stop' : kept.command;
    return { delivered: delivery.state === 'delivered', command };
  };

  return {
    report: async (sessionId: string, report: HomeInterim) => ({
      sequence: report.sequence,
      ...(await hand({
        sessionId,
        kind: 'report',
        sequence: report.sequence,
        body: homeInterim.encode(report),
      })),
    }),

    async final(sessionId: string, cdr: Cdr): Promise<void> {
      await hand({ sessionId, kind: 'final', sequence: 0, body: routeFinal.encode({ cdr }) });
      await db
        .updateTable('occurrence')
        .set({ state: 'finished' })
        .where('session_id', '=', sessionId)
        .execute();
    },

    /** One round over what waits, oldest first. */
    async retry(): Promise<void> {
      const due = await db
        .selectFrom('outbox')
        .select(['session_id', 'kind', 'sequence', 'body', 'tries'])
        .where('state', '=', 'waiting')
        .where('next_at_ms', '<=', nowMs())
        .orderBy('next_at_ms')
        .limit(ROUND)
        .execute();
      for (const row of due) {
        const message = { sessionId: row.session_id, kind: row.kind, sequence: row.sequence, body: row.body };
        await note(message, row.tries + 1, await tryOnce(await findBySession(db, row.session_id), message));
      }
    },
  };
};
