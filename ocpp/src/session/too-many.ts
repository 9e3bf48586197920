import type { TransactionReport } from '../model/reports.ts';
import type { TransactionAnswer } from '../model/station-desk.ts';
import type { DeskContext } from './context.ts';

/** What a station of 1.6 gets for one: none of ours is lower than 1. */
const NO_NUMBER = -1;

/** What a station is told of a transaction beyond those that it can have: no to who began it, and to stop. */
export class TooMany {
  readonly #context: DeskContext;
  /** Stations that have not answered yet. */
  readonly #telling = new Set<string>();

  constructor(context: DeskContext) {
    this.#context = context;
  }

  answer(stationId: string, { phase, transaction: ref, token }: TransactionReport): TransactionAnswer {
    if (phase !== 'ended' && ref !== undefined)
      this.#tellStop(stationId, ref.by === 'station' ? ref.id : ref.number.toString());
    return {
      ...(phase === 'began' && ref === undefined && { number: NO_NUMBER }),
      ...(token !== undefined && { status: 'concurrent' }),
      texts: [],
    };
  }

  /** One at a time for each station: what goes on is told of again. */
  #tellStop(stationId: string, ref: string): void {
    if (this.#telling.has(stationId)) return;
    const { commander, logger } = this.#context;
    this.#telling.add(stationId);
    commander
      .stop(stationId, ref)
      .then((outcome) => {
        logger.error({ stationId, transaction: ref, outcome }, 'a station has too many transactions');
      })
      .catch((thrown: unknown) => {
        logger.warn({ err: thrown, stationId }, 'a station could not be told to stop');
      })
      .finally(() => this.#telling.delete(stationId));
  }
}
