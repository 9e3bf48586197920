import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something is so. */
export const until = async <T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
): Promise<T> => {
  for (let tries = 0; tries < 600; tries += 1) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    await sleep(25);
  }
  return assert.fail(`waited for ${what}`);
};
