import type { Car } from './cars.ts';

/** A car that is there and not full, and what is believed of it. */
export interface Hungry {
  readonly car: Car;
  /** Watt-minutes that it is believed to need still; above zero. */
  readonly left: number;
  /** When it is believed to leave, step; undefined when nobody said. */
  readonly leavesStep: number | undefined;
  /** What it could take in this step, watts: a level, or nothing. */
  readonly want: number;
}

/** Who decided a step: `open` when every car could have all that it wanted. */
export type DecidedBy = 'open' | 'rule' | 'plan';

export interface Decision {
  /** Watts by car, in the order of those asked about. */
  readonly given: readonly number[];
  readonly decidedBy: DecidedBy;
  /** Why not the plan’s programme, where one was wanted. */
  readonly why?: string;
}

/** Divides a step in which not everybody can have what they want. */
export type Decide = (hungry: readonly Hungry[], step: number) => Decision | Promise<Decision>;
