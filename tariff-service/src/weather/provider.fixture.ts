const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Days ahead that the newest run reaches. */
const REACH_DAYS = 5;

/** What a provider knows: the temperature of an instant as a run so many days before it told. */
export interface ProviderWorld {
  readonly nowMs: number;
  readonly unit?: string;
  readonly at: (ms: number, lead: number) => number;
}

/** Answers in the documented shape of the previous-runs API, hour by hour from `start_date` to `end_date`. */
export function providerAnswer(
  query: URLSearchParams,
  { nowMs, unit = '°C', at }: ProviderWorld,
): Record<string, unknown> {
  const models = query.get('models')?.split(',') ?? [];
  const from = Date.parse(`${query.get('start_date') ?? ''}T00:00:00Z`);
  const to = Date.parse(`${query.get('end_date') ?? ''}T23:00:00Z`);
  const times = Array.from({ length: (to - from) / HOUR_MS + 1 }, (_, hour) => from + hour * HOUR_MS);
  const columns = (query.get('hourly')?.split(',') ?? []).flatMap((variable) =>
    (models.length > 1 ? models : ['']).map((model) => {
      const lead = Number(/_previous_day(\d)$/u.exec(variable)?.[1] ?? 0);
      const values = times.map((ms) =>
        ms - lead * DAY_MS > nowMs + (lead === 0 ? REACH_DAYS * DAY_MS : 0) ? null : at(ms, lead),
      );
      return [model === '' ? variable : `${variable}_${model}`, values] as const;
    }),
  );
  return {
    latitude: 52.52,
    longitude: 13.419998,
    generationtime_ms: 0.2,
    utc_offset_seconds: 0,
    timezone: 'GMT',
    timezone_abbreviation: 'GMT',
    elevation: 38,
    hourly_units: Object.fromEntries([
      ['time', 'unixtime'],
      ...columns.map(([name]) => [name, unit]),
    ]) as unknown,
    hourly: Object.fromEntries([['time', times.map((ms) => ms / 1000)], ...columns]),
  };
}
