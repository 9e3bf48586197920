import type { CallResult } from '@roamgrid/service-kit';

/** The last answer of each kind, as long as no block came since. */
export interface Unchanged {
  /** @param kind of the question, of which the newest answer is kept; `path` is all of it */
  ask<T>(kind: string, path: string, askNow: () => Promise<CallResult<T>>): Promise<CallResult<T>>;
  /** From now on everything is asked anew. */
  forget(): void;
}

interface Kept {
  readonly at: string;
  readonly path: string;
  readonly answer: CallResult<unknown>;
}

/**
 * Does not ask twice for what only a new block changes. An answer counts for the head that was known before it was asked for: it may be
 * newer than that, never older.
 */
export const createUnchanged = (headAt: () => string | undefined): Unchanged => {
  let kept = new Map<string, Kept>();
  return {
    forget: () => {
      kept = new Map();
    },
    ask: async <T>(kind: string, path: string, askNow: () => Promise<CallResult<T>>) => {
      const at = headAt();
      if (at === undefined) return askNow();
      const known = kept.get(kind);
      // What is kept under a path was asked for by it.
      if (known?.at === at && known.path === path) return known.answer as CallResult<T>;
      const into = kept;
      const answer = await askNow();
      if (answer.ok) into.set(kind, { at, path, answer });
      return answer;
    },
  };
};
