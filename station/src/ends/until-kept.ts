import { setTimeout as sleep } from 'node:timers/promises';

const AGAIN_AFTER_MS = 500;

/** What the file system says, and nothing else does that a station asks. */
export const isDiskFault = (thrown: unknown): boolean =>
  thrown instanceof Error && 'syscall' in thrown && 'errno' in thrown;

/**
 * Keeps something now, or as soon as the disk takes it: a full disk is a matter of time, and what would be lost is not. The
 * first try is made before this returns, and none once `closed`: then the journal still has the session, whose end is told at
 * the next start. @throws what is no fault of the disk
 */
export const untilKept = async (keep: () => void, closed: AbortSignal): Promise<void> => {
  while (!closed.aborted) {
    try {
      keep();
      return;
    } catch (thrown) {
      if (!isDiskFault(thrown)) throw thrown;
    }
    await sleep(AGAIN_AFTER_MS, undefined, { ref: false, signal: closed }).catch(() => undefined);
  }
};
