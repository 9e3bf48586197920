import { call, type CallFailure } from '@roamgrid/service-kit';
import { z } from 'zod';
import { DAY_MS, MINUTE_MS } from '../time/zone.ts';
import { WeatherCache } from './cache.ts';
import { weatherSource, type WeatherRow, type WeatherSource } from './source.ts';

/**
 * Weather from a provider that answers as Open-Meteo's previous-runs API does: no key, one value an hour as told by the newest
 * run (`temperature_2m`) and by the runs of at least one, two and three days before that hour (`…_previous_day1` and so on). A
 * value told a day before its hour is no day-ahead forecast for a gate at noon: the afternoon's was made after the gate. So
 * each is given the instant from which it was there, and what a gate sees is chosen hour by hour.
 */
export interface WeatherProvider {
  /** Whole address of the endpoint, such as `…/v1/forecast`; asked with GET. */
  readonly url: string;
  readonly latitude: number;
  readonly longitude: number;
  /** Models by the provider's names; left empty, the provider's own choice. Several are mixed, see `weights.ts`. */
  readonly models: readonly string[];
  readonly cacheDirectory: string;
  /** From the run of a model to its publication. */
  readonly delayMs: number;
  readonly nowMs: () => number;
}

export interface ProvidedWeather {
  readonly sources: readonly WeatherSource[];
  readonly notes: readonly string[];
}

const HOUR_MS = 60 * MINUTE_MS;
/** A month at a time, so that what is over is asked for once. */
const TIMEOUT_MS = 10_000;
const MAX_BYTES = 2 * 1024 * 1024;
/** Requests of one run: five years by month. The rest is told, not asked for. */
const MOST_REQUESTS = 60;
/** Days after a month's end from which its values are taken as final. */
const SETTLED_DAYS = 8;
/** The newest values are asked for again after this. */
const FRESH_MS = HOUR_MS;
const VARIABLE = 'temperature_2m';
/** Days before an hour that its forecasts are asked of: three reach the end of the day after any gate. */
const LEADS = [1, 2, 3] as const;
const KELVIN = 273.15;

const answer = z.object({
  hourly_units: z.record(z.string(), z.string()),
  hourly: z.record(z.string(), z.array(z.union([z.number(), z.string(), z.null()]))),
});
type Answer = z.output<typeof answer>;

/** Weather of every month that a span touches. Whatever cannot be had is told, and the forecast is made without it. */
export async function providedWeather(
  provider: WeatherProvider,
  fromMs: number,
  toMs: number,
): Promise<ProvidedWeather> {
  const cache = new WeatherCache(provider.cacheDirectory);
  const months: { readonly fetchedMs: number; readonly answer: Answer }[] = [];
  const notes: string[] = [];
  let stale = 0;
  let lost = 0;
  let asked = 0;
  let failure: string | undefined;
  for (const month of monthsOf(fromMs, Math.min(toMs, provider.nowMs() + 15 * DAY_MS))) {
    const url = urlOf(provider, month);
    const key = keyOf(url);
    const kept = cache.read(key, answer);
    const isFinal = kept !== undefined && kept.fetchedMs > month.endMs + SETTLED_DAYS * DAY_MS;
    if (kept !== undefined && (isFinal || provider.nowMs() - kept.fetchedMs < FRESH_MS)) {
      months.push(kept);
      continue;
    }
    if (failure === undefined && asked >= MOST_REQUESTS)
      failure = `${MOST_REQUESTS} requests are the most of one run`;
    if (failure === undefined) {
      asked += 1;
      const told = await call({ method: 'GET', url, answer, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES });
      if (told.ok) {
        const fetched = { fetchedMs: provider.nowMs(), answer: told.value };
        cache.write(key, fetched);
        months.push(fetched);
        continue;
      }
      // One that does not answer is not asked for the other months too.
      failure = reasonOf(told.failure);
    }
    if (kept === undefined) lost += 1;
    else {
      stale += 1;
      months.push(kept);
    }
  }
  const host = new URL(provider.url).host;
  if (failure !== undefined) notes.push(`weather of ${host} was not had: ${failure}`);
  if (stale > 0) notes.push(`${stale} months of weather are older ones, kept on disk`);
  if (lost > 0 && months.length > 0) notes.push(`${lost} months have no weather`);
  if (months.length === 0) {
    notes.push('no weather: the forecast is made from load alone');
    return { sources: [], notes };
  }
  try {
    return { sources: sourcesOf(provider, months), notes };
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    return { sources: [], notes: [...notes, `weather of ${host} is not used: ${why}`] };
  }
}

interface Month {
  readonly startMs: number;
  readonly endMs: number;
}

function monthsOf(fromMs: number, toMs: number): readonly Month[] {
  const months: Month[] = [];
  const first = new Date(fromMs);
  for (let at = first.getUTCMonth(); ; at++) {
    const startMs = Date.UTC(first.getUTCFullYear(), at, 1);
    if (startMs > toMs) return months;
    months.push({ startMs, endMs: Date.UTC(first.getUTCFullYear(), at + 1, 1) });
  }
}

function urlOf({ url, latitude, longitude, models, nowMs }: WeatherProvider, month: Month): string {
  const asked = new URL(url);
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
  const furthest = Math.floor((nowMs() + 14 * DAY_MS) / DAY_MS) * DAY_MS;
  for (const [name, value] of Object.entries({
    latitude: String(latitude),
    longitude: String(longitude),
    hourly: [VARIABLE, ...LEADS.map((lead) => `${VARIABLE}_previous_day${lead}`)].join(','),
    ...(models.length > 0 && { models: models.join(',') }),
    start_date: day(month.startMs),
    end_date: day(Math.min(month.endMs - DAY_MS, furthest)),
    timezone: 'GMT',
    timeformat: 'unixtime',
  }))
    asked.searchParams.set(name, value);
  return asked.href;
}

/** What a month is kept under: how far ahead it could be asked for on the day does not matter. */
function keyOf(url: string): string {
  const key = new URL(url);
  key.searchParams.delete('end_date');
  return key.href;
}

function sourcesOf(
  { models, delayMs }: WeatherProvider,
  months: readonly { readonly fetchedMs: number; readonly answer: Answer }[],
): readonly WeatherSource[] {
  // Keys bear the model's name when several were asked for, and none when it was one.
  const suffixes = models.length > 1 ? models.map((model) => `_${model}`) : [''];
  return suffixes.flatMap((suffix, index) => {
    const measured: WeatherRow[] = [];
    const forecasts: WeatherRow[] = [];
    for (const { fetchedMs, answer: told } of months) {
      const times = timesOf(told);
      const columnOf = (name: string): readonly number[] => valuesOf(told, `${name}${suffix}`);
      columnOf(VARIABLE).forEach((celsius, at) => {
        const validMs = times[at];
        if (validMs === undefined || Number.isNaN(celsius)) return;
        // The newest word on an hour that is over is what a thermometer would have said; on one to come it is a forecast.
        const isOver = validMs + HOUR_MS <= fetchedMs;
        (isOver ? measured : forecasts).push({
          validMs,
          issuedMs: isOver ? validMs + HOUR_MS : fetchedMs,
          celsius,
        });
      });
      for (const lead of LEADS)
        columnOf(`${VARIABLE}_previous_day${lead}`).forEach((celsius, at) => {
          const validMs = times[at];
          if (validMs === undefined || Number.isNaN(celsius)) return;
          forecasts.push({ validMs, issuedMs: validMs - lead * DAY_MS + delayMs, celsius });
        });
    }
    const name = models[index] ?? 'provider';
    return [
      ...(measured.length > 0
        ? [weatherSource({ name: `${name} (over)`, kind: 'measured', stepMs: HOUR_MS }, measured)]
        : []),
      ...(forecasts.length > 0
        ? [weatherSource({ name, kind: 'forecast', stepMs: HOUR_MS }, forecasts)]
        : []),
    ];
  });
}

function timesOf({ hourly, hourly_units: units }: Answer): readonly number[] {
  const isUnix = units['time'] === 'unixtime';
  return (hourly['time'] ?? []).map((time) =>
    isUnix ? Number(time) * 1000 : Date.parse(`${String(time)}:00Z`),
  );
}

function valuesOf({ hourly, hourly_units: units }: Answer, name: string): readonly number[] {
  const unit = units[name];
  const toCelsius =
    unit === '°C'
      ? (value: number) => value
      : unit === '°F'
        ? (value: number) => ((value - 32) * 5) / 9
        : unit === 'K'
          ? (value: number) => value - KELVIN
          : undefined;
  const values = hourly[name];
  if (values === undefined) throw new Error(`its answer has no ${name}`);
  if (toCelsius === undefined) throw new Error(`its answer has ${name} in '${unit ?? 'no unit'}'`);
  return values.map((value) => (typeof value === 'number' ? toCelsius(value) : Number.NaN));
}

const reasonOf = (failure: CallFailure): string => {
  if (failure.kind === 'timeout') return `no answer within ${TIMEOUT_MS / 1000} seconds`;
  if (failure.kind === 'unreachable') return 'it cannot be reached';
  return failure.kind === 'protocol' ? failure.detail : failure.problem.title;
};
