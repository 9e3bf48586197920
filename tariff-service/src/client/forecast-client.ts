import { call, type CallResult } from '@roamgrid/service-kit';
import type { z } from 'zod';
import {
  type DatasetAnswer,
  datasetAnswer,
  type DatasetRequest,
  type FeedbackAnswer,
  feedbackAnswer,
  type FeedbackRequest,
  type ModelsAnswer,
  modelsAnswer,
  type PredictAnswer,
  predictAnswer,
  type PredictRequest,
  trainAnswer,
  type TrainRequest,
} from '../http/api.ts';
import type { ModelVersion } from '../registry/model-version.ts';

/** What the rest of the system asks of a forecasting engine, whichever stands behind it. */
export interface ForecastEngine {
  addDataset(request: DatasetRequest): Promise<CallResult<DatasetAnswer>>;
  train(request: TrainRequest): Promise<CallResult<ModelVersion>>;
  predict(request: PredictRequest): Promise<CallResult<PredictAnswer>>;
  feedback(request: FeedbackRequest): Promise<CallResult<FeedbackAnswer>>;
  models(): Promise<CallResult<ModelsAnswer>>;
}

const TRAIN_TIMEOUT_MS = 10 * 60_000;
const TIMEOUT_MS = 2 * 60_000;
const LARGEST_ANSWER_BYTES = 8 * 1024 * 1024;

/** An engine reached over HTTP; answers are checked before anybody sees them. */
export function createForecastClient(url: string, token: string): ForecastEngine {
  const ask = <T extends z.ZodType>(
    method: 'GET' | 'POST',
    path: string,
    answer: T,
    timeoutMs: number,
    body?: unknown,
  ): Promise<CallResult<z.output<T>>> =>
    call({
      method,
      url: new URL(path, url).href,
      headers: { authorization: `Bearer ${token}` },
      answer,
      timeoutMs,
      maxBytes: LARGEST_ANSWER_BYTES,
      ...(body !== undefined && { body }),
    });
  return {
    addDataset: (request) => ask('POST', '/datasets', datasetAnswer, TIMEOUT_MS, request),
    train: (request) => ask('POST', '/train', trainAnswer, TRAIN_TIMEOUT_MS, request),
    predict: (request) => ask('POST', '/predict', predictAnswer, TIMEOUT_MS, request),
    feedback: (request) => ask('POST', '/feedback', feedbackAnswer, TIMEOUT_MS, request),
    models: () => ask('GET', '/models', modelsAnswer, TIMEOUT_MS),
  };
}
