import type { WeatherSource } from '../weather/source.ts';
import type { LoadedData } from './load-csv.ts';

/** A load history with weather from elsewhere; its own temperature column, if it has one, is one source more. */
export function withWeather(
  data: LoadedData,
  { sources, notes }: { readonly sources: readonly WeatherSource[]; readonly notes: readonly string[] },
): LoadedData {
  return {
    ...data,
    series: { ...data.series, weather: [...data.series.weather, ...sources] },
    report: { ...data.report, notes: [...data.report.notes, ...notes] },
  };
}
