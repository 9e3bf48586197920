import type { LoadSeries } from '../data/series.ts';
import type { TemperatureMode } from './views.ts';

/** What the figures of a back-test are worth, by where its temperatures come from. */
export function weatherNotes(
  { weather }: LoadSeries,
  mode: TemperatureMode,
  of: { readonly days: number; readonly uncovered: number },
): readonly string[] {
  if (weather.length === 0) return [];
  const hasForecasts = weather.some(({ kind }) => kind === 'forecast');
  const notes = [
    hasForecasts
      ? 'temperatures after each gate are forecasts that were there at it: this error could have been had'
      : mode === 'actual'
        ? "the target day's measured temperature stands in for a perfect weather forecast: this error is a bound that no forecast reaches; --temperature known forbids it"
        : 'temperature is used up to the gate only',
  ];
  if (of.uncovered > 0)
    notes.push(
      `${of.uncovered} of ${of.days} days have no temperatures of their own: the newest day before the gate is repeated`,
    );
  return notes;
}

/** From when to when there is weather. */
export function spanOf({ weather }: LoadSeries): string {
  const text = (ms: number): string => new Date(ms).toISOString().slice(0, 16);
  const first = Math.min(...weather.map(({ validMs }) => validMs[0] ?? Number.POSITIVE_INFINITY));
  const last = Math.max(...weather.map(({ validMs }) => validMs.at(-1) ?? Number.NEGATIVE_INFINITY));
  return `is from ${text(first)} to ${text(last)} UTC`;
}
