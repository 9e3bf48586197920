import { homeConsent, homeInterim, routeFinal, type Cdr, type HomeInterim } from '@roamgrid/wire';
import type { Logger } from '@roamgrid/service-kit';
import type { IssuerRegistry } from '@roamgrid/service-kit/registry';
import type { HomeClient } from '../home/client.ts';
import { HomeFailure, HomeRefusal } from '../home/failure.ts';
import { dueMessages, noteDelivery, writeDown, type Delivery, type Message } from '../occurrence/outbox.ts';
import { findConsented, type KeptOccurrence } from '../occurrence/store.ts';
import type { Db } from '../occurrence/schema.ts';
import type { OwnAaa } from '../own/aaa.ts';
import type { Openings } from './openings.ts';

export interface ReportOptions {
  readonly db: Db;
  readonly registry: IssuerRegistry;
  readonly own: OwnAaa;
  readonly home: HomeClient;
  readonly openings: Openings;
  readonly budgetMs: number;
  readonly nowMs: () => number;
  readonly log: Logger;
}

/**
 * Interim accounting on its way home (ROAM-5), and openings that home was silent about: written down first, then handed
 * over; what is not taken is tried again until it is. The sequence number makes a repeat harmless at both ends.
 */
export const createReports = (options: ReportOptions) => {
  const { db, registry, own, home, openings, budgetMs, nowMs, log } = options;

  const handOpening = async (kept: KeptOccurrence, { body }: Message): Promise<Delivery> => {
    // Whoever brought the consent again may have been told meanwhile.
    if (kept.opening === 'taken') return { state: 'delivered', command: 'continue' };
    if (kept.refusal !== undefined) return { state: 'rejected', reason: kept.refusal.code };
    const found = await registry.issuer(kept.hun).catch(() => undefined);
    if (found === undefined || !found.ok) return { state: 'waiting' };
    const said = await openings.tell(found.entry.utility, kept, homeConsent.parse(body));
    if (said.outcome === 'refused') return { state: 'rejected', reason: said.code };
    return said.outcome === 'taken' ? { state: 'delivered', command: 'continue' } : { state: 'waiting' };
  };

  const handHome = async (kept: KeptOccurrence, { sessionId, kind, body }: Message): Promise<Delivery> => {
    // Home counts nothing of a session that it has not let open.
    if (kept.opening === 'waiting') return { state: 'waiting' };
    if (kept.opening === 'refused') return { state: 'rejected', reason: 'OPENING_REFUSED' };
    const found = await registry.issuer(kept.hun).catch(() => undefined);
    if (found === undefined || !found.ok) return { state: 'waiting' };
    const { utility } = found.entry;
    const signal = AbortSignal.timeout(budgetMs);
    const token = kept.accessToken ?? (await openings.fetchToken(utility, kept, signal));
    if (token === null) return { state: 'rejected', reason: 'TOKEN_LOST' };
    if (kind === 'final') {
      await home.final(utility, token, sessionId, routeFinal.parse(body).cdr, signal);
      return { state: 'delivered', command: 'stop' };
    }
    const answer = await home.report(utility, token, sessionId, homeInterim.parse(body), signal);
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
      if (message.kind === 'opening') return await handOpening(kept, message);
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
    await noteDelivery(db, message, tries, delivery, nowMs());
    if (delivery.state === 'rejected') {
      const { sessionId, kind } = message;
      log.warn({ sessionId, kind, reason: delivery.reason }, 'what was told was rejected');
    }
  };

  const hand = async (
    message: Message,
  ): Promise<{ readonly delivered: boolean; readonly command: 'continue' | 'stop' }> => {
    const kept = await findConsented(db, message.sessionId);
    const due = await writeDown(db, message, nowMs());
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
      for (const { tries, ...message } of await dueMessages(db, nowMs())) {
        const kept = await findConsented(db, message.sessionId);
        await note(message, tries + 1, await tryOnce(kept, message));
      }
    },
  };
};
