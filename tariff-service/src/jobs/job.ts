import type { CsvOptions } from '../data/load-csv.ts';
import type { ForecastMethod } from '../model/forecaster.ts';
import type { ModelSettings, VersionScores } from '../registry/model-version.ts';
import type { JobWeather } from '../weather/settings.ts';

/** What every job reads: a stored file, how to read it, and actuals that came later. */
export interface JobData {
  readonly path: string;
  readonly zone: string;
  readonly csv: CsvOptions;
  readonly actuals: readonly (readonly [startMs: number, value: number])[];
  readonly weather?: JobWeather;
}

export type Job =
  | {
      readonly kind: 'validate';
      readonly data: JobData;
      readonly settings: ModelSettings;
      readonly days: number;
    }
  | {
      readonly kind: 'forecast';
      readonly data: JobData;
      readonly settings: ModelSettings;
      readonly day: number;
    };

/** What a forecast had of the weather of its day: nothing at all, temperatures that were there, or the newest day's repeated. */
export type WeatherUse = 'none' | 'used' | 'repeated';

export interface JobInterval {
  readonly startMs: number;
  readonly point: number;
  readonly quantiles: readonly number[];
}

export type JobAnswer =
  | { readonly kind: 'validated'; readonly scores: VersionScores; readonly features: readonly string[] }
  | {
      readonly kind: 'forecast';
      readonly gateMs: number;
      readonly method: ForecastMethod;
      readonly stepMinutes: number;
      readonly weather: WeatherUse;
      readonly weatherNotes: readonly string[];
      readonly intervals: readonly JobInterval[];
    }
  | { readonly kind: 'refused'; readonly message: string };
