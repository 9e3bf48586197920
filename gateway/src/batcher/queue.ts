import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@roamgrid/service-kit';
import type { LedgerErrorCode } from '@roamgrid/wire';
import type { Kysely, Transaction } from 'kysely';
import { LedgerRefusal, LedgerUnavailable } from '../ledger/errors.ts';
import type { Committed, Ledger } from '../ledger/ledger.ts';
import type { GatewayDb } from '../store/schema.ts';
import { findFormed, keepCommitted, keepFormed, withdraw, type StoredCommand } from './commands.ts';
import { keepRefused, park } from './parking.ts';
import { restMs } from './rest.ts';
import type { ToldFact, Waiting, Work } from './work.ts';

export interface QueueLimits {
  readonly maxItems: number;
  readonly retryPauseMs: number;
  /** How often a fact is put aside for a refusal that may pass, before it is parked. */
  readonly attempts: number;
  /** The pause before a parked fact is told again, doubled each time. */
  readonly retellAfterMs: number;
}

/** Moments at which a crash must lose nothing; for tests. */
export type TellStep = 'formed' | 'submitted' | 'settled';

export interface QueueContext {
  readonly db: Kysely<GatewayDb>;
  readonly ledger: Ledger;
  readonly logger: Logger;
  readonly limits: QueueLimits;
  readonly nowMs: () => number;
  readonly onStep: (step: TellStep) => void;
  /** After facts were committed, or parked because of a refusal. */
  readonly onSettled: (facts: readonly ToldFact[], refusal: LedgerErrorCode | undefined) => void;
  readonly onTold: (verb: string, items: number, tookMs: number) => void;
}

/** Refusals that an endorser which is a block behind gives too: the same command is told again a few times at once. */
const MAY_LAG: ReadonlySet<LedgerErrorCode> = new Set(['HASH_MISMATCH', 'NOT_FOUND']);
const LAG_TRIES = 5;
const LAG_PAUSE_MS = 40;

const MAX_DOUBLINGS = 5;

/**
 * Tells the facts of one queue to the ledger, one command at a time. A command is a row before it is told, and it is
 * told with the same id until its outcome is known: after a crash at any point nothing is lost and nothing counts twice.
 */
export class Queue {
  readonly #context: QueueContext;
  readonly #name: string;
  readonly #work: Work;
  #size: number;
  #wake: (() => void) | undefined;
  #woken = false;
  #stopped = false;
  #running: Promise<void>;
  /** Commands of which a telling may still be under way: a refusal does not settle them at once. */
  readonly #doubtful = new Set<string>();
  #lags = 0;

  constructor(context: QueueContext, name: string, work: Work) {
    this.#context = context;
    this.#name = name;
    this.#work = work;
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
        logger.warn(
          { err: thrown, queue: this.#name, failures },
          'the ledger was not told; it will be again',
        );
        await this.#pause(limits.retryPauseMs * 2 ** Math.min(failures - 1, MAX_DOUBLINGS));
      }
    }
  }

  /** Until something is accepted, or is due. */
  async #rest(): Promise<void> {
    const dueMs = this.#woken ? undefined : await this.#work.nextDueMs();
    if (!this.#woken && !this.#stopped) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        if (dueMs !== undefined) timer = setTimeout(resolve, restMs(dueMs, this.#context.nowMs()));
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
    const { db, nowMs } = this.#context;
    const waiting: Waiting | undefined = await this.#work.peek(this.#size);
    if (waiting === undefined) return undefined;
    const leftMs = waiting.acceptedAtMs + waiting.waitMs - nowMs();
    if (waiting.count < this.#size && leftMs > 0) await this.#pause(Math.min(leftMs, waiting.waitMs));
    const stored = await db.transaction().execute((trx) => this.#formIn(trx));
    if (stored !== undefined) this.#context.onStep('formed');
    return stored;
  }

  #parkedAt(): { readonly nowMs: number; readonly retellAfterMs: number } {
    const { nowMs, limits } = this.#context;
    return { nowMs: nowMs(), retellAfterMs: limits.retellAfterMs };
  }

  async #formIn(trx: Transaction<GatewayDb>): Promise<StoredCommand | undefined> {
    const { formed, unfit } = await this.#work.form(trx, this.#size);
    for (const { factId, code, text } of unfit) {
      await park(trx, [factId], { code, text }, this.#parkedAt());
      this.#context.logger.error(
        { queue: this.#name, factId, code, text },
        'a fact cannot be told to the ledger',
      );
    }
    if (formed === undefined) return undefined;
    await keepFormed(trx, this.#name, formed, this.#context.nowMs());
    return formed;
  }

  async #tell(stored: StoredCommand): Promise<void> {
    const { db, ledger, onStep, onTold } = this.#context;
    const startedMs = performance.now();
    let committed: Committed;
    try {
      committed = await ledger.submit(stored.command, this.#work.limits);
    } catch (thrown) {
      await this.#notTold(stored, thrown);
      return;
    }
    onStep('submitted');
    this.#doubtful.delete(stored.commandId);
    this.#lags = 0;
    const facts = await db.transaction().execute(async (trx) => {
      const told = await keepCommitted(trx, stored.commandId, committed);
      await this.#work.committed(trx, stored, told);
      return told;
    });
    this.#context.onSettled(facts, undefined);
    onStep('settled');
    onTold(stored.command.transaction, facts.length, performance.now() - startedMs);
    this.#size = Math.min(this.#context.limits.maxItems, this.#size * 2);
  }

  async #notTold(stored: StoredCommand, thrown: unknown): Promise<void> {
    if (thrown instanceof LedgerUnavailable && this.#work.unavailable(stored)) {
      await this.#withdraw(stored);
      this.#context.logger.warn(
        { err: thrown, queue: this.#name, commandId: stored.commandId },
        'the ledger was not told; others go first',
      );
      return;
    }
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
    const { code } = thrown;
    const mayLag = MAY_LAG.has(code) && this.#lags < LAG_TRIES;
    if (await this.#work.refresh(code, !mayLag)) {
      this.#lags = 0;
      await this.#withdraw(stored);
      return;
    }
    if (mayLag) {
      await this.#pause(LAG_PAUSE_MS * 2 ** this.#lags);
      this.#lags += 1;
      return;
    }
    this.#lags = 0;
    await this.#refused(stored, thrown);
  }

  async #withdraw(stored: StoredCommand): Promise<void> {
    await this.#context.db.transaction().execute((trx) => withdraw(trx, stored.commandId));
    this.#doubtful.delete(stored.commandId);
  }

  /**
   * The contract refused. Many facts are told again in halves until the bad one stands alone; that one is put aside for
   * a while when something may cure it, or else parked.
   */
  async #refused(stored: StoredCommand, refusal: LedgerRefusal): Promise<void> {
    const { db, logger, onSettled, limits } = this.#context;
    const { code, message } = refusal;
    const { facts, isParked } = await db
      .transaction()
      .execute((trx) =>
        keepRefused(
          trx,
          stored.commandId,
          { code, message },
          { ...this.#parkedAt(), attempts: limits.attempts },
        ),
      );
    logger.error(
      { queue: this.#name, code, detail: message, items: facts.length },
      'the ledger refused a command',
    );
    if (facts.length > 1) this.#size = Math.max(1, Math.floor(facts.length / 2));
    if (isParked) onSettled(facts, code);
  }
}
