import type { Battery } from '../vehicle/battery.ts';
import type { Clock } from '@roamgrid/station-kit';
import type { SiteOutlet } from '@roamgrid/wire';

interface SupplyConfig {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly maxPowerW: bigint;
  /** What may flow while nobody who shares the site's power says anything, W. The site's connection carries it for all outlets at once. */
  readonly aloneW?: bigint;
}

type Session = NonNullable<SiteOutlet['session']>;

/** Whose power it is, for whoever shares it. */
interface FlowSession extends Pick<Session, 'sessionId' | 'startMs' | 'plannedEndMs' | 'loyalty'> {
  readonly neededWh: () => bigint;
}

/** What charges now, as the outlet's agent tells it. */
export interface Flow {
  readonly battery: Battery;
  /** Absent for a driver of whom the network does not know. */
  readonly session?: FlowSession;
}

interface Change {
  readonly fromMs: number;
  readonly limitW: bigint;
}

/** A part of a step in which the limit was one. */
interface Part {
  readonly untilMs: number;
  readonly limitW: bigint;
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** What may flow through an outlet by the word of whoever shares the site's power, and what does. A limit holds at once, also in the middle of a step. */
export class OutletSupply {
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly maxPowerW: bigint;
  readonly aloneW: bigint;
  /** By time; the first one began before all that anybody still asks about. */
  #changes: readonly Change[];
  /** What charges now. */
  flow: Flow | undefined;

  constructor({ clock, maxPowerW, aloneW = maxPowerW }: SupplyConfig) {
    this.#clock = clock;
    this.maxPowerW = maxPowerW;
    this.aloneW = least(aloneW, maxPowerW);
    this.#changes = [{ fromMs: 0, limitW: this.aloneW }];
  }

  /** From now on so much, until the limit lapses. One that comes after its time says nothing: a later one may hold. */
  limit(watts: bigint, lapsesAtMs: number): void {
    const nowMs = this.#clock.nowMs();
    if (lapsesAtMs <= nowMs) return;
    const before = this.#changes.filter(({ fromMs }) => fromMs < nowMs);
    // While nothing flows nobody asks about what was.
    const kept = this.flow === undefined ? before.slice(-1) : before;
    const limited = { fromMs: nowMs, limitW: least(watts, this.maxPowerW) };
    this.#changes = [...kept, limited, { fromMs: lapsesAtMs, limitW: this.aloneW }];
  }

  limitW(atMs: number): bigint {
    return this.#changes.findLast(({ fromMs }) => fromMs <= atMs)?.limitW ?? this.aloneW;
  }

  /** What flows at an instant: the car takes what it wants of what it may. */
  flowingW(atMs: number): bigint {
    return this.flow?.battery.powerW(this.limitW(atMs)) ?? 0n;
  }

  /** The limits of a step that is over, one after the other; what was before it is forgotten. */
  partsOf(fromMs: number, untilMs: number): readonly Part[] {
    const inside = this.#changes.filter((change) => change.fromMs > fromMs && change.fromMs < untilMs);
    const starts = [fromMs, ...inside.map((change) => change.fromMs)];
    const parts = starts.map((startMs, at) => ({
      untilMs: starts[at + 1] ?? untilMs,
      limitW: this.limitW(startMs),
    }));
    const first = this.#changes.findLastIndex((change) => change.fromMs <= untilMs);
    this.#changes = this.#changes.slice(Math.max(0, first));
    return parts;
  }
}
