import type { Logger } from '@roamgrid/service-kit';
import type { LedgerErrorCode } from '@roamgrid/wire';
import type { Kysely, Transaction } from 'kysely';
import { Gauge, Histogram, type Registry as MetricsRegistry } from 'prom-client';
import type { Ledger } from '../ledger/ledger.ts';
import type { Registry } from '../registry/registry.ts';
import type { GatewayDb } from '../store/schema.ts';
import { acceptFact, type FactKind } from './facts.ts';
import { Lane, type LaneContext, type LaneLimits, type LaneStep } from './lane.ts';

export interface BatcherOptions {
  readonly utilityId: string;
  readonly db: Kysely<GatewayDb>;
  readonly ledger: Ledger;
  readonly registry: Registry;
  readonly logger: Logger;
  readonly limits: LaneLimits & { readonly maxBytes: number; readonly recordBoundMs: number };
  readonly metrics?: MetricsRegistry;
  readonly nowMs?: () => number;
  /** Called at the moments between which a crash must lose nothing; for tests. */
  readonly onStep?: (step: LaneStep) => void;
}

/** How the opening record of a session stands. */
export type OpeningState = 'committed' | 'waiting' | 'overdue' | 'refused';

type Accept = <K extends FactKind>(
  kind: K,
  sessionId: string,
  payload: Parameters<typeof acceptFact<K>>[3],
) => Promise<void>;

/**
 * The way of accepted facts to the ledger. Whoever accepts one writes it as a row in the same SQL transaction as
 * everything else that it accepted; lanes tell the rows to the ledger in batches.
 */
export class Batcher {
  readonly #options: BatcherOptions;
  readonly #context: LaneContext;
  readonly #lanes = new Map<string, Lane>();
  /** Sessions whose opening is not on the ledger: accepted when, or refused why. */
  readonly #openings = new Map<string, { acceptedAtMs: number } | { refused: string }>();
  #stopped = false;

  constructor(options: BatcherOptions) {
    this.#options = options;
    const told = options.metrics && tellingMetrics(options.metrics, this);
    this.#context = {
      utilityId: options.utilityId,
      registry: options.registry,
      maxBytes: options.limits.maxBytes,
      db: options.db,
      ledger: options.ledger,
      logger: options.logger,
      limits: options.limits,
      nowMs: options.nowMs ?? Date.now,
      onStep: options.onStep ?? (() => undefined),
      onSettled: (kind, sessionIds, refusal) => {
        this.#settled(kind, sessionIds, refusal);
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
      .where('charge.state', 'in', ['starting', 'charging'])
      .execute();
    for (const row of openings) {
      this.#openings.set(
        row.session_id,
        row.state === 'refused'
          ? { refused: row.refusal_code ?? 'INTERNAL' }
          : { acceptedAtMs: Number(row.accepted_at_ms) },
      );
    }
    const lanes = await db
      .selectFrom('fact')
      .select('lane')
      .distinct()
      .where('state', 'in', ['pending', 'formed'])
      .execute();
    for (const { lane } of lanes) this.#wake(lane);
  }

  /** Runs the caller's SQL transaction, in which facts can be accepted; wakes their lanes once it is committed. */
  async accepting<T>(work: (trx: Transaction<GatewayDb>, accept: Accept) => Promise<T>): Promise<T> {
    const { db } = this.#options;
    const nowMs = this.#context.nowMs();
    const lanes = new Set<string>();
    const opened: string[] = [];
    const result = await db.transaction().execute((trx) =>
      work(trx, async (kind, sessionId, payload) => {
        lanes.add(await acceptFact(trx, kind, sessionId, payload, nowMs));
        if (kind === 'open') opened.push(sessionId);
      }),
    );
    for (const sessionId of opened) {
      if (!this.#openings.has(sessionId)) this.#openings.set(sessionId, { acceptedAtMs: nowMs });
    }
    for (const lane of lanes) this.#wake(lane);
    return result;
  }

  #wake(lane: string): void {
    if (this.#stopped) return;
    let known = this.#lanes.get(lane);
    if (known === undefined) {
      known = new Lane(this.#context, lane);
      this.#lanes.set(lane, known);
    }
    known.wake();
  }

  #settled(kind: FactKind, sessionIds: readonly string[], refusal: LedgerErrorCode | undefined): void {
    if (kind !== 'open') return;
    for (const sessionId of sessionIds) {
      if (refusal === undefined) this.#openings.delete(sessionId);
      else this.#openings.set(sessionId, { refused: refusal });
    }
    // Closes and states of charge wait for the opening of their session.
    for (const [name, lane] of this.#lanes) {
      if (name.startsWith('close/') || name.startsWith('soc/')) lane.wake();
    }
  }

  /** Whether a session's opening is on the ledger; a session that is not asked about for ever is forgotten. */
  openingOf(sessionId: string): OpeningState {
    const state = this.#openings.get(sessionId);
    if (state === undefined) return 'committed';
    if ('refused' in state) return 'refused';
    return this.#context.nowMs() - state.acceptedAtMs > this.#options.limits.recordBoundMs
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
    return oldest === Number.POSITIVE_INFINITY ? 0 : Math.max(0, this.#context.nowMs() - oldest);
  }

  get isBehind(): boolean {
    return this.lagMs > this.#options.limits.recordBoundMs;
  }

  /** Facts by state that are not on the ledger. */
  async depth(): Promise<{ readonly waiting: number; readonly refused: number }> {
    const rows = await this.#options.db
      .selectFrom('fact')
      .select(({ fn }) => ['state', fn.countAll<bigint>().as('facts')])
      .where('state', '!=', 'committed')
      .groupBy('state')
      .execute();
    const count = (states: readonly string[]) =>
      rows.filter(({ state }) => states.includes(state)).reduce((sum, { facts }) => sum + Number(facts), 0);
    return { waiting: count(['pending', 'formed']), refused: count(['refused']) };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([...this.#lanes.values()].map((lane) => lane.stop()));
  }
}

const tellingMetrics = (registry: MetricsRegistry, batcher: Batcher) => {
  const registers = [registry];
  new Gauge({
    name: 'roamgrid_queue_depth',
    help: 'Accepted facts that are not on the ledger, by state',
    labelNames: ['state'],
    registers,
    async collect() {
      const { waiting, refused } = await batcher.depth();
      this.set({ state: 'waiting' }, waiting);
      this.set({ state: 'refused' }, refused);
    },
  });
  new Gauge({
    name: 'roamgrid_queue_lag_seconds',
    help: 'Age of the oldest session opening that is not on the ledger',
    registers,
    collect() {
      this.set(batcher.lagMs / 1000);
    },
  });
  return {
    items: new Histogram({
      name: 'roamgrid_batch_items',
      help: 'Facts in one committed command',
      labelNames: ['kind'],
      buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
      registers,
    }),
    seconds: new Histogram({
      name: 'roamgrid_commit_seconds',
      help: 'Time from the first proposal of a command to its commit',
      labelNames: ['kind'],
      buckets: [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30],
      registers,
    }),
  };
};
