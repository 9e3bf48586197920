import type { Belief } from './belief.ts';
import type { Car } from './cars.ts';
import type { Decide, DecidedBy, Decision, Hungry } from './decide.ts';
import { counted, levelsOf, type Levels, type Site } from './site.ts';

/** One step in which at least one car could charge. */
export interface Step {
  readonly step: number;
  readonly decidedBy: DecidedBy;
  readonly why?: string;
  /** Watt-minutes that cars took of it. */
  readonly taken: number;
  /** Whether a phase or the site was over its limit. */
  readonly isOver: boolean;
}

export interface Run {
  readonly steps: readonly Step[];
  /** Watt-minutes by car, in the order of the cars. */
  readonly drawn: readonly number[];
}

export interface RunOptions {
  readonly belief: Belief;
  /** Divides where a limit binds. */
  readonly decide: Decide;
  /** Divides where none does; all get what they want when it is left out. */
  readonly decideOpen?: Decide;
  /** Told the share that is done, now and then. */
  readonly onProgress?: (share: number) => void;
}

const PROGRESS_EVERY = 2_000;

/** What a car could take in a step, watts: the level that fills it, at most the outlet's. */
const wantOf = (left: number, { every, least, most }: Levels, stepMinutes: number): number => {
  const filling = Math.ceil(left / stepMinutes / every) * every;
  const raised = Math.max(filling, Math.ceil(least / every) * every);
  return Math.min(most, raised);
};

const allWanted: Decide = (hungry) => ({ given: hungry.map(({ want }) => want), decidedBy: 'open' });

const sumByLane = (hungry: readonly Hungry[], levelAt: (at: number) => number, lanes: number): number[] => {
  const sums = new Array<number>(lanes).fill(0);
  hungry.forEach(({ car }, at) => {
    sums[car.lane] = (sums[car.lane] ?? 0) + levelAt(at);
  });
  return sums;
};

/** Cars that are there, step by step; steps in which none is hungry are passed over. */
class Yard {
  readonly #waiting: readonly Car[];
  #next = 0;
  #there: Car[] = [];

  constructor(cars: readonly Car[]) {
    this.#waiting = cars
      .filter(({ firstStep, endStep }) => endStep > firstStep)
      .sort((a, b) => a.firstStep - b.firstStep || a.index - b.index);
  }

  get share(): number {
    return this.#waiting.length === 0 ? 1 : this.#next / this.#waiting.length;
  }

  /** Cars of a step that are not full. */
  at(step: number, isFull: (car: Car) => boolean): readonly Car[] {
    for (let car = this.#waiting[this.#next]; car !== undefined && car.firstStep <= step;) {
      this.#there.push(car);
      car = this.#waiting[(this.#next += 1)];
    }
    this.#there = this.#there.filter((car) => car.endStep > step && !isFull(car));
    return this.#there;
  }

  /** The next step in which somebody comes; undefined when nobody will. */
  nextArrival(): number | undefined {
    return this.#waiting[this.#next]?.firstStep;
  }
}

/**
 * Lives through the stays step by step. A car takes what it is given until it is full, in the last of its steps for a part of the step.
 * Where all can have what they want, they get it, which is what every rule would say, unless something else is asked for; else `decide` divides.
 */
export const run = async (
  cars: readonly Car[],
  site: Site,
  { belief, decide, decideOpen = allWanted, onProgress }: RunOptions,
): Promise<Run> => {
  const levels = levelsOf(site);
  const { room } = levels;
  const drawn = new Array<number>(cars.length).fill(0);
  const placeOf = new Map(cars.map((car, place) => [car.index, place]));
  const drawnBy = ({ index }: Car): number => drawn[placeOf.get(index) ?? -1] ?? 0;
  const yard = new Yard(cars);
  const steps: Step[] = [];
  const canCharge = levels.most > 0;

  for (let step = yard.nextArrival(); step !== undefined && canCharge;) {
    const there = yard.at(step, (car) => drawnBy(car) >= car.need);
    if (there.length === 0) {
      step = yard.nextArrival();
      continue;
    }
    const hungry = there.map((car): Hungry => {
      const left = belief.left(car, drawnBy(car));
      return {
        car,
        left,
        leavesStep: belief.leavesStep(car),
        want: wantOf(left, levels, site.stepMinutes),
      };
    });
    const wanted = sumByLane(hungry, (at) => hungry[at]?.want ?? 0, site.phases);
    const isOpen = wanted.every((sum) => sum <= room);
    const decision = await (isOpen ? decideOpen : decide)(hungry, step);
    steps.push(apply(hungry, decision, step));
    if (steps.length % PROGRESS_EVERY === 0) onProgress?.(yard.share);
    step += 1;
  }
  return { steps, drawn };

  function apply(hungry: readonly Hungry[], { given, decidedBy, why }: Decision, step: number): Step {
    let taken = 0;
    hungry.forEach(({ car }, at) => {
      const took = Math.min((given[at] ?? 0) * site.stepMinutes, car.need - drawnBy(car));
      drawn[placeOf.get(car.index) ?? -1] = drawnBy(car) + took;
      taken += took;
    });
    const byLane = sumByLane(hungry, (at) => given[at] ?? 0, site.phases);
    const power = byLane.reduce((sum, lane) => sum + lane, 0);
    const isOver = byLane.some((lane) => lane > room) || power > counted(site.limitW);
    return { step, decidedBy, taken, isOver, ...(why !== undefined && { why }) };
  }
};
