import {
  sharedSecretAuth,
  createService,
  type Logger,
  reply,
  route,
  type Service,
} from '@roamgrid/service-kit';
import {
  datasetAnswer,
  datasetRequest,
  feedbackAnswer,
  feedbackRequest,
  modelsAnswer,
  predictAnswer,
  predictRequest,
  trainAnswer,
  trainRequest,
} from './api.ts';
import { problems } from './problems.ts';
import type { WeatherSettings } from '../weather/settings.ts';
import { ForecastService } from './service.ts';

export interface ForecastServerConfig {
  readonly stateDirectory: string;
  /** Shared secrets that open the service, each at least 32 characters; several allow a change without a gap. */
  readonly tokens: readonly string[];
  readonly logger: Logger;
  readonly nowMs?: () => number;
  /** Where weather is asked for; the network may be away: forecasts are made without it and say so. */
  readonly weather?: WeatherSettings;
}

const FILE_LIMIT_BYTES = 64 * 1024 * 1024;

/**
 * The forecasting service over HTTP. Every route asks for a bearer token; `/healthz`, `/readyz`, `/metrics` and
 * `/openapi.json` tell nothing about anybody.
 * @throws ZodError when the weather's settings are wrong.
 * @throws RangeError when no token is given or one is too short to keep anybody out.
 */
export function createForecastServer(config: ForecastServerConfig): Service {
  const auth = sharedSecretAuth(config.tokens, 'operator');
  const forecasts = new ForecastService(config.stateDirectory, config.nowMs ?? Date.now, config.weather);
  const service = createService({
    name: 'tariff-service',
    version: '0.1.0',
    logger: config.logger,
    problems,
    rateLimit: { windowMs: 60_000, requests: 600 },
  });
  service.addRoutes([
    route({
      method: 'post',
      path: '/datasets',
      summary: 'Check and keep a load history',
      auth,
      body: datasetRequest,
      bodyLimitBytes: FILE_LIMIT_BYTES,
      answers: { 201: datasetAnswer },
      problems: ['DATASET_REFUSED', 'SCHEMA_UNCLEAR'],
      handler: async ({ body }) => reply(201, await forecasts.addDataset(body)),
    }),
    route({
      method: 'post',
      path: '/train',
      summary: 'Train a version, score it and the one in force, and promote it when it is not worse',
      auth,
      body: trainRequest,
      answers: { 201: trainAnswer },
      problems: ['DATASET_UNKNOWN', 'JOB_REFUSED'],
      handler: async ({ body }) => reply(201, await forecasts.train(body)),
    }),
    route({
      method: 'post',
      path: '/predict',
      summary: 'Forecast one local day from what is known at its gate',
      auth,
      body: predictRequest,
      answers: { 200: predictAnswer },
      problems: ['AREA_UNKNOWN', 'JOB_REFUSED'],
      handler: async ({ body }) => reply(200, await forecasts.predict(body)),
    }),
    route({
      method: 'post',
      path: '/feedback',
      summary: 'Tell what was measured; answers how the forecasts are doing',
      auth,
      body: feedbackRequest,
      bodyLimitBytes: 2 * 1024 * 1024,
      answers: { 200: feedbackAnswer },
      problems: ['AREA_UNKNOWN'],
      handler: async ({ body }) => reply(200, await forecasts.feedback(body)),
    }),
    route({
      method: 'get',
      path: '/models',
      summary: 'All versions with their data, scores and state, and drift by area',
      auth,
      answers: { 200: modelsAnswer },
      handler: () => Promise.resolve(reply(200, forecasts.models())),
    }),
  ]);
  return {
    ...service,
    get url() {
      return service.url;
    },
    close: async (graceMs) => {
      await service.close(graceMs);
      await forecasts.close();
    },
  };
}
