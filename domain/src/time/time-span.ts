import { err, ok, type DomainError, type Result } from '../result/index.ts';

declare const spanBrand: unique symbol;

/** From `startMs` up to, not including, `endMs`; both milliseconds since the Unix epoch, UTC. */
export interface TimeSpan {
  readonly startMs: number;
  readonly endMs: number;
  readonly [spanBrand]: true;
}

export type TimeError = DomainError<'TIME_INVALID' | 'SPAN_REVERSED'>;

/** 9999-12-31T23:59:59.999Z: past it, ISO text no longer sorts and years no longer fit four digits. */
const LAST_MS = 253_402_300_799_999;

/** True for a whole millisecond between 1970 and 9999. */
export const isTimeMs = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= LAST_MS;

/** The only maker of a {@link TimeSpan}. An empty span is allowed; it overlaps nothing. */
export const timeSpan = (startMs: number, endMs: number): Result<TimeSpan, TimeError> => {
  for (const bound of [startMs, endMs]) {
    if (!isTimeMs(bound)) {
      return err({
        code: 'TIME_INVALID',
        message: `${bound} is not a time: give whole milliseconds since 1970 in UTC, up to the year 9999`,
      });
    }
  }
  if (endMs < startMs) {
    return err({
      code: 'SPAN_REVERSED',
      message: `the span ends at ${endMs}, before its start at ${startMs}`,
    });
  }
  return ok({ startMs, endMs } as TimeSpan);
};

export const durationMs = (span: TimeSpan): number => span.endMs - span.startMs;

export const spanContains = (span: TimeSpan, atMs: number): boolean =>
  span.startMs <= atMs && atMs < span.endMs;

/** What two spans have in common; nothing when they only touch. */
export const intersection = (a: TimeSpan, b: TimeSpan): TimeSpan | undefined => {
  const startMs = Math.max(a.startMs, b.startMs);
  const endMs = Math.min(a.endMs, b.endMs);
  return startMs < endMs ? ({ startMs, endMs } as TimeSpan) : undefined;
};

export const overlaps = (a: TimeSpan, b: TimeSpan): boolean => intersection(a, b) !== undefined;
