import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something is so. */
export const until = async (what: string, isSo: () => boolean | Promise<boolean>): Promise<void> => {
  const givesUpMs = performance.now() + 30_000;
  while (!(await isSo())) {
    if (performance.now() > givesUpMs) throw new Error(`not within 30 s: ${what}`);
    await sleep(5);
  }
};
