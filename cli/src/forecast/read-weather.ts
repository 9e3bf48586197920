import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import {
  fail,
  ok,
  PROVIDER_DELAY_MINUTES,
  providedWeather,
  readWeatherFile,
  withWeather,
  type DataError,
  type LoadedData,
  type ProvidedWeather,
  type Result,
} from '@roamgrid/tariff-service';
import type { WeatherOptions } from './weather-options.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;

/** The load history with the weather that the options name. */
export async function readWeather(
  data: LoadedData,
  options: WeatherOptions,
): Promise<Result<LoadedData, DataError>> {
  let all = data;
  for (const path of options.weather ?? []) {
    const file = readOne(path, data, options);
    if (!file.ok) return file;
    all = withWeather(all, file.value);
  }
  const provided = await fromProvider(data, options);
  if (!provided.ok) return provided;
  return ok(withWeather(all, provided.value));
}

function readOne(
  path: string,
  { series: { zone } }: LoadedData,
  options: WeatherOptions,
): Result<ProvidedWeather, DataError> {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch {
    return fail({ code: 'WEATHER_UNREADABLE', message: `cannot read ${path}` });
  }
  const { weatherTimeColumn, weatherHourColumn, weatherIssuedColumn, weatherColumn } = options;
  const { weatherUnit, weatherDateOrder } = options;
  return readWeatherFile(bytes, options.weatherZone ?? zone, zone, {
    name: basename(path),
    label: options.weatherLabel,
    bareStamps: options.weatherBareStamps,
    delayMs: (options.weatherDelay ?? 0) * MINUTE_MS,
    ...(weatherTimeColumn !== undefined && { timeColumn: weatherTimeColumn }),
    ...(weatherHourColumn !== undefined && { hourColumn: weatherHourColumn }),
    ...(weatherIssuedColumn !== undefined && { issuedColumn: weatherIssuedColumn }),
    ...(weatherColumn !== undefined && { temperatureColumns: weatherColumn }),
    ...(weatherUnit !== undefined && { unit: weatherUnit }),
    ...(weatherDateOrder !== undefined && { dateOrder: weatherDateOrder }),
  });
}

async function fromProvider(
  { series }: LoadedData,
  options: WeatherOptions,
): Promise<Result<ProvidedWeather, DataError>> {
  const { weatherProvider: url, latitude, longitude } = options;
  if (url === undefined) return ok({ sources: [], notes: [] });
  if (latitude === undefined || longitude === undefined)
    return fail({ code: 'BAD_OPTION', message: '--weather-provider needs --latitude and --longitude' });
  const stepMs = series.stepMinutes * MINUTE_MS;
  const endMs = series.startMs + series.load.length * stepMs;
  const provider = {
    url,
    latitude,
    longitude,
    models: options.weatherModel ?? [],
    cacheDirectory: options.weatherCache,
    delayMs: (options.weatherDelay ?? PROVIDER_DELAY_MINUTES) * MINUTE_MS,
    nowMs: Date.now,
  };
  return ok(await providedWeather(provider, series.startMs, endMs + 2 * DAY_MS));
}
