import {
  backtest,
  createZone,
  forecastHashOf,
  loadCsv,
  parseDay,
  readForecast,
  type PublishableForecast,
} from '@roamgrid/tariff-service';
import { DAYS, GATE_MINUTES, ZONE } from './heat-wave-story.ts';

const WATTS_PER_MW = 1_000_000;
const HOUR_MINUTES = 60;

/** Epoch day of a date of the story. */
export const dayOf = (date: string): number => {
  const day = parseDay(date);
  if (day === undefined) throw new Error(`${date} is no date`);
  return day;
};

/** Day-ahead forecasts of the story's days by the tariff service's model, each from what was known at its gate. */
export function forecastDays(csv: Uint8Array): ReadonlyMap<string, PublishableForecast> {
  const data = loadCsv(csv, createZone(ZONE), {
    timeColumn: 'time_utc',
    valueColumn: 'demand_mw',
    operatorColumn: 'operator_forecast_mw',
    qualityColumn: 'quality',
    qualityOk: 'OKAY',
    label: 'end',
    bareStamps: 'utc',
  });
  if (!data.ok) throw new Error(data.error.message);
  const made = backtest(data.value, {
    fromDay: dayOf(DAYS[0]),
    toDay: dayOf(DAYS[2]),
    gateMinutes: GATE_MINUTES,
    holidays: 'auto',
    temperatureMode: 'actual',
    // The balancing authority publishes its own forecast before the gate.
    usePublished: true,
  });
  if (!made.ok) throw new Error(made.error.message);
  return new Map(
    DAYS.map((date) => {
      const rows = made.value.rows.filter(({ day }) => day === dayOf(date));
      const intervals = rows.map(({ startMs, point, quantiles }) => ({
        startUtc: new Date(startMs).toISOString(),
        minutes: HOUR_MINUTES,
        point: Math.round(point * 1000) / 1000,
        quantiles: quantiles.map((value) => Math.round(value * 1000) / 1000),
      }));
      const forecast = readForecast(
        {
          area: 'DUK',
          modelId: 'heat-wave',
          day: date,
          gateUtc: new Date(rows[0]?.gateMs ?? 0).toISOString(),
          dataSha256: data.value.provenance.sha256,
          forecastHash: forecastHashOf(intervals),
          method: rows[0]?.method ?? 'naive',
          weather: 'none',
          weatherNotes: [],
          levels: [],
          intervals,
        },
        WATTS_PER_MW,
      );
      if (!forecast.ok) throw new Error(forecast.error.message);
      return [date, forecast.value] as const;
    }),
  );
}
