import { isDeepStrictEqual } from 'node:util';

/** One thing that was tried with a peer, and what was other than expected. */
export interface Exercised {
  readonly action: string;
  readonly wrong?: string;
  /** Why it is not for us: then it was not tried. */
  readonly doesNotApply?: string;
}

/** Each action that a peer told something of, beside what it was to tell. */
export const comparedWith = (
  expected: Readonly<Record<string, unknown>>,
  seen: Readonly<Record<string, unknown>>,
): readonly Exercised[] =>
  Object.entries(expected).map(([action, one]) =>
    isDeepStrictEqual(seen[action], one) ? { action } : { action, wrong: JSON.stringify(seen[action]) },
  );
