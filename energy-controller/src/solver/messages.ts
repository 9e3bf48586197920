import type { ModelData } from './model-data.ts';

/** To the solver's thread. */
export interface Question {
  readonly id: number;
  readonly model: ModelData;
  readonly timeLimitS: number;
}

/** From it: the values of an optimal solution, or why there is none. */
export interface Answer {
  readonly id: number;
  readonly values?: Float64Array;
  readonly fault?: string;
}

/** The id of the message that says that the thread is there; questions count from 1. */
export const READY = 0;
