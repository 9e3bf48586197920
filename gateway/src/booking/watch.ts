import { ServiceError, type Logger } from '@roamgrid/service-kit';
import type { ShownReservation } from '@roamgrid/wire';
import { begun } from './read.ts';
import { lookAfter, type LifeContext } from './life.ts';
import { takeBackMoves } from './moves.ts';

export interface WatchContext extends LifeContext {
  readonly logger: Logger;
  readonly lookEveryMs: number;
  readonly nowMs: () => number;
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
    /** Whose peers gave no answer: what else is theirs waits for the next look, and holds up nobody else's. */
    const away = new Set<string>();
    try {
      await takeBackMoves(this.#context, this.#context.nowMs());
      let page = await begun(db, utilityId, ledgerNowMs());
      while (page.length > 0) {
        for (const found of page) {
          if (this.#isStopped) return;
          await this.#lookAfter(found, away);
        }
        page = await begun(db, utilityId, ledgerNowMs(), page.at(-1)?.record);
      }
    } catch (thrown) {
      logger.warn({ err: thrown }, 'reservations are looked at again later');
    }
  }

  async #lookAfter(found: ShownReservation, away: Set<string>): Promise<void> {
    const { utilityId, logger } = this.#context;
    const { reservationId, vun, hun } = found.record;
    const partner = vun === utilityId ? hun : vun;
    if (away.has(partner)) return;
    try {
      await lookAfter(this.#context, found);
    } catch (thrown) {
      logger.warn({ err: thrown, reservationId }, 'what became of a reservation is told again later');
      if (thrown instanceof ServiceError && thrown.code === 'LEDGER_DOWN') away.add(partner);
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#timer);
    await this.#looking;
  }
}
