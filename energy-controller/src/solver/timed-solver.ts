import type { Solver } from '@roamgrid/domain/power';
import { rankedAt } from '../ranked.ts';

/** How long solves took, from the model to the checked answer, ms; null without one. */
export type SolveTimes = { readonly p50: number; readonly p99: number } | null;

/** A solver that notes how long each of its solves took. */
export class TimedSolver {
  readonly #took: number[] = [];
  readonly #solver: Solver;

  constructor(solver: Solver) {
    this.#solver = solver;
  }

  readonly solve: Solver = async (model) => {
    const beganMs = performance.now();
    const answer = await this.#solver(model);
    this.#took.push(performance.now() - beganMs);
    return answer;
  };

  get count(): number {
    return this.#took.length;
  }

  get times(): SolveTimes {
    return this.count === 0 ? null : { p50: rankedAt(this.#took, 0.5), p99: rankedAt(this.#took, 0.99) };
  }
}
