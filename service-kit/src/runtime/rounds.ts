import type { Logger } from '../log/logger.ts';

/** Work that is done over and over, one round at a time. */
export interface Rounds {
  /** Waits for the round that runs, and begins no other. */
  stop(): Promise<void>;
}

/** A round that fails is logged and tried again, at longer and longer intervals up to this many times the usual one … */
const SLOWEST = 16;
/** … and no longer than this, or the usual one: what was away is found again soon after it is back. */
const LONGEST_MS = 10_000;

/** Runs `round` every `everyMs`, never two at once. */
export const startRounds = (
  name: string,
  everyMs: number,
  round: () => Promise<void>,
  log: Logger,
): Rounds => {
  let stopped = false;
  let slow = 1;
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  const next = (): void => {
    if (stopped) return;
    timer = setTimeout(
      () => {
        running = round()
          .then(() => {
            slow = 1;
          })
          .catch((thrown: unknown) => {
            slow = Math.min(slow * 2, SLOWEST);
            if (!stopped) log.warn({ err: thrown, round: name }, 'round failed');
          })
          .finally(next);
      },
      Math.min(everyMs * slow, Math.max(everyMs, LONGEST_MS)),
    );
  };
  next();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
};
