import { setTimeout as sleep } from 'node:timers/promises';

/** Bounds on how long a command is pursued. */
export interface RetryLimits {
  /** New proposals after a version conflict. */
  readonly conflicts: number;
  /** New proposals after a failed endorsement that no contract refused. */
  readonly endorsements: number;
  /** Questions for the status of a submitted transaction. */
  readonly polls: number;
  readonly pauseMs: number;
  readonly maxPauseMs: number;
}

export const DEFAULT_RETRY: RetryLimits = {
  conflicts: 8,
  endorsements: 7,
  polls: 10,
  pauseMs: 25,
  maxPauseMs: 2_000,
};

/** Waits before the n-th repeat (from 0): doubled each time, and spread so that competitors do not meet again. */
export const pause = async (limits: RetryLimits, attempt: number): Promise<void> => {
  const longest = Math.min(limits.maxPauseMs, limits.pauseMs * 2 ** attempt);
  await sleep(longest / 2 + Math.random() * (longest / 2));
};
