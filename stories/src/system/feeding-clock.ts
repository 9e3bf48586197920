import type { Clock } from '@roamgrid/station-kit';
import { recordDemand, type HourlyDemand } from './grid-demand.ts';
import type { RunningUtility } from './utility.ts';

/** What grid operators tell the ledger, hour by hour, while a story's clock runs. */

const HOUR_MS = 3_600_000;
/** A reading is on the ledger this long after its hour. */
const LATENESS_MS = 60_000;
/** Hours of history that an operator tells at a time when nobody charged meanwhile. */
const MAX_HOURS = 6;

export interface FeedOptions {
  /** Utilities whose grid operators tell, the main one first. */
  readonly operators: readonly RunningUtility[];
  readonly areaId: string;
  /** Mean demand of hours by their start. */
  readonly demand: readonly HourlyDemand[];
  /** What an operator makes of the mean of the hour before `atMs`; undefined tells nothing. As measured when left out. */
  readonly told?: (utilityId: string, measuredW: bigint, atMs: number) => bigint | undefined;
}

const asMeasured = (_utilityId: string, measuredW: bigint): bigint => measuredW;

/** Lets a grid operator tell the demand that stands at one full hour: the mean of the hour that just ended. */
export async function tellHour(
  utility: RunningUtility,
  areaId: string,
  atMs: number,
  demandW: bigint,
): Promise<void> {
  await recordDemand(utility, areaId, [{ atMs, demandW }]);
}

/** A story's clock, which lets the operators tell each full hour that it passes. */
export class FeedingClock implements Clock {
  readonly #clock: Clock;
  readonly #options: FeedOptions;
  readonly #byHour: ReadonlyMap<number, bigint>;
  #toldUntilMs: number;

  /** @param fromMs the first hour told is the one after it */
  constructor(clock: Clock, options: FeedOptions, fromMs = clock.nowMs()) {
    this.#clock = clock;
    this.#options = options;
    this.#byHour = new Map(options.demand.map(({ atMs, demandW }) => [atMs + HOUR_MS, demandW]));
    this.#toldUntilMs = Math.floor(fromMs / HOUR_MS) * HOUR_MS;
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const untilMs = this.nowMs() + ms;
    for (;;) {
      const dueMs = this.#toldUntilMs + HOUR_MS + LATENESS_MS;
      if (dueMs > untilMs) break;
      await this.#clock.sleep(Math.max(0, dueMs - this.nowMs()), signal);
      this.#toldUntilMs += HOUR_MS;
      await this.#tell(this.#toldUntilMs);
    }
    await this.#clock.sleep(Math.max(0, untilMs - this.nowMs()), signal);
  }

  /** Goes to an instant; of a long quiet time only the last hours are told. */
  async goTo(atMs: number): Promise<void> {
    const skipMs = Math.floor(atMs / HOUR_MS) * HOUR_MS - MAX_HOURS * HOUR_MS;
    if (skipMs > this.#toldUntilMs) {
      this.#toldUntilMs = skipMs;
      await this.#clock.sleep(Math.max(0, skipMs - this.nowMs()));
    }
    await this.sleep(Math.max(0, atMs - this.nowMs()));
  }

  async #tell(atMs: number): Promise<void> {
    const measuredW = this.#byHour.get(atMs);
    if (measuredW === undefined) return;
    const { operators, areaId, told = asMeasured } = this.#options;
    for (const utility of operators) {
      const demandW = told(utility.definition.utilityId, measuredW, atMs);
      if (demandW !== undefined) await tellHour(utility, areaId, atMs, demandW);
    }
  }
}
