/** Load forecasting and tariff publication. */
export { backtest, type Backtest, type BacktestOptions } from './backtest/backtest.ts';
export { weatherBounds, type WeatherBounds } from './backtest/weather-bounds.ts';
export { forecastCsv, forecastRows, type ForecastRow } from './backtest/rows.ts';
export type { Comparison, Scores } from './backtest/scores.ts';
export {
  layoutOptions,
  loadCsv,
  type CsvOptions,
  type LoadedData,
  type Provenance,
} from './data/load-csv.ts';
export type { RowError } from './data/rows.ts';
export {
  priceLayoutOptions,
  readPrices,
  type PriceInterval,
  type PriceOptions,
  type PriceTable,
} from './prices/read-prices.ts';
export {
  lastWholeDay,
  marketDay,
  type MarketDay,
  type MarketRule,
  type MarketSlot,
} from './prices/market-tariff.ts';
export { withWeather } from './data/with-weather.ts';
export { fail, ok, type DataError, type Result } from './data/result.ts';
export { dayAfter, forecastDay, predictAnswerOf } from './jobs/forecast-day.ts';
export { QUANTILE_LEVELS } from './model/quantiles.ts';
export { providedWeather, type ProvidedWeather, type WeatherProvider } from './weather/open-meteo.ts';
export { PROVIDER_DELAY_MINUTES, type WeatherSettings } from './weather/settings.ts';
export { readWeatherFile, type WeatherFile, type WeatherFileOptions } from './weather/read-weather.ts';
export { spanOf } from './weather/notes.ts';
export { TEMPERATURE_UNITS, type TemperatureUnit } from './weather/unit.ts';
export type { TemperatureMode } from './weather/views.ts';
export { createZone, formatDay, instantOfLocal, parseDay, UnknownZoneError, type Zone } from './time/zone.ts';
export { createForecastClient, type ForecastEngine } from './client/forecast-client.ts';
export type {
  DatasetAnswer,
  DatasetRequest,
  FeedbackAnswer,
  FeedbackRequest,
  ModelsAnswer,
  PredictAnswer,
  PredictRequest,
  TrainRequest,
} from './http/api.ts';
export { createForecastServer, type ForecastServerConfig } from './http/server.ts';
export { forecastHashOf, readForecast, type PublishableForecast } from './publication/forecast.ts';
export {
  gatewayDoor,
  type DoorAnswer,
  type DoorOptions,
  type KnownVersion,
  type LedgerDoor,
} from './publication/ledger-door.ts';
export {
  planTariff,
  policyIdOf,
  type Plan,
  type PlannedTariff,
  type PlanProblem,
} from './publication/plan.ts';
export {
  preCheck,
  publishTariff,
  type BindOutcome,
  type BoundBy,
  BROKEN_LIMITS,
  type BrokenLimit,
  type Publication,
  type PublishInput,
} from './publication/publish.ts';
export { dueDays, nextGateMs, type DueDay } from './schedule/due.ts';
export {
  TariffScheduler,
  type DayPublication,
  type ForecastGap,
  type ScheduleOptions,
} from './schedule/scheduler.ts';
export { standingPrices } from './publication/standing.ts';
export { divideHalfUp, multiplierAt, ratioPpm } from './policy/curve.ts';
export { parsePolicy, policyInForce, type PolicyProblem, type TariffPolicy } from './policy/policy.ts';
export { type LoadSlot, priceDay, type PriceContext, type PricedSlot } from './policy/price-day.ts';
export { type LoadInterval, slotsOfDay } from './policy/slots.ts';
export { ocpiElements, type PricedDay } from './policy/to-ocpi.ts';
export type { DriftState } from './registry/drift.ts';
export type { ModelVersion } from './registry/model-version.ts';
export { readTouRate, type TouFileError } from './tou/read-tou.ts';
export type { TouRate } from './tou/tou-rate.ts';
export { urdbFile, UrdbError, type UrdbRate } from './urdb/rate.ts';
export { urdbToOcpi, type UrdbToOcpiOptions } from './urdb/to-ocpi.ts';
