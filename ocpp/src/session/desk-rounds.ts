import { startRounds, type Rounds } from '@roamgrid/service-kit/runtime';
import {
  DUE_KINDS,
  dueTransactions,
  makeAllDue,
  putOff,
  type DueKind,
  type DueTransaction,
} from '../store/due.ts';
import { eraseStartTokens } from '../store/offers.ts';
import { transactionById } from '../store/transactions.ts';
import type { DeskContext } from './context.ts';
import type { EndDelivery } from './end-delivery.ts';
import type { SessionDesk } from './session-desk.ts';
import { refOf } from './transaction.ts';

/** Of each kind, in a round: of one station, which are done one after the other, and of all. */
const SHARE = 4;
const MOST = 200;

/**
 * What is done without a message: what waits is tried again, who did not stop is told again, who fell silent is ended. No station
 * gets more than its share of a round, or any before it is through with what it got, so that none holds another up.
 */
export class DeskRounds {
  readonly #context: DeskContext;
  readonly #desk: SessionDesk;
  readonly #ends: EndDelivery;
  #rounds: readonly Rounds[] = [];
  /** Stations that are not through. */
  readonly #busy = new Map<string, Promise<unknown>>();
  /** Transactions whose stop waits for the station's answer. */
  readonly #telling = new Set<string>();

  constructor(context: DeskContext, desk: SessionDesk, ends: EndDelivery) {
    this.#context = context;
    this.#desk = desk;
    this.#ends = ends;
  }

  /** Goes on round after round, first with what a stop or a crash left. */
  async start(everyMs: number): Promise<void> {
    const { clock, db, logger } = this.#context;
    await makeAllDue(db, clock.wallMs());
    this.#rounds = [
      startRounds('transactions', everyMs, () => this.#begin(), logger),
      startRounds('session ends', everyMs, () => this.#tellEnds(), logger),
    ];
  }

  async stop(): Promise<void> {
    await Promise.all(this.#rounds.map((rounds) => rounds.stop()));
    await Promise.all(this.#busy.values());
    await this.#desk.idle();
  }

  /** One round, to its end. */
  async round(): Promise<void> {
    for (const kind of DUE_KINDS) {
      await this.#take(kind);
      await Promise.all(this.#busy.values());
    }
    await this.#tellEnds();
  }

  /** Begins a round, and waits for nobody. */
  async #begin(): Promise<void> {
    for (const kind of DUE_KINDS) await this.#take(kind);
  }

  async #tellEnds(): Promise<void> {
    const { clock, db } = this.#context;
    await this.#ends.tellDue();
    await eraseStartTokens(db, clock.gatewayMs());
  }

  async #take(kind: DueKind): Promise<void> {
    const { clock, db } = this.#context;
    const bounds = { share: SHARE, most: MOST, except: [...this.#busy.keys()] };
    const byStation = new Map<string, DueTransaction[]>();
    for (const due of await dueTransactions(db, kind, clock.wallMs(), bounds))
      byStation.set(due.stationId, [...(byStation.get(due.stationId) ?? []), due]);
    for (const [stationId, all] of byStation) {
      const done = Promise.all(all.map((due) => this.#one(kind, due))).finally(() =>
        this.#busy.delete(stationId),
      );
      this.#busy.set(stationId, done);
    }
  }

  /** What fails, or is not done yet, comes again and takes no other's turn. */
  async #one(kind: DueKind, due: DueTransaction): Promise<void> {
    const { clock, db, logger, times } = this.#context;
    const { stationId, transactionId } = due;
    try {
      await putOff(db, kind, due, await this.#work(kind, due));
    } catch (thrown) {
      logger.warn({ err: thrown, stationId, transactionId }, 'a transaction is looked at again later');
      await putOff(db, kind, due, clock.wallMs() + times.retryMs).catch(() => undefined);
    }
  }

  /** @returns when it comes again, where it is still due then */
  async #work(kind: DueKind, { stationId, transactionId }: DueTransaction): Promise<number | null> {
    if (kind === 'stop_at_ms') return this.#tellStop(stationId, transactionId);
    if (kind === 'retry_at_ms') {
      await this.#desk.resume(stationId, transactionId);
      return null;
    }
    const { clock, times } = this.#context;
    await this.#desk.giveUp(stationId, transactionId);
    return clock.wallMs() + times.stopAgainMs;
  }

  /** The next time is kept before the station is told. A mute station holds nobody up, and is told once at a time. */
  async #tellStop(stationId: string, transactionId: string): Promise<number | null> {
    const { clock, commander, db, logger, times } = this.#context;
    if (this.#telling.has(transactionId)) return clock.wallMs() + times.retryMs;
    const transaction = await transactionById(db, transactionId);
    if (transaction === undefined) return null;
    const isClosed = transaction.state === 'closed';
    if (!isClosed && transaction.body.end !== undefined) return null;
    const stopTries = transaction.stopTries + 1;
    // One that is closed is told again when more is told of it.
    const stopAtMs = isClosed ? null : clock.wallMs() + times.stopAgainMs * Math.min(stopTries, 10);
    await this.#desk.change(stationId, transactionId, (now) => ({ ...now, stopTries, stopAtMs }));
    this.#telling.add(transactionId);
    commander
      .stop(stationId, refOf(transaction))
      .then((outcome) => {
        if (stopTries > 1)
          logger.error(
            { stationId, transactionId, outcome, stopTries },
            'a station does not stop: what flows is not billed',
          );
      })
      .catch((thrown: unknown) => {
        logger.warn({ err: thrown, stationId, transactionId }, 'a station could not be told to stop');
      })
      .finally(() => this.#telling.delete(transactionId));
    return null;
  }
}
