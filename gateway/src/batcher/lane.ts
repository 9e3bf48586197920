import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@roamgrid/service-kit';
import type { LedgerErrorCode } from '@roamgrid/wire';
import type { Kysely, Transaction } from 'kysely';
import { LedgerRefusal } from '../ledger/errors.ts';
import type { Committed, Ledger } from '../ledger/ledger.ts';
import type { GatewayDb } from '../store/schema.ts';
import { findFormed, keepCommitted, keepFormed, type StoredCommand } from './commands.ts';
import { nextDeferredMs, refuseOrphans, waitingFacts, type FactKind, type WaitingFact } from './facts.ts';
import { formClose, formOpen, formRecord, formSoc, type FormContext, type Formed } from './form.ts';
import { lockSequence, setSequence } from './pair-sequence.ts';

export interface LaneLimits {
  readonly maxItems: number;
  /** A command goes off when its oldest fact has waited so long, full or not. */
  readonly maxWaitMs: number;
  readonly retryPauseMs: number;
}

/** Moments at which a crash must lose nothing; for tests. */
export type LaneStep = 'formed' | 'submitted' | 'settled';

export interface LaneContext extends FormContext {
  readonly db: Kysely<GatewayDb>;
  readonly ledger: Ledger;
  readonly logger: Logger;
  readonly limits: LaneLimits;
  readonly nowMs: () => number;
  readonly onStep: (step: LaneStep) => void;
  /** After facts were committed or refused. */
  readonly onSettled: (
    kind: FactKind,
    sessionIds: readonly string[],
    refusal: LedgerErrorCode | undefined,
  ) => void;
  readonly onTold: (kind: FactKind, items: number, tookMs: number) => void;
}

/** Refusals that time or an operator may cure: the fact is put aside and told again. */
const CURABLE: ReadonlySet<LedgerErrorCode> = new Set(['CLOCK_SKEW', 'FORBIDDEN', 'NOT_FOUND']);

/** A fact that was put aside so often is refused for good. */
const MAX_ATTEMPTS = 12;
const DEFER_MS = 500;
const MAX_DEFER_MS = 60_000;

const MAX_DOUBLINGS = 5;

/**
 * Tells the facts of one lane to the ledger, one command at a time. A command is a row before it is told, and it is
 * told with the same id until its outcome is known: after a crash at any point nothing is lost and nothing counts twice.
 */
export class Lane {
  readonly #context: LaneContext;
  readonly #name: string;
  readonly #kind: FactKind;
  #size: number;
  #wake: (() => void) | undefined;
  #woken = false;
  #stopped = false;
  #running: Promise<void>;
  /** Commands of which a telling may still be under way: a refusal does not settle them at once. */
  readonly #doubtful = new Set<string>();

  constructor(context: LaneContext, name: string) {
    this.#context = context;
    this.#name = name;
    this.#kind = name.slice(0, name.indexOf('/')) as FactKind;
    this.#size = context.limits.maxItems;
    this.#running = this.#run();
  }

  wake(): void {
    this.#woken = true;
    this.#wake?.();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { db, logger, limits } = this.#context;
    let failures = 0;
    let recovered = true;
    while (!this.#stopped) {
      try {
        const stored = (await findFormed(db, this.#name)) ?? (await this.#form());
        if (stored === undefined) {
          recovered = false;
          await this.#rest();
          continue;
        }
        if (recovered) this.#doubtful.add(stored.commandId);
        recovered = false;
        await this.#tell(stored);
        failures = 0;
      } catch (thrown) {
        failures += 1;
        logger.warn({ err: thrown, lane: this.#name, failures }, 'the ledger was not told; it will be again');
        await this.#pause(limits.retryPauseMs * 2 ** Math.min(failures - 1, MAX_DOUBLINGS));
      }
    }
  }

  /** Until something is accepted, or a fact that was put aside is due. */
  async #rest(): Promise<void> {
    const dueMs = await nextDeferredMs(this.#context.db, this.#name);
    if (!this.#woken && !this.#stopped) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        if (dueMs !== undefined) timer = setTimeout(resolve, Math.max(10, dueMs - this.#context.nowMs()));
      });
      clearTimeout(timer);
      this.#wake = undefined;
    }
    this.#woken = false;
  }

  async #pause(forMs: number): Promise<void> {
    const untilMs = Date.now() + forMs;
    while (!this.#stopped && Date.now() < untilMs) await sleep(Math.min(50, untilMs - Date.now()));
  }

  /** Forms the next command from what waits, when it is full or its oldest fact has waited long enough. */
  async #form(): Promise<StoredCommand | undefined> {
    const { db, limits, nowMs } = this.#context;
    if (this.#kind === 'close' || this.#kind === 'soc') await refuseOrphans(db, this.#name);
    const oldest = await this.#oldest();
    if (oldest === undefined) return undefined;
    const waitMs = oldest.acceptedAtMs + limits.maxWaitMs - nowMs();
    if (oldest.count < this.#size && waitMs > 0) await this.#pause(Math.min(waitMs, limits.maxWaitMs));
    const stored = await db.transaction().execute((trx) => this.#formIn(trx));
    if (stored !== undefined) this.#context.onStep('formed');
    return stored;
  }

  async #oldest(): Promise<{ acceptedAtMs: number; count: number } | undefined> {
    return this.#context.db.transaction().execute(async (trx) => {
      const facts = await this.#waiting(trx, this.#kind);
      const [first] = facts;
      return first === undefined ? undefined : { acceptedAtMs: first.acceptedAtMs, count: facts.length };
    });
  }

  async #formIn(trx: Transaction<GatewayDb>): Promise<StoredCommand | undefined> {
    const { formed, unfit } = await this.#formKind(trx);
    for (const { factId, code, text } of unfit) {
      await trx
        .updateTable('fact')
        .set({ state: 'refused', refusal_code: code, refusal_text: text })
        .where('fact_id', '=', factId)
        .execute();
      this.#context.logger.error(
        { lane: this.#name, factId, code, text },
        'a fact cannot be told to the ledger',
      );
    }
    if (formed === undefined) return undefined;
    await keepFormed(trx, this.#name, formed, this.#context.nowMs());
    return formed;
  }

  #waiting<K extends FactKind>(trx: Transaction<GatewayDb>, kind: K): Promise<WaitingFact<K>[]> {
    return waitingFacts(trx, kind, this.#name, this.#size, this.#context.nowMs());
  }

  async #formKind(trx: Transaction<GatewayDb>): Promise<Formed> {
    const context = this.#context;
    switch (this.#kind) {
      case 'open':
        return formOpen(context, await this.#waiting(trx, 'open'));
      case 'record':
        return formRecord(context, await this.#waiting(trx, 'record'));
      case 'soc':
        return formSoc(context, await this.#waiting(trx, 'soc'));
      case 'close': {
        const hun = this.#name.slice('close/'.length);
        const from = await lockSequence(trx, this.#context.utilityId, hun);
        const formed = formClose(context, await this.#waiting(trx, 'close'), from);
        await setSequence(trx, hun, formed.nextSequence);
        return formed;
      }
    }
  }

  async #tell(stored: StoredCommand): Promise<void> {
    const { ledger, onStep, onTold } = this.#context;
    const startedMs = performance.now();
    let committed: Committed;
    try {
      committed = await ledger.submit(stored.command);
    } catch (thrown) {
      if (!(thrown instanceof LedgerRefusal)) {
        // It may have been submitted all the same.
        this.#doubtful.add(stored.commandId);
        throw thrown;
      }
      if (this.#doubtful.delete(stored.commandId)) {
        // An earlier telling may be in a block by now; then this one would have had its receipt. Once more, later.
        await this.#pause(this.#context.limits.retryPauseMs * 4);
        throw thrown;
      }
      await this.#refused(stored, thrown);
      return;
    }
    onStep('submitted');
    this.#doubtful.delete(stored.commandId);
    const items = await this.#committed(stored, committed);
    onStep('settled');
    onTold(this.#kind, items, performance.now() - startedMs);
    this.#size = Math.min(this.#context.limits.maxItems, this.#size * 2);
  }

  async #committed({ commandId }: StoredCommand, committed: Committed): Promise<number> {
    const sessionIds = await keepCommitted(this.#context.db, commandId, committed);
    this.#context.onSettled(this.#kind, sessionIds, undefined);
    return sessionIds.length;
  }

  /**
   * The contract refused. Many facts are told again in halves until the bad one stands alone; that one is put aside for
   * a while when time may cure it, or else given up.
   */
  async #refused({ commandId }: StoredCommand, refusal: LedgerRefusal): Promise<void> {
    const { db, logger, onSettled } = this.#context;
    const { code, message } = refusal;
    const { sessions, isGivenUp } = await db.transaction().execute(async (trx) => {
      await trx
        .updateTable('ledger_command')
        .set({ state: 'refused', refusal_code: code, refusal_text: message, transient: '{}' })
        .where('command_id', '=', commandId)
        .execute();
      const facts = await trx
        .selectFrom('fact')
        .select(['session_id', 'attempts'])
        .where('command_id', '=', commandId)
        .execute();
      const [first] = facts;
      const attempts = facts.length === 1 ? (first?.attempts ?? 0) + 1 : 0;
      const giveUp = attempts > (CURABLE.has(code) ? MAX_ATTEMPTS : 0);
      await trx
        .updateTable('fact')
        .set(
          giveUp ? { state: 'refused', refusal_code: code, refusal_text: message } : this.#putAside(attempts),
        )
        .where('command_id', '=', commandId)
        .execute();
      if (this.#kind === 'close') {
        // Nothing was written under these numbers, and no later ones are given while a command is under way.
        const hun = this.#name.slice('close/'.length);
        await setSequence(trx, hun, (await lockSequence(trx, this.#context.utilityId, hun)) - facts.length);
      }
      return { sessions: facts.map(({ session_id }) => session_id), isGivenUp: giveUp };
    });
    logger.error(
      { lane: this.#name, code, detail: message, items: sessions.length },
      'the ledger refused a command',
    );
    if (sessions.length > 1) this.#size = Math.max(1, Math.floor(sessions.length / 2));
    if (isGivenUp) onSettled(this.#kind, sessions, code);
  }

  /** Back among those that wait; one that was told alone waits longer each time. */
  #putAside(attempts: number) {
    const waitMs = attempts === 0 ? 0 : Math.min(MAX_DEFER_MS, DEFER_MS * 2 ** attempts);
    const notBeforeMs = attempts === 0 ? 0n : BigInt(this.#context.nowMs() + waitMs);
    return { state: 'pending', command_id: null, attempts, not_before_ms: notBeforeMs } as const;
  }
}
