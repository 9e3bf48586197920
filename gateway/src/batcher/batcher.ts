import type { Logger } from '@roamgrid/service-kit';
import { laneOf, laneParts, type LedgerErrorCode } from '@roamgrid/wire';
import type { Kysely, Transaction } from 'kysely';
import type { Registry as MetricsRegistry } from 'prom-client';
import type { Ledger } from '../ledger/ledger.ts';
import type { Registry } from '../registry/registry.ts';
import type { GatewayDb } from '../store/schema.ts';
import { EndWork } from './end-work.ts';
import { acceptFact, type FactKind, type NewFact, type QueuedFact } from './facts.ts';
import { batcherMetrics } from './metrics.ts';
import { NoteWork } from './note-work.ts';
import { OpenWork } from './open-work.ts';
import { parkedFacts, unpark, unparkDue, type ParkedFact, type Retold } from './parking.ts';
import { Queue, type QueueContext, type QueueLimits, type TellStep } from './queue.ts';
import { Recovery } from './recovery.ts';
import type { ToldFact, Work, WorkContext } from './work.ts';

export interface BatcherLimits extends QueueLimits {
  readonly maxBytes: number;
  /** How long the oldest opening, note or end waits for company. */
  readonly openWaitMs: number;
  readonly noteWaitMs: number;
  readonly maxWaitMs: number;
  readonly recordBoundMs: number;
  readonly claimAfterPpm: number;
}

export interface BatcherOptions {
  readonly utilityId: string;
  readonly db: Kysely<GatewayDb>;
  readonly ledger: Ledger;
  readonly registry: Registry;
  readonly logger: Logger;
  readonly limits: BatcherLimits;
  /** Waits, for a bounded time, until the read model holds a block. */
  readonly readUpTo: (blockNumber: bigint) => Promise<void>;
  readonly metrics?: MetricsRegistry;
  readonly nowMs?: () => number;
  /** Time of proposals, which the contracts judge bounds by; the wall clock's unless a simulation brings its own. */
  readonly ledgerNowMs?: () => number;
  /** Called at the moments between which a crash must lose nothing; for tests. */
  readonly onStep?: (step: TellStep) => void;
}

/** How the opening record of a session stands. */
export type OpeningState = 'committed' | 'waiting' | 'overdue' | 'refused';

type Accept = <K extends FactKind>(fact: NewFact<K>) => Promise<void>;

/**
 * The way of accepted facts to the ledger. Whoever accepts one writes it as a row in the same SQL transaction as
 * everything else that it accepted; queues tell the rows to the ledger in batches.
 */
export class Batcher {
  readonly #options: BatcherOptions;
  readonly #queueContext: QueueContext;
  readonly #workContext: WorkContext;
  readonly #recovery: Recovery;
  readonly #queues = new Map<string, { readonly queue: Queue; readonly work: Work }>();
  /** Sessions whose opening is not on the ledger: accepted when, or refused why. */
  readonly #openings = new Map<string, { acceptedAtMs: number } | { refused: string }>();
  #stopped = false;

  constructor(options: BatcherOptions) {
    const { utilityId, db, ledger, registry, logger, limits, readUpTo } = options;
    const nowMs = options.nowMs ?? Date.now;
    this.#options = options;
    this.#recovery = new Recovery({ utilityId, db, ledger, registry, readUpTo });
    this.#workContext = { utilityId, registry, maxBytes: limits.maxBytes, db, logger, nowMs };
    const told = options.metrics && batcherMetrics(options.metrics, this);
    this.#queueContext = {
      db,
      ledger,
      logger,
      limits,
      nowMs,
      onStep: options.onStep ?? (() => undefined),
      onSettled: (facts, refusal) => {
        this.#settled(facts, refusal);
      },
      onTold: (kind, items, tookMs) => {
        told?.items.observe({ kind }, items);
        told?.seconds.observe({ kind }, tookMs / 1000);
      },
    };
  }

  /** Takes up what an earlier run of the process left. */
  async start(): Promise<void> {
    const { db } = this.#options;
    const openings = await db
      .selectFrom('fact')
      .innerJoin('charge', 'charge.session_id', 'fact.session_id')
      .select(['fact.session_id', 'fact.state', 'accepted_at_ms', 'refusal_code'])
      .where('fact.kind', '=', 'open')
      .where('fact.state', '!=', 'committed')
      .where('charge.state', 'in', ['starting', 'charging', 'ending'])
      .execute();
    for (const row of openings) {
      this.#openings.set(
        row.session_id,
        row.state === 'parked'
          ? { refused: row.refusal_code ?? 'INTERNAL' }
          : { acceptedAtMs: Number(row.accepted_at_ms) },
      );
    }
    const waiting = await db
      .selectFrom('fact')
      .select(['queue', 'lane_id'])
      .distinct()
      .where('state', 'in', ['pending', 'formed'])
      .execute();
    for (const { queue, lane_id } of waiting) this.#wake({ queue, laneId: lane_id });
  }

  /** Runs the caller's SQL transaction, in which facts can be accepted; wakes their queues once it is committed. */
  async accepting<T>(work: (trx: Transaction<GatewayDb>, accept: Accept) => Promise<T>): Promise<T> {
    const { db } = this.#options;
    const nowMs = this.#workContext.nowMs();
    const queued: QueuedFact[] = [];
    const opened: string[] = [];
    const result = await db.transaction().execute((trx) =>
      work(trx, async (fact) => {
        queued.push(await acceptFact(trx, fact, nowMs));
        if (fact.kind === 'open') opened.push(fact.sessionId);
      }),
    );
    for (const sessionId of opened) {
      if (!this.#openings.has(sessionId)) this.#openings.set(sessionId, { acceptedAtMs: nowMs });
    }
    for (const each of queued) this.#wake(each);
    return result;
  }

  #wake({ queue: name, laneId }: QueuedFact): void {
    if (this.#stopped) return;
    let known = this.#queues.get(name);
    if (known === undefined) {
      const work = this.#workOf(name);
      if (work instanceof EndWork) work.addLane(laneId);
      known = { queue: new Queue(this.#queueContext, name, work), work };
      this.#queues.set(name, known);
    }
    if (known.work instanceof EndWork) known.work.addLane(laneId);
    known.queue.wake();
  }

  #workOf(name: string): Work {
    const { limits, ledgerNowMs = Date.now } = this.#options;
    if (name.startsWith('open/')) return new OpenWork(this.#workContext, name, limits.openWaitMs);
    if (name.startsWith('note/')) return new NoteWork(this.#workContext, name, limits.noteWaitMs);
    return new EndWork(
      {
        ...this.#workContext,
        recovery: this.#recovery,
        ledgerNowMs,
        claimAfterPpm: limits.claimAfterPpm,
        waitMs: limits.maxWaitMs,
      },
      name,
    );
  }

  #wakeThose(which: (queue: string) => boolean): void {
    for (const [name, { queue }] of this.#queues) if (which(name)) queue.wake();
  }

  #settled(facts: readonly ToldFact[], refusal: LedgerErrorCode | undefined): void {
    const opened = facts.filter(({ kind }) => kind === 'open').map(({ sessionId }) => sessionId);
    for (const sessionId of opened) {
      if (refusal === undefined) this.#openings.delete(sessionId);
      else this.#openings.set(sessionId, { refused: refusal });
    }
    // Notes and ends wait for the opening of their session.
    const lanes = new Set(opened.map(laneOf));
    for (const laneId of lanes) {
      const { group } = laneParts(laneId);
      this.#wakeThose((queue) => queue === `note/${laneId}` || queue === `end/${group}`);
    }
  }

  /** Whether a session's opening is on the ledger; a session that is not asked about for ever is forgotten. */
  openingOf(sessionId: string): OpeningState {
    const state = this.#openings.get(sessionId);
    if (state === undefined) return 'committed';
    if ('refused' in state) return 'refused';
    return this.#workContext.nowMs() - state.acceptedAtMs > this.#options.limits.recordBoundMs
      ? 'overdue'
      : 'waiting';
  }

  forget(sessionId: string): void {
    const state = this.#openings.get(sessionId);
    if (state !== undefined && 'refused' in state) this.#openings.delete(sessionId);
  }

  /** Age of the oldest opening that waits, ms; above the bound nothing new may start. */
  get lagMs(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const state of this.#openings.values()) {
      if ('acceptedAtMs' in state) oldest = Math.min(oldest, state.acceptedAtMs);
    }
    return oldest === Number.POSITIVE_INFINITY ? 0 : Math.max(0, this.#workContext.nowMs() - oldest);
  }

  get isBehind(): boolean {
    return this.lagMs > this.#options.limits.recordBoundMs;
  }

  /** Facts by state that are not on the ledger. */
  async depth(): Promise<{ readonly waiting: number; readonly parked: number }> {
    const rows = await this.#options.db
      .selectFrom('fact')
      .select(({ fn }) => ['state', fn.countAll<bigint>().as('facts')])
      .where('state', '!=', 'committed')
      .groupBy('state')
      .execute();
    const count = (states: readonly string[]) =>
      rows.filter(({ state }) => states.includes(state)).reduce((sum, { facts }) => sum + Number(facts), 0);
    return { waiting: count(['pending', 'formed']), parked: count(['parked']) };
  }

  /** Facts that the ledger refused and that wait for people. */
  parked(after: bigint, limit: number): Promise<readonly ParkedFact[]> {
    return parkedFacts(this.#options.db, after, limit);
  }

  /** Has one parked fact told again, or all of them. @returns how many. */
  async retell(factId?: bigint): Promise<number> {
    return this.#takeUp(await unpark(this.#options.db, factId));
  }

  /** Has parked facts told again whose pause is over. @returns how many. */
  async retellDue(): Promise<number> {
    return this.#takeUp(await unparkDue(this.#options.db, this.#workContext.nowMs()));
  }

  #takeUp(retold: readonly Retold[]): number {
    const acceptedAtMs = this.#workContext.nowMs();
    for (const { kind, sessionId, ...queued } of retold) {
      if (kind === 'open' && this.#openings.has(sessionId)) this.#openings.set(sessionId, { acceptedAtMs });
      this.#wake(queued);
    }
    return retold.length;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([...this.#queues.values()].map(({ queue }) => queue.stop()));
  }
}
