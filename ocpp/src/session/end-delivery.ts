import { GatewayRefusal } from '@roamgrid/station-kit';
import { closeEnd, dueEnds, refuseEnd, tellOtherwise, type DueEnd } from '../store/ends.ts';
import { noteUnbilled } from '../store/books.ts';
import { transactionById } from '../store/transactions.ts';
import { DatabaseUnavailable } from '@roamgrid/service-kit';
import type { DeskContext } from './context.ts';
import { compareCost } from './station-cost.ts';

/** What a gateway says to the end of a session that it never started, or that it closed without. */
const NO_SESSION: ReadonlySet<string> = new Set(['SESSION_UNKNOWN', 'SESSION_ENDED']);
/** What a gateway says to a record that it cannot make. */
const BAD_RECORD: ReadonlySet<string> = new Set(['METER_INVALID', 'READINGS_INVALID']);
/** Read at a time. */
const PAGE = 100;

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 300_000;

/**
 * Brings ends of sessions to the gateway for as long as it takes, those of an outlet in the order in which they came. One that
 * is refused keeps its place and is told again later; those behind it do not wait for it, and nothing overtakes what only could
 * not be brought.
 */
export class EndDelivery {
  readonly #context: Pick<DeskContext, 'db' | 'stations' | 'clock' | 'logger'>;
  #nextAtMs = 0;
  #delayMs = FIRST_DELAY_MS;

  constructor(context: Pick<DeskContext, 'db' | 'stations' | 'clock' | 'logger'>) {
    this.#context = context;
  }

  /** One attempt at what an outlet has to tell, now: the gateway gives it to nobody before. */
  async tellOutlet(evseId: string): Promise<void> {
    for (const end of await dueEnds(this.#context.db, { evseId, after: 0n }, PAGE))
      if ((await this.#tell(end)) === 'unreachable') return;
  }

  /** There is something new to tell. */
  wake(): void {
    this.#delayMs = FIRST_DELAY_MS;
    this.#nextAtMs = 0;
  }

  /** One attempt at everything, when one is due. */
  async tellDue(): Promise<void> {
    const { clock } = this.#context;
    if (clock.wallMs() < this.#nextAtMs) return;
    const isAllTold = await this.#tellAll();
    this.#delayMs = isAllTold ? FIRST_DELAY_MS : Math.min(this.#delayMs * 2, LONGEST_DELAY_MS);
    this.#nextAtMs = clock.wallMs() + this.#delayMs;
  }

  async #tellAll(): Promise<boolean> {
    let isAllTold = true;
    for (let after: bigint | undefined = 0n; after !== undefined;) {
      const page: readonly DueEnd[] = await dueEnds(this.#context.db, { after }, PAGE);
      for (const end of page) {
        const told = await this.#tell(end);
        if (told === 'unreachable') return false;
        isAllTold &&= told === 'over';
      }
      after = page.length < PAGE ? undefined : page.at(-1)?.position;
    }
    return isAllTold;
  }

  async #tell(end: DueEnd): Promise<'over' | 'unreachable' | 'refused'> {
    const { db, stations, logger } = this.#context;
    const { position, sessionId, request } = end;
    const station = stations.get(end.stationId);
    if (station === undefined) return 'refused';
    try {
      const bill = await station.gateway.stop(sessionId, request);
      await compareCost(this.#context, end, bill);
      await closeEnd(db, position, { state: 'taken', totalMicros: bill.totalMicros });
      return 'over';
    } catch (error) {
      if (error instanceof DatabaseUnavailable) throw error;
      // Whatever is no refusal, an answer that cannot be read as well, is tried again.
      if (!(error instanceof GatewayRefusal)) return 'unreachable';
      if (NO_SESSION.has(error.code)) {
        await this.#lost(end, error);
        return 'over';
      }
      logger.warn(
        { sessionId, code: error.code, detail: error.message },
        'the gateway refuses the end of a session',
      );
      if (BAD_RECORD.has(error.code) && end.otherwise !== undefined) {
        await tellOtherwise(db, end);
        const { otherwise, ...rest } = end;
        return this.#tell({ ...rest, request: otherwise });
      }
      await refuseEnd(db, position, `${error.code}: ${error.message}`);
      return 'refused';
    }
  }

  /** A session that never was is nobody's loss; one that the gateway closed without its end is. */
  async #lost(end: DueEnd, { code, message }: GatewayRefusal): Promise<void> {
    const { db, clock, logger } = this.#context;
    const { position, transactionId, stationId, evseId, wasStarted, request, sessionId } = end;
    await db.transaction().execute(async (trx) => {
      await closeEnd(trx, position, { state: 'dropped' });
      if (!wasStarted) return;
      const transaction = await transactionById(trx, transactionId);
      const begin = transaction?.body.told?.start.start.registerMilliWh ?? 0n;
      const last = request.readings.at(-1)?.registerMilliWh ?? begin;
      await noteUnbilled(trx, {
        ...{ transaction_id: transactionId, code: 'end-refused', station_id: stationId, evse_id: evseId },
        ...{ milli_wh: last - begin, detail: `${code}: ${message}`, noted_at_ms: BigInt(clock.wallMs()) },
      });
    });
    if (wasStarted) logger.error({ sessionId, code }, 'the gateway closed a session without its end');
  }
}
