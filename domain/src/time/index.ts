export { formatUtc, parseUtcMs } from './iso-utc.ts';
export {
  durationMs,
  intersection,
  isTimeMs,
  overlaps,
  spanContains,
  timeSpan,
  type TimeError,
  type TimeSpan,
} from './time-span.ts';
