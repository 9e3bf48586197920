import {
  canonicalText,
  NETTING_TIMES,
  nettingCommands,
  statementOf,
  type NettingRecord,
  type PairPeriodRecord,
  type PeriodRecord,
} from '@roamgrid/wire';
import type { Logger } from '@roamgrid/service-kit';
import type { Kysely } from 'kysely';
import { LedgerRefusal } from '../ledger/errors.ts';
import type { Ledger, LedgerCommand } from '../ledger/ledger.ts';
import type { Registry } from '../registry/registry.ts';
import type { GatewayDb } from '../store/schema.ts';
import { formClose, formPosition, isOpen } from './form.ts';
import { calledPeriods, defaultsOf, firstIdOf, latestCasts, pairsOf, positionsOf } from './read.ts';

export interface NettingContext {
  readonly utilityId: string;
  readonly db: Kysely<GatewayDb>;
  readonly ledger: Ledger;
  readonly registry: Registry;
  readonly logger: Logger;
  readonly readUpTo: (blockNumber: bigint) => Promise<void>;
  /** Time that commands are proposed at. */
  readonly ledgerNowMs: () => number;
  /** How often it is looked for something to say when no block tells of it. */
  readonly lookEveryMs: number;
  /** How long somebody else is waited for who would say the same. */
  readonly helpAfterMs: number;
}

type Pair = Pick<PairPeriodRecord, 'low' | 'high'>;

const membersOf = (pairs: readonly Pair[]): readonly string[] =>
  [...new Set(pairs.flatMap(({ low, high }) => [low, high]))].sort();

/**
 * A member's part in nettings, without anybody at a desk: closes its pairs when a round is called, states what its own
 * balances come to, and nets when all have; the same again when a member did not pay. All it does follows from the read
 * model, so it goes on after a crash where the ledger is.
 */
export class NettingWork {
  readonly #context: NettingContext;
  readonly #stop = new AbortController();
  readonly #seenAtMs = new Map<string, number>();
  #running: Promise<void> | undefined;
  #wake: () => void = () => undefined;
  #isDue = true;

  constructor(context: NettingContext) {
    this.#context = context;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#running;
  }

  /** A block was read that may have given something to do. */
  wake(): void {
    this.#isDue = true;
    this.#wake();
  }

  async #run(): Promise<void> {
    const { logger, lookEveryMs } = this.#context;
    while (!this.#stop.signal.aborted) {
      this.#isDue = false;
      try {
        await this.#round();
      } catch (thrown) {
        logger.warn({ err: thrown }, 'nettings are looked at again later');
      }
      await this.#untilDue(lookEveryMs);
    }
  }

  /** Waits for a block that matters, at most so long. */
  async #untilDue(limitMs: number): Promise<void> {
    if (this.#isDue || this.#stop.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #round(): Promise<void> {
    const { db } = this.#context;
    for (const period of await calledPeriods(db)) await this.#period(period);
    await this.#defaults();
  }

  /** Whether it is this utility's turn: at once if it goes first, else when nobody else did it for a while. */
  #isTurn(task: string, goesFirst: boolean): boolean {
    if (goesFirst) return true;
    const now = Date.now();
    const seen = this.#seenAtMs.get(task) ?? now;
    this.#seenAtMs.set(task, seen);
    return now - seen >= this.#context.helpAfterMs;
  }

  /** Tells a command; a refusal says that another was first or something is missing, and is looked at again. */
  async #tell(command: LedgerCommand): Promise<boolean> {
    const { ledger, logger, readUpTo } = this.#context;
    try {
      const { blockNumber } = await ledger.submit(command);
      await readUpTo(blockNumber);
      return true;
    } catch (thrown) {
      if (!(thrown instanceof LedgerRefusal)) throw thrown;
      logger.info({ code: thrown.code, reason: thrown.message }, `netting.${command.transaction} waits`);
      return false;
    }
  }

  async #period(period: PeriodRecord): Promise<void> {
    const { db, utilityId, ledgerNowMs } = this.#context;
    const { periodId, round, fromMs } = period;
    const casts = await latestCasts(db, periodId);
    for (const pair of await pairsOf(db, periodId)) {
      const isOwn = pair.low === utilityId || pair.high === utilityId;
      if (isOwn && isOpen(pair, round, casts)) await this.#close(pair, round, casts);
    }
    const pairs = await pairsOf(db, periodId);
    const isOver = (waitedMs: number): boolean => ledgerNowMs() > fromMs + waitedMs;
    const open = pairs.filter((pair) => isOpen(pair, round, casts));
    const isClosed = isOver(NETTING_TIMES.closeMs);
    const ownOpen = open.some(({ low, high }) => low === utilityId || high === utilityId);
    if (ownOpen && !isClosed) return;
    const without = isOver(NETTING_TIMES.closeMs + NETTING_TIMES.positionMs)
      ? await this.#silent(period, pairs)
      : [];
    await this.#state(period, pairs, without);
    if (open.length > 0 && !isClosed) return;
    const isAllStated = await this.#isAllStated(period, pairs, without);
    if (!isAllStated && !isOver(NETTING_TIMES.closeMs + NETTING_TIMES.positionMs)) return;
    if (!this.#isTurn(`net ${periodId} ${round}`, period.calledBy === utilityId)) return;
    await this.#tell({
      contract: 'netting',
      transaction: 'net',
      argument: canonicalText(nettingCommands.net, {
        commandId: `net-${periodId}-${round}-${utilityId}`,
        utilityId,
        periodId,
        round,
        without: [...without],
      }),
      role: 'aaa',
    });
  }

  async #close(
    pair: PairPeriodRecord,
    round: number,
    casts: ReadonlyMap<string, NettingRecord>,
  ): Promise<void> {
    const { db, registry, utilityId } = this.#context;
    const { periodId, low, high } = pair;
    if (!this.#isTurn(`close ${periodId} ${round} ${low} ${high}`, low === utilityId)) return;
    const endorsers = [low, high].map((id) => registry.utility(id)?.mspId);
    if (!endorsers.every((mspId): mspId is string => mspId !== undefined)) return;
    const command = await formClose(db, pair, round, casts, [...new Set(endorsers)]);
    if (command !== undefined) await this.#tell(command);
  }

  /** Balances of a round, by currency. */
  #balances(pairs: readonly PairPeriodRecord[], round: number): ReadonlyMap<string, readonly Pair[]> {
    const found = new Map<string, Pair[]>();
    for (const pair of pairs) {
      for (const { currency } of statementOf(pair, round)?.balances ?? [])
        found.set(currency, [...(found.get(currency) ?? []), { low: pair.low, high: pair.high }]);
    }
    return found;
  }

  /** Members to go on without: of one that is silent the others' positions tell, of several they do not. */
  async #silent({ periodId, round }: PeriodRecord, pairs: readonly PairPeriodRecord[]): Promise<string[]> {
    const stated = await positionsOf(this.#context.db, periodId, round);
    const silent = new Set<string>();
    for (const [currency, of] of this.#balances(pairs, round)) {
      const spoke = new Set(
        stated.filter((each) => each.currency === currency).map((each) => each.utilityId),
      );
      const quiet = membersOf(of).filter((member) => !spoke.has(member));
      if (quiet.length > 1) for (const member of quiet) silent.add(member);
    }
    return [...silent].sort();
  }

  async #state(
    { periodId, round }: Pick<PeriodRecord, 'periodId' | 'round'>,
    pairs: readonly PairPeriodRecord[],
    without: readonly string[],
    only?: string,
  ): Promise<void> {
    const { db, utilityId } = this.#context;
    if (without.includes(utilityId)) return;
    const stated = await positionsOf(db, periodId, round);
    for (const currency of this.#balances(pairs, round).keys()) {
      if (only !== undefined && currency !== only) continue;
      const before = stated.find((each) => each.currency === currency && each.utilityId === utilityId);
      const scope = { periodId, round, utilityId, currency, without };
      const command = await formPosition(db, pairs, scope, before);
      if (command !== undefined) await this.#tell(command);
    }
  }

  async #isAllStated(
    { periodId, round }: Pick<PeriodRecord, 'periodId' | 'round'>,
    pairs: readonly PairPeriodRecord[],
    without: readonly string[],
    only?: string,
  ): Promise<boolean> {
    const stated = await positionsOf(this.#context.db, periodId, round);
    return [...this.#balances(pairs, round)].every(([currency, of]) => {
      if (only !== undefined && currency !== only) return true;
      const staying = of.filter(({ low, high }) => !without.includes(low) && !without.includes(high));
      const spoke = new Set(
        stated
          .filter((each) => each.currency === currency && each.without.join() === without.join())
          .map((each) => each.utilityId),
      );
      return membersOf(staying).every((member) => spoke.has(member));
    });
  }

  /** Rounds with a member in default are netted anew without it. */
  async #defaults(): Promise<void> {
    const { db, utilityId } = this.#context;
    const byNetting = new Map<string, { readonly members: Set<string>; readonly saidBy: string }>();
    for (const { nettingId, utilityId: member, saidBy } of await defaultsOf(db)) {
      const firstId = await firstIdOf(db, nettingId);
      if (firstId === undefined) continue;
      const known = byNetting.get(firstId) ?? { members: new Set<string>(), saidBy };
      known.members.add(member);
      byNetting.set(firstId, known);
    }
    for (const [firstId, { members, saidBy }] of byNetting) {
      const periodId = periodOf(firstId);
      const latest = (await latestCasts(db, periodId)).get(firstId);
      if (latest === undefined || [...members].every((member) => latest.without.includes(member))) continue;
      const without = [...new Set([...latest.without, ...members])].sort();
      const { round, currency } = latest;
      const isIn = new Set(latest.pairs.map(({ low, high }) => `${low} ${high}`));
      const pairs = (await pairsOf(db, periodId)).filter(({ low, high }) => isIn.has(`${low} ${high}`));
      await this.#state({ periodId, round }, pairs, without, currency);
      if (!(await this.#isAllStated({ periodId, round }, pairs, without, currency))) continue;
      if (!this.#isTurn(`recast ${latest.nettingId}`, saidBy === utilityId)) continue;
      await this.#tell({
        contract: 'netting',
        transaction: 'recast',
        argument: canonicalText(nettingCommands.recast, {
          commandId: `recast-${latest.nettingId}-${utilityId}`,
          utilityId,
          nettingId: latest.nettingId,
          without,
        }),
        role: 'aaa',
      });
    }
  }
}

/** The period that a netting's id names. */
const periodOf = (firstId: string): string =>
  /^net-(\d{4}-\d{2}(?:-\d{2})?)-\d+-[A-Z]{3}$/.exec(firstId)?.[1] ?? '';

/** Nettings that a block's records can have given something to do in. */
export const touchesNettings = (keys: readonly string[]): boolean =>
  keys.some((key) => /^(period|pairPeriod|position|default|netting):/.test(key));
