import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { fail, ok, type Result } from '../data/result.ts';
import { predictAnswer } from '../http/api.ts';
import type { LoadInterval } from '../policy/slots.ts';

/** A day's forecast as a publication cites it. */
export interface PublishableForecast {
  /** SHA-256 of the canonical JSON of the intervals. */
  readonly forecastHash: string;
  /** Nothing measured later than this went into the forecast. */
  readonly dataCutMs: number;
  readonly intervals: readonly LoadInterval[];
}

export interface ForecastProblem {
  readonly code: 'FORECAST_INVALID' | 'FORECAST_ALTERED';
  /** What is wrong and what to do. */
  readonly message: string;
}

type Answer = z.output<typeof predictAnswer>;

/** Hash by which a forecast's intervals are cited. */
export const forecastHashOf = (intervals: Answer['intervals']): string =>
  createHash('sha256').update(JSON.stringify(intervals)).digest('hex');

/**
 * Checks an answer of the forecasting API (`POST /predict`), also one from a file, and turns it into integer watts.
 * @param wattsPerUnit watts in one unit of the forecast's values: 1,000,000 for a series in MW
 */
export function readForecast(
  json: unknown,
  wattsPerUnit: number,
): Result<PublishableForecast, ForecastProblem> {
  const parsed = predictAnswer.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = `/${issue?.path.join('/') ?? ''}`;
    return fail({ code: 'FORECAST_INVALID', message: `${where}: ${issue?.message ?? 'no forecast'}` });
  }
  const { intervals, forecastHash, gateUtc } = parsed.data;
  if (forecastHashOf(intervals) !== forecastHash) {
    return fail({
      code: 'FORECAST_ALTERED',
      message: 'the intervals do not hash to forecastHash: ask the forecasting service again',
    });
  }
  return ok({
    forecastHash,
    dataCutMs: Date.parse(gateUtc),
    intervals: intervals.map(({ startUtc, minutes, point }) => ({
      startMs: Date.parse(startUtc),
      minutes,
      // A load below zero is none; rounding to whole watts is the model's noise.
      loadW: BigInt(Math.max(0, Math.round(point * wattsPerUnit))),
    })),
  });
}
