import type { PowerState } from '@roamgrid/domain/power';
import type { HomeNotice, HomePlanMessage, PlanCause } from '@roamgrid/wire';
import type { HomeConfig } from './config.ts';

/** What has a plan made, and what its users are told of it. */
export interface Cause {
  readonly cause: PlanCause;
  readonly detail: string;
  readonly notice?: HomeNotice;
}

const MS_PER_HOUR = 3_600_000n;

/** Which charges are there, by their power. What may be taken already, of which no device can be told, is none. */
const castOf = ({ claims }: PowerState): string =>
  claims
    .filter(({ kind, claimId }) => kind === 'charge' && !claimId.includes('~'))
    .map(({ claimId, maxW }) => `${claimId} ${maxW}`)
    .sort()
    .join(', ');

/** Looks at what comes beside the plan, and says when it is old. */
export class Watch {
  readonly #config: Pick<HomeConfig, 'slotMs' | 'departsWh'>;
  #cast: string | undefined;
  #isOut = false;
  /** Bought since the plan was made less what it says, W times ms. */
  #excess = 0n;
  #last: { readonly gridW: bigint; readonly atMs: number } | undefined;

  constructor(config: Pick<HomeConfig, 'slotMs' | 'departsWh'>) {
    this.#config = config;
  }

  /** A plan was made for a state. */
  begin(state: PowerState): void {
    this.#cast = castOf(state);
    this.#isOut = state.signals.outage === true;
    this.#excess = 0n;
    this.#last = undefined;
  }

  /** Why the plan is old by what is there now; undefined while it is not. */
  causeOf(state: PowerState, plan: HomePlanMessage | undefined, nowMs: number): Cause | undefined {
    if (plan === undefined) return { cause: 'start', detail: 'the first plan' };
    const isOut = state.signals.outage === true;
    if (this.#cast === undefined) {
      // After a start: whoever is there is whom the plan knew, as far as anybody can tell.
      [this.#cast, this.#isOut] = [castOf(state), isOut];
      return { cause: 'start', detail: 'the controller was started' };
    }
    if (isOut !== this.#isOut) {
      this.#isOut = isOut;
      return { cause: 'outage', detail: isOut ? 'the grid gives nothing' : 'the grid is back' };
    }
    const cast = castOf(state);
    if (cast !== this.#cast) {
      const detail = `there are now ${cast === '' ? 'no charges' : cast}, not ${this.#cast === '' ? 'none' : this.#cast}`;
      this.#cast = cast;
      return { cause: 'measurement', detail: detail.slice(0, 500) };
    }
    const { slotMs } = this.#config;
    const slotOf = (atMs: number): number => Math.floor(atMs / slotMs);
    return slotOf(nowMs) > slotOf(plan.madeAtMs)
      ? { cause: 'time', detail: 'its first slot is over' }
      : undefined;
  }

  /** @param gridW what flows in from the grid now; negative when it flows out */
  measured(gridW: bigint, plan: HomePlanMessage | undefined, nowMs: number): Cause | undefined {
    const last = this.#last;
    this.#last = { gridW, atMs: nowMs };
    const slot = plan?.slots.find(({ startMs, endMs }) => startMs <= nowMs && nowMs < endMs);
    if (last === undefined || slot === undefined || last.atMs < slot.startMs) return undefined;
    this.#excess += (last.gridW - slot.gridW) * BigInt(nowMs - last.atMs);
    const excessWh = this.#excess / MS_PER_HOUR;
    if ((excessWh < 0n ? -excessWh : excessWh) < this.#config.departsWh) return undefined;
    this.#excess = 0n;
    return {
      ...{ cause: 'measurement' as const },
      detail: `${excessWh > 0n ? excessWh : -excessWh} Wh ${excessWh > 0n ? 'more' : 'less'} were bought than planned`,
    };
  }
}
