import type { Dice } from './dice.ts';
import type { Verdict } from './outcome.ts';

/** One input and what came of it. */
export interface Tried {
  readonly verdict: Verdict;
  /** What was asked and answered, for whoever mends it; made only when it is wanted. */
  readonly told: () => string;
}

/** Something that listens, and can be sent what a seed gives. */
export interface Interface {
  readonly name: string;
  /** Its TCP port, or the path of its socket. */
  readonly at: number | string;
  tryOne(dice: Dice, boundMs: number): Promise<Tried>;
  /** Whether it still answers a proper caller. */
  isAlive(): Promise<boolean>;
}
