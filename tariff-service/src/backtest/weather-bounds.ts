import type { LoadedData } from '../data/load-csv.ts';
import { backtest, type BacktestOptions } from './backtest.ts';

/** Errors of the same days with less weather and with more than anybody had, in percent; undefined where the files give no ground. */
export interface WeatherBounds {
  readonly loadAloneMapePercent: number | undefined;
  /** With the measured temperatures of the target day: no forecast of the weather is that good. */
  readonly measuredMapePercent: number | undefined;
}

/** Runs the back-test again without weather, and with the measured temperatures of each target day. */
export function weatherBounds(data: LoadedData, options: BacktestOptions): WeatherBounds {
  const measured = data.series.weather.filter(({ kind }) => kind === 'measured');
  const mapeWith = (weather: typeof measured): number | undefined => {
    const run = backtest(
      { ...data, series: { ...data.series, weather } },
      { ...options, temperatureMode: 'actual' },
    );
    return run.ok ? run.value.scores.mapePercent : undefined;
  };
  return {
    loadAloneMapePercent: mapeWith([]),
    measuredMapePercent: measured.length === 0 ? undefined : mapeWith(measured),
  };
}
