import { err, ok, type Result } from '../result/index.ts';
import { isTimeMs, type TimeError } from './time-span.ts';

const ISO_UTC = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z$/;

/**
 * Reads an ISO 8601 instant in UTC (`2026-07-31T12:00:00Z`) to milliseconds since the epoch. Dates that do not exist
 * (31 April) are refused: a lenient reader would move them by a day.
 */
export const parseUtcMs = (text: string): Result<number, TimeError> => {
  // check-allow locale: the pattern lets only texts that end in Z through
  const atMs = ISO_UTC.test(text) ? Date.parse(text) : Number.NaN;
  if (isTimeMs(atMs) && new Date(atMs).toISOString().startsWith(text.slice(0, 19))) return ok(atMs);
  return err({
    code: 'TIME_INVALID',
    message: `${JSON.stringify(text.slice(0, 40))} is not an instant in UTC: write it like 2026-07-31T12:00:00Z`,
  });
};

/** `2026-07-31T12:00:00.000Z`. Throws `RangeError` on what {@link isTimeMs} refuses: a broken invariant. */
export const formatUtc = (atMs: number): string => {
  if (!isTimeMs(atMs)) throw new RangeError(`formatUtc: ${atMs} is not a time`);
  return new Date(atMs).toISOString();
};
