import { setTimeout as sleep } from 'node:timers/promises';
import { NativeNetworkError } from '../errors.ts';

const PAUSE_MS = 200;

/** Repeats `attempt` until it returns something other than undefined. Throws `TIMED_OUT`, saying what was awaited. */
export async function until<T>(
  what: string,
  limitMs: number,
  attempt: () => Promise<T | undefined>,
): Promise<T> {
  const endMs = Date.now() + limitMs;
  for (;;) {
    const result = await attempt();
    if (result !== undefined) return result;
    if (Date.now() > endMs)
      throw new NativeNetworkError('TIMED_OUT', `${what} did not happen within ${limitMs / 1000} s`);
    await sleep(PAUSE_MS);
  }
}

/** Repeats a command that fails while a young network settles: no leader yet, connections still opening. */
export async function whileSettling<T>(limitMs: number, command: () => Promise<T>): Promise<T> {
  const endMs = Date.now() + limitMs;
  for (;;) {
    try {
      return await command();
    } catch (error) {
      const settling =
        /SERVICE_UNAVAILABLE|no Raft leader|nodes are alive|connection refused|context deadline exceeded|no leader/i;
      if (Date.now() > endMs || !settling.test(String(error))) throw error;
      await sleep(PAUSE_MS);
    }
  }
}
