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
/** How often a failure of steady rounds is worth a line. */
const SAY_AGAIN_MS = 60_000;

/** `steady` rounds keep their pace while they fail, as those have to that switch something off in time. */
export type Pace = 'slower-when-failing' | 'steady';

/** Runs `round` every `everyMs`, never two at once. */
export const startRounds = (
  name: string,
  everyMs: number,
  round: () => Promise<void>,
  log: Logger,
  pace: Pace = 'slower-when-failing',
): Rounds => {
  let stopped = false;
  let slow = 1;
  let saidAt = -Infinity;
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  const failed = (thrown: unknown): void => {
    if (pace === 'slower-when-failing') slow = Math.min(slow * 2, SLOWEST);
    else if (performance.now() - saidAt < SAY_AGAIN_MS) return;
    saidAt = performance.now();
    if (!stopped) log.warn({ err: thrown, round: name }, 'round failed');
  };
  const next = (): void => {
    if (stopped) return;
    timer = setTimeout(
      () => {
        // One that throws before its first wait has failed like any other, and does not end the process.
        running = Promise.resolve()
          .then(round)
          .then(() => {
            slow = 1;
          })
          .catch(failed)
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
