import { sumW } from './watts.ts';
import { hearAll, NOTHING_HEARD, type Adapters, type Heard } from './heard.ts';
import type { GuardSpec, SiteTimes } from './spec.ts';
import { within } from './within.ts';

export type TripCause = 'OVER_BUDGET' | 'BLIND';

/** A trip, as it is kept and told. */
export interface Trip {
  readonly atMs: number;
  readonly cause: TripCause;
  /** What was above what. */
  readonly of: string;
  readonly measuredW: bigint;
  readonly budgetW: bigint;
}

/** What the guard saw last. */
export interface GuardView {
  readonly trip: Trip | undefined;
  readonly measuredW: bigint;
  readonly budgetW: bigint;
  /** Since when something is above its budget. */
  readonly overSinceMs: number | undefined;
  /** Loads that have not confirmed yet that they are safe. */
  readonly unsafeLoads: readonly string[];
}

export interface GuardParts extends Adapters {
  readonly spec: GuardSpec;
  readonly times: SiteTimes;
  /** Most that the connection may carry, by what is built, what operators set and what the cloud leaves, W; no limit when absent. */
  readonly connectionW: () => bigint | undefined;
  readonly keepTrip: (trip: Trip) => Promise<void>;
  readonly keepReset: (by: string, atMs: number) => Promise<void>;
  readonly onFault: (error: unknown) => void;
  readonly nowMs: () => number;
  readonly trip?: Trip;
}

interface Measured {
  readonly of: string;
  readonly measuredW: bigint;
  readonly budgetW: bigint;
}

const PERMILLE = 1_000n;

/**
 * Watches what meters say, apart from the ticks and by readings of its own. What is above its budget for longer than is tolerated, or is
 * measured by nobody for too long, makes every load safe; so it stays until an operator resets it or it has cooled down.
 */
export class Guard {
  readonly #parts: GuardParts;
  #heard: Heard = NOTHING_HEARD;
  #trip: Trip | undefined;
  #isTripKept = true;
  #seen: Measured = { of: 'site', measuredW: 0n, budgetW: 0n };
  #overSinceMs: number | undefined;
  #seenAtMs: number;
  /** Since when all is within the budget after a trip. */
  #calmSinceMs: number | undefined;
  #unsafe: ReadonlySet<string>;

  constructor(parts: GuardParts) {
    this.#parts = parts;
    this.#trip = parts.trip;
    this.#seenAtMs = parts.nowMs();
    // After a start anew nobody knows whether the loads were made safe.
    this.#unsafe = new Set(parts.trip === undefined ? [] : parts.loads.map(({ loadId }) => loadId));
  }

  get isTripped(): boolean {
    return this.#trip !== undefined;
  }

  get view(): GuardView {
    const { measuredW, budgetW } = this.#seen;
    return {
      trip: this.#trip,
      measuredW,
      budgetW,
      overSinceMs: this.#overSinceMs,
      unsafeLoads: [...this.#unsafe].sort(),
    };
  }

  /** One look at the meters, and what follows from it. */
  async look(): Promise<void> {
    const { spec, times, nowMs: clock } = this.#parts;
    this.#heard = await hearAll(this.#parts, times.readMs, this.#heard);
    const nowMs = clock();
    const over = this.#measure();
    if (!this.#isBlind()) this.#seenAtMs = nowMs;
    this.#overSinceMs = over === undefined ? undefined : (this.#overSinceMs ?? nowMs);
    if (this.#trip === undefined) {
      const isOverLong = this.#overSinceMs !== undefined && nowMs - this.#overSinceMs >= spec.toleranceMs;
      if (over !== undefined && isOverLong)
        await this.#tripNow({ atMs: nowMs, cause: 'OVER_BUDGET', ...over });
      else if (nowMs - this.#seenAtMs >= spec.blindMs)
        await this.#tripNow({ atMs: nowMs, cause: 'BLIND', ...this.#seen });
      return;
    }
    await Promise.all([this.#keepTrip(this.#trip), this.#makeSafe()]);
    this.#calmSinceMs = over === undefined && !this.#isBlind() ? (this.#calmSinceMs ?? nowMs) : undefined;
    const isCalm = this.#calmSinceMs !== undefined && this.#unsafe.size === 0;
    if (isCalm && spec.coolDownMs !== undefined && nowMs - (this.#calmSinceMs ?? nowMs) >= spec.coolDownMs)
      await this.reset('cool-down');
  }

  /** Grants may be given again. */
  async reset(by: string): Promise<void> {
    if (this.#trip === undefined) return;
    await this.#parts.keepReset(by, this.#parts.nowMs());
    this.#trip = undefined;
    this.#overSinceMs = undefined;
    this.#calmSinceMs = undefined;
    this.#unsafe = new Set();
    this.#seenAtMs = this.#parts.nowMs();
  }

  async #tripNow(trip: Trip): Promise<void> {
    this.#trip = trip;
    this.#calmSinceMs = undefined;
    this.#unsafe = new Set(this.#parts.loads.map(({ loadId }) => loadId));
    this.#isTripKept = false;
    await Promise.all([this.#keepTrip(trip), this.#makeSafe()]);
  }

  /** A journal that is away does not keep a site in danger: nobody waits for it, and it is told again at the next look. */
  async #keepTrip(trip: Trip): Promise<void> {
    if (this.#isTripKept) return;
    const { times, keepTrip, onFault } = this.#parts;
    const kept = await within(times.tellMs, 'the journal', () => keepTrip(trip));
    if (kept.ok) this.#isTripKept = true;
    else onFault(kept.error);
  }

  /** Again at every look, as an order that was under way may have come after it. */
  async #makeSafe(): Promise<void> {
    const { loads, times } = this.#parts;
    const unsafe = new Set<string>();
    await Promise.all(
      loads.map(async (load) => {
        const { ok } = await within(times.tellMs, load.loadId, (signal) => load.makeSafe(signal));
        if (!ok) unsafe.add(load.loadId);
      }),
    );
    this.#unsafe = unsafe;
  }

  /** Nobody measures: neither all grids nor all loads. */
  #isBlind(): boolean {
    const grids = [...this.#heard.sources.values()].filter(
      ({ reading, isFresh }) => reading?.source.kind === 'grid' || (reading === undefined && !isFresh),
    );
    const areGridsSeen = grids.length > 0 && grids.every(({ isFresh }) => isFresh);
    return !areGridsSeen && ![...this.#heard.loads.values()].every(({ isFresh }) => isFresh);
  }

  /** What is above its budget; undefined when nothing is. */
  #measure(): Measured | undefined {
    const read = [...this.#heard.sources.values()].flatMap(({ reading, isFresh }) =>
      reading === undefined ? [] : [{ ...reading, isFresh }],
    );
    const connectionW = this.#parts.connectionW();
    const haveW = sumW(read.map(({ source }) => source.availableW));
    const loads = [...this.#heard.loads.values()].flatMap(({ reading, isFresh }) =>
      isFresh && reading !== undefined ? [reading.measuredW] : [],
    );
    const site: Measured = { of: 'site', measuredW: sumW(loads), budgetW: haveW };
    const fresh = read.filter(({ isFresh }) => isFresh);
    const grids = fresh.filter(({ source }) => source.kind === 'grid');
    const each = fresh.map(({ source, measuredW }): Measured => ({
      ...{ of: source.sourceId, measuredW },
      budgetW: source.availableW,
    }));
    const connection: readonly Measured[] =
      connectionW === undefined || grids.length === 0
        ? []
        : [
            {
              ...{ of: 'connection', budgetW: connectionW },
              measuredW: sumW(grids.map(({ measuredW }) => measuredW)),
            },
          ];
    this.#seen = site;
    const margin = PERMILLE + this.#parts.spec.marginPermille;
    return [site, ...connection, ...each].find(
      ({ measuredW, budgetW }) => measuredW * PERMILLE > budgetW * margin,
    );
  }
}
