import type { Door } from '../door.ts';

const MOST_DOUBLINGS = 20;
const MAX_FAULT = 500;

/** When what failed is tried again, and why it failed, as its row has it. */
export interface PutOff {
  readonly attempts: number;
  readonly next_at_ms: number;
  readonly fault: string;
}

/** When to try again what failed, and why: twice as long after each time. @param attempts those that failed before this one */
export const laterBecause = (
  { settings: { times }, nowMs }: Pick<Door, 'settings' | 'nowMs'>,
  attempts: number,
  thrown: unknown,
): PutOff => {
  const fault = thrown instanceof Error ? thrown.message : String(thrown);
  const waitMs = Math.min(times.longestRetry, times.firstRetry * 2 ** Math.min(attempts, MOST_DOUBLINGS));
  return { attempts: attempts + 1, next_at_ms: nowMs() + waitMs, fault: fault.slice(0, MAX_FAULT) };
};

/** Does what rows ask for, one after the other; what fails holds up no other row and is put off. */
export const eachOrLater = async <Row extends { readonly attempts: number }>(
  door: Pick<Door, 'settings' | 'nowMs' | 'log'>,
  rows: readonly Row[],
  {
    run,
    putOff,
    told,
  }: {
    readonly run: (row: Row) => Promise<void>;
    readonly putOff: (row: Row, later: PutOff) => Promise<unknown>;
    /** For the log: what was not done, and of what. */
    readonly told: (row: Row) => readonly [string, object];
  },
): Promise<void> => {
  for (const row of rows) {
    try {
      await run(row);
    } catch (thrown) {
      const [message, facts] = told(row);
      door.log.info({ err: thrown, ...facts }, message);
      await putOff(row, laterBecause(door, row.attempts, thrown));
    }
  }
};
