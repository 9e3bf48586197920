import { startRounds, type Rounds } from '@roamgrid/service-kit/runtime';
import { forgetOld } from '../store/books.ts';
import { eraseStartTokens } from '../store/offers.ts';
import { dueTransactions, stationsWithUnclosed, transactionById, unclosedOf } from '../store/transactions.ts';
import type { DeskContext } from './context.ts';
import type { EndDelivery } from './end-delivery.ts';
import type { SessionDesk } from './session-desk.ts';
import { refOf } from './transaction.ts';

/** Stations tell their messages again for days. */
const REMEMBERED_MS = 30 * 86_400_000;
const FORGET_EVERY_MS = 3_600_000;

type Due = Awaited<ReturnType<typeof dueTransactions>>[number];

/** What is done without a message: what waits is tried again, who did not stop is told again, who fell silent is ended. */
export class DeskRounds {
  readonly #context: DeskContext;
  readonly #desk: SessionDesk;
  readonly #ends: EndDelivery;
  #rounds: Rounds | undefined;
  #forgetAtMs = 0;
  /** Transactions whose stop waits for the station's answer. */
  readonly #telling = new Set<string>();

  constructor(context: DeskContext, desk: SessionDesk, ends: EndDelivery) {
    this.#context = context;
    this.#desk = desk;
    this.#ends = ends;
  }

  /** Goes on with what a stop or a crash left, and then round after round. */
  async start(everyMs: number): Promise<void> {
    const { db, logger } = this.#context;
    for (const stationId of await stationsWithUnclosed(db)) {
      for (const { transactionId } of await unclosedOf(db, stationId))
        await this.#apart([{ stationId, transactionId }], (due) => this.#resume(due));
    }
    this.#rounds = startRounds('sessions', everyMs, () => this.round(), logger);
  }

  async stop(): Promise<void> {
    await this.#rounds?.stop();
    await this.#desk.idle();
  }

  async round(): Promise<void> {
    const { clock, db } = this.#context;
    const due = (what: Parameters<typeof dueTransactions>[1]) => dueTransactions(db, what, clock.wallMs());
    await this.#apart(await due('retry_at_ms'), (one) => this.#resume(one));
    await this.#apart(await due('stop_at_ms'), (one) => this.#tellStop(one));
    await this.#apart(await due('close_at_ms'), ({ stationId, transactionId }) =>
      this.#desk.giveUp(stationId, transactionId),
    );
    await this.#ends.tellDue();
    await eraseStartTokens(db, clock.gatewayMs());
    if (clock.wallMs() < this.#forgetAtMs) return;
    this.#forgetAtMs = clock.wallMs() + FORGET_EVERY_MS;
    await forgetOld(db, clock.wallMs() - REMEMBERED_MS);
  }

  /** What fails is looked at again in the next round, and holds nothing else up. */
  async #apart(all: readonly Due[], work: (due: Due) => Promise<void>): Promise<void> {
    await Promise.all(
      all.map((due) =>
        work(due).catch((thrown: unknown) => {
          this.#context.logger.warn({ err: thrown, ...due }, 'a transaction is looked at again later');
        }),
      ),
    );
  }

  #resume({ stationId, transactionId }: Due): Promise<void> {
    return this.#desk.resume(stationId, transactionId);
  }

  /** The next time is kept before the station is told. A mute station holds nobody up, and is told once at a time. */
  async #tellStop({ stationId, transactionId }: Due): Promise<void> {
    const { clock, commander, db, logger, times } = this.#context;
    if (this.#telling.has(transactionId)) return;
    const transaction = await transactionById(db, transactionId);
    if (transaction === undefined) return;
    const isClosed = transaction.state === 'closed';
    if (!isClosed && transaction.body.end !== undefined) return;
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
  }
}
