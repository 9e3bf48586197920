import { DEFAULT_BACKOFF, type Backoff } from './backoff.ts';

export interface SupervisorSettings {
  /** Told what happens, for a person or a log. */
  readonly progress: (text: string) => void;
  /** A part is gone for good. */
  readonly onGone: (name: string, reason: string) => void;
  /** A part began or ended to serve. */
  readonly onChange: () => void;
  readonly backoff: Backoff;
  /** A part that ran so long before it ended is started again at once. */
  readonly steadyAfterMs: number;
  /** A part that does not come back for so long is gone for good … */
  readonly giveUpAfterMs: number;
  /** … and so is one that ended more often than this in a row soon after it started. */
  readonly mostShortLived: number;
  /** How often a part is asked for its life, and how long it may say nothing. */
  readonly askEveryMs: number;
  readonly hangLimitMs: number;
  /** How long a part may take to end in order. */
  readonly stopLimitMs: number;
  readonly nowMs: () => number;
  readonly random: () => number;
}

export const DEFAULT_SETTINGS: Omit<SupervisorSettings, 'progress' | 'onGone'> = {
  onChange: () => undefined,
  backoff: DEFAULT_BACKOFF,
  steadyAfterMs: 10_000,
  giveUpAfterMs: 300_000,
  mostShortLived: 20,
  askEveryMs: 2_000,
  hangLimitMs: 30_000,
  stopLimitMs: 10_000,
  nowMs: Date.now,
  random: Math.random,
};
