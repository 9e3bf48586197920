/** One thing that a check found, at a place that an editor can open. */
export interface Problem {
  /** From the root of the repository, with forward slashes. */
  readonly file: string;
  /** From 1; absent when the whole file is meant. */
  readonly line?: number;
  readonly rule: string;
  readonly message: string;
}

/** What a check looked at and what it found there. */
export interface Outcome {
  /** How much was looked at, so that a check that sees nothing is noticed: `236 modules`. */
  readonly covered: string;
  readonly problems: readonly Problem[];
}

export const describeProblem = ({ file, line, rule, message }: Problem): string =>
  `${file}${line === undefined ? '' : `:${line}`}  ${rule}: ${message}`;
