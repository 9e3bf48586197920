import type { Clock } from '@roamgrid/station';
import type { HourlyDemand } from '../system/grid-demand.ts';
import { tell } from '../system/register.ts';
import type { RunningUtility } from '../system/utility.ts';
import { AREA_ID, FEED_FAULTS } from './heat-wave-story.ts';

/** What two grid operators tell the ledger, hour by hour, while the story's clock runs. */

const HOUR_MS = 3_600_000;
/** A reading is on the ledger this long after its hour. */
const LATENESS_MS = 60_000;
/** Hours of history that an operator tells at a time when nobody charged meanwhile. */
const MAX_HOURS = 6;
/** The second operator meters the area's ties, to the next 50 MW. */
const COARSE_W = 50_000_000n;

export interface FeedOptions {
  readonly operators: readonly RunningUtility[];
  /** Mean demand of hours by their start. */
  readonly demand: readonly HourlyDemand[];
  /** Midnight of the day on which the feeds fail. */
  readonly faultDayMs: number;
}

/** What an operator tells at an hour: the mean of the hour that just ended, or nothing, or a lie. */
export const toldAt = (
  utilityId: string,
  isCoarse: boolean,
  measuredW: bigint,
  atMs: number,
  faultDayMs: number,
): bigint | undefined => {
  const hour = (atMs - faultDayMs) / HOUR_MS;
  const fault = FEED_FAULTS.find(
    (each) => each.utilityId === utilityId && hour >= each.fromHour && hour < each.untilHour,
  );
  if (fault?.tells === 'nothing') return undefined;
  if (fault !== undefined) return fault.tells;
  return isCoarse ? (measuredW / COARSE_W) * COARSE_W : measuredW;
};

/** The story's clock, which lets both operators tell each full hour that it passes. */
export class FeedingClock implements Clock {
  readonly #clock: Clock;
  readonly #options: FeedOptions;
  readonly #byHour: ReadonlyMap<number, bigint>;
  #toldUntilMs: number;

  constructor(clock: Clock, options: FeedOptions) {
    this.#clock = clock;
    this.#options = options;
    this.#byHour = new Map(options.demand.map(({ atMs, demandW }) => [atMs + HOUR_MS, demandW]));
    this.#toldUntilMs = Math.floor(clock.nowMs() / HOUR_MS) * HOUR_MS;
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
    const { operators, faultDayMs } = this.#options;
    for (const [index, utility] of operators.entries()) {
      const { utilityId } = utility.definition;
      const demandW = toldAt(utilityId, index > 0, measuredW, atMs, faultDayMs);
      if (demandW === undefined) continue;
      await tell(utility.gridOperator, utility, 'grid', 'recordDemand', {
        commandId: `demand-${AREA_ID}-${atMs}`,
        chunk: {
          utilityId,
          areaId: AREA_ID,
          intervalMs: HOUR_MS,
          readings: [{ atMs, demandW: demandW.toString() }],
        },
      });
    }
  }
}
