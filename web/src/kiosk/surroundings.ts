import type { Info } from './api.ts';
import type { Speech } from './words/speech.ts';

/** What a screen needs beside its state. */
export interface Surroundings {
  readonly info: Info;
  readonly speech: Speech;
  /** Run a step; its failure is shown to the driver. */
  readonly run: (step: () => Promise<unknown>) => void;
}
