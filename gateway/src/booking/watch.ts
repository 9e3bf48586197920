import type { Logger } from '@roamgrid/service-kit';
import { begun } from './read.ts';
import { lookAfter, type LifeContext } from './life.ts';

export interface WatchContext extends LifeContext {
  readonly logger: Logger;
  readonly lookEveryMs: number;
}

/** Sees to what becomes of reservations: a session, nobody, or nothing that anybody states. */
export class ReservationWatch {
  readonly #context: WatchContext;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #isStopped = false;

  constructor(context: WatchContext) {
    this.#context = context;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.wake();
    }, this.#context.lookEveryMs);
    this.#timer.unref();
  }

  /** Looks soon: a block has brought openings, or time has passed. */
  wake(): void {
    if (this.#isStopped) return;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
  }

  async #look(): Promise<void> {
    const { db, utilityId, ledgerNowMs, logger } = this.#context;
    try {
      for (const found of await begun(db, utilityId, ledgerNowMs())) {
        if (this.#isStopped) return;
        await lookAfter(this.#context, found).catch((thrown: unknown) => {
          const { reservationId } = found.record;
          logger.warn({ err: thrown, reservationId }, 'what became of a reservation is told again later');
        });
      }
    } catch (thrown) {
      logger.warn({ err: thrown }, 'reservations are looked at again later');
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#timer);
    await this.#looking;
  }
}
