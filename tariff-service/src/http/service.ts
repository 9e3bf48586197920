import { ServiceError } from '@roamgrid/service-kit';
import { z } from 'zod';
import { predictAnswerOf } from '../jobs/forecast-day.ts';
import type { JobAnswer, JobData } from '../jobs/job.ts';
import { JobQueue } from '../jobs/run-job.ts';
import { dayOutcome, type DayOutcome, type DriftState, judgeDrift } from '../registry/drift.ts';
import { mayPromote, modelVersion, type ModelVersion, withVersion } from '../registry/model-version.ts';
import { FileStore } from '../registry/store.ts';
import { MINUTE_MS, parseDay } from '../time/zone.ts';
import { jobWeather, weatherSettings, type WeatherSettings } from '../weather/settings.ts';
import {
  type DatasetAnswer,
  type datasetRequest,
  type FeedbackAnswer,
  type feedbackRequest,
  type ModelsAnswer,
  predictAnswer,
} from './api.ts';
import type { PredictAnswer, predictRequest, trainRequest } from './api.ts';
import { addDataset, findDataset, type StoredDataset } from './datasets.ts';

const actualsFile = z.record(z.string(), z.number());

/** The use cases behind the HTTP interface. State is files; jobs run on threads of their own. */
export class ForecastService {
  readonly #store: FileStore;
  readonly #jobs = new JobQueue();
  readonly #nowMs: () => number;
  readonly #weather: z.output<typeof weatherSettings> | undefined;
  #writes: Promise<unknown> = Promise.resolve();

  constructor(stateDirectory: string, nowMs: () => number, weather?: WeatherSettings) {
    this.#store = new FileStore(stateDirectory);
    this.#nowMs = nowMs;
    this.#weather = weather === undefined ? undefined : weatherSettings.parse(weather);
  }

  close(): Promise<void> {
    return this.#jobs.close();
  }

  async addDataset(request: z.output<typeof datasetRequest>): Promise<DatasetAnswer> {
    return (await addDataset(this.#store, request)).answer;
  }

  /** Trains and scores a version, and the one in force on the same days; the better one is in force afterwards. */
  async train(request: z.output<typeof trainRequest>): Promise<ModelVersion> {
    const { datasetId, validationDays, ...settings } = request;
    const dataset = findDataset(this.#store, datasetId);
    const { area, provenance } = dataset.answer;
    const startedMs = performance.now();
    const data = this.#jobData(dataset);
    const challenger = validated(
      await this.#jobs.run({ kind: 'validate', data, settings, days: validationDays }),
    );
    const seconds = (performance.now() - startedMs) / 1000;
    return this.#exclusively(async () => {
      const versions = this.#versions(area);
      const inForce = versions.find((version) => version.status === 'promoted');
      const rival =
        inForce === undefined
          ? undefined
          : validated(
              await this.#jobs.run({
                kind: 'validate',
                data,
                settings: inForce.settings,
                days: validationDays,
              }),
            ).scores;
      const version = versions.length + 1;
      const next: ModelVersion = {
        modelId: `${area}.v${version}`,
        area,
        version,
        datasetId,
        dataSha256: provenance.sha256,
        dataCutUtc: provenance.lastStartUtc,
        settings,
        features: [...challenger.features],
        scores: challenger.scores,
        ...(rival !== undefined && { rivalScores: rival }),
        status: mayPromote(challenger.scores, rival) ? 'promoted' : 'refused',
        trainedAt: new Date(this.#nowMs()).toISOString(),
        seconds: Math.round(seconds * 1000) / 1000,
      };
      await this.#store.write(JSON.stringify(withVersion(versions, next)), 'models', `${area}.json`);
      return next;
    });
  }

  /** The day-ahead forecast of a local day by the version in force, kept for later scoring. */
  async predict(request: z.output<typeof predictRequest>): Promise<PredictAnswer> {
    const inForce = this.#inForce(request.area);
    const dataset = findDataset(this.#store, inForce.datasetId);
    const day = parseDay(request.day);
    if (day === undefined) throw new ServiceError('JOB_REFUSED', `${request.day} is no date`);
    const made = await this.#jobs.run({
      kind: 'forecast',
      data: this.#jobData(dataset),
      settings: inForce.settings,
      day,
    });
    if (made.kind !== 'forecast') throw refusal(made);
    const answer = predictAnswerOf(made, {
      area: request.area,
      modelId: inForce.modelId,
      dataSha256: inForce.dataSha256,
      day,
    });
    await this.#store.write(JSON.stringify(answer), 'forecasts', request.area, `${answer.day}.json`);
    return answer;
  }

  /** Takes measured values, which later forecasts use, scores what had been forecast for them, and judges drift. */
  feedback(request: z.output<typeof feedbackRequest>): Promise<FeedbackAnswer> {
    const inForce = this.#inForce(request.area);
    const { answer } = findDataset(this.#store, inForce.datasetId);
    const stepMs = answer.report.stepMinutes * MINUTE_MS;
    const originMs = Date.parse(answer.provenance.firstStartUtc);
    return this.#exclusively(async () => {
      const actuals = this.#actuals(request.area);
      let [accepted, replaced, refused] = [0, 0, 0];
      for (const { startUtc, value } of request.actuals) {
        const ms = Date.parse(startUtc);
        const ahead = ms - this.#nowMs();
        if ((ms - originMs) % stepMs !== 0 || ms < originMs || ahead > 0) {
          refused++;
          continue;
        }
        const key = new Date(ms).toISOString();
        if (actuals[key] !== undefined && actuals[key] !== value) replaced++;
        actuals[key] = value;
        accepted++;
      }
      await this.#store.write(JSON.stringify(actuals), 'actuals', `${request.area}.json`);
      return { accepted, replaced, refused, drift: this.#drift(inForce, actuals) };
    });
  }

  models(): ModelsAnswer {
    const areas = this.#store.list('models').map((file) => {
      const area = file.replace(/\.json$/u, '');
      const versions = [...this.#versions(area)];
      const inForce = versions.find((version) => version.status === 'promoted');
      const drift = inForce === undefined ? judgeDrift([], null) : this.#drift(inForce, this.#actuals(area));
      return { area, drift, versions };
    });
    return { areas };
  }

  #drift(inForce: ModelVersion, actuals: Readonly<Record<string, number>>): DriftState {
    const outcomes = this.#store.list('forecasts', inForce.area).flatMap((file) => {
      const forecast = predictAnswer.parse(
        JSON.parse(this.#store.read('forecasts', inForce.area, file) ?? '{}'),
      );
      return forecast.modelId === inForce.modelId ? outcomeOf(forecast, actuals) : [];
    });
    return judgeDrift(outcomes, inForce.scores.mapePercent);
  }

  #inForce(area: string): ModelVersion {
    const inForce = this.#versions(area).find((version) => version.status === 'promoted');
    if (inForce === undefined) throw new ServiceError('AREA_UNKNOWN', `no model is in force for ${area}`);
    return inForce;
  }

  #versions(area: string): readonly ModelVersion[] {
    return z.array(modelVersion).parse(JSON.parse(this.#store.read('models', `${area}.json`) ?? '[]'));
  }

  #actuals(area: string): Record<string, number> {
    return actualsFile.parse(JSON.parse(this.#store.read('actuals', `${area}.json`) ?? '{}'));
  }

  #jobData(dataset: StoredDataset): JobData {
    const { area, datasetId } = dataset.answer;
    const actuals = Object.entries(this.#actuals(area)).map(
      ([utc, value]) => [Date.parse(utc), value] as const,
    );
    const weather = jobWeather(this.#weather, area, this.#store.path('weather'), this.#nowMs());
    return {
      path: this.#store.path('datasets', `${datasetId}.csv`),
      zone: dataset.zone,
      csv: dataset.csv,
      actuals,
      ...(weather !== undefined && { weather }),
    };
  }

  /** Changes to one area's files read, decide and write; two at once would lose one. */
  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#writes.then(work);
    this.#writes = next.catch(() => undefined);
    return next;
  }
}

function validated(answer: JobAnswer): Extract<JobAnswer, { kind: 'validated' }> {
  if (answer.kind !== 'validated') throw refusal(answer);
  return answer;
}

function refusal(answer: JobAnswer): Error {
  return answer.kind === 'refused'
    ? new ServiceError('JOB_REFUSED', answer.message)
    : new Error('a job gave the wrong kind of answer');
}

function outcomeOf(forecast: PredictAnswer, actuals: Readonly<Record<string, number>>): DayOutcome[] {
  const [low, high] = [0.1, 0.9].map((level) =>
    forecast.levels.findIndex((own) => Math.abs(own - level) < 1e-9),
  );
  const pairs = forecast.intervals.flatMap((interval) => {
    const actual = actuals[interval.startUtc];
    return actual === undefined || actual <= 0 ? [] : [{ interval, actual }];
  });
  if (pairs.length === 0) return [];
  const inside = pairs.filter(
    ({ interval, actual }) =>
      actual >= (interval.quantiles[low ?? 0] ?? 0) && actual <= (interval.quantiles[high ?? 0] ?? 0),
  );
  const error = pairs.reduce(
    (sum, { interval, actual }) => sum + (100 * Math.abs(interval.point - actual)) / actual,
    0,
  );
  return [
    dayOutcome.parse({
      day: forecast.day,
      modelId: forecast.modelId,
      scored: pairs.length,
      mapePercent: error / pairs.length,
      inside80Percent: (100 * inside.length) / pairs.length,
    }),
  ];
}
