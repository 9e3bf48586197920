/** Load forecasting and tariff publication. */
export { backtest, type Backtest, type BacktestOptions } from './backtest/backtest.ts';
export { forecastCsv, forecastRows, type ForecastRow } from './backtest/rows.ts';
export type { Comparison, Scores } from './backtest/scores.ts';
export {
  loadCsv,
  type CsvOptions,
  type LoadedData,
  type Provenance,
  type RowError,
} from './data/load-csv.ts';
export type { DataError, Result } from './data/result.ts';
export type { BareStamps, DateOrder } from './data/stamps.ts';
export { QUANTILE_LEVELS } from './model/quantiles.ts';
export type { TemperatureMode } from './model/temperature.ts';
export { createZone, formatDay, parseDay, UnknownZoneError, type Zone } from './time/zone.ts';
