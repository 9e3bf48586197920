import type { Door } from '../door.ts';

const MOST_DOUBLINGS = 20;
const MAX_FAULT = 500;

/** When to try again what failed, and why: twice as long after each time. @param attempts those that failed before this one */
export const laterBecause = (
  { settings: { times }, nowMs }: Pick<Door, 'settings' | 'nowMs'>,
  attempts: number,
  thrown: unknown,
): { readonly attempts: number; readonly next_at_ms: number; readonly fault: string } => {
  const fault = thrown instanceof Error ? thrown.message : String(thrown);
  const waitMs = Math.min(times.longestRetry, times.firstRetry * 2 ** Math.min(attempts, MOST_DOUBLINGS));
  return { attempts: attempts + 1, next_at_ms: nowMs() + waitMs, fault: fault.slice(0, MAX_FAULT) };
};
