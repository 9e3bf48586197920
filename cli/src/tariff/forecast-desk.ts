import { randomBytes } from 'node:crypto';
import { createLogger } from '@roamgrid/service-kit';
import {
  createForecastClient,
  createForecastServer,
  type DatasetAnswer,
  type ModelVersion,
  type PredictAnswer,
} from '@roamgrid/tariff-service';
import type { HourlyDemand } from '../system/grid-demand.ts';

/** A forecasting service of the local system, trained once on the recorded history of an area. */
export interface ForecastDesk {
  /** What it knows so far; training goes on beside. */
  readonly state: ForecastDeskState;
  close(): Promise<void>;
}

export type ForecastDeskState =
  | { readonly kind: 'working' }
  | { readonly kind: 'failed'; readonly why: string }
  | {
      readonly kind: 'ready';
      readonly dataset: DatasetAnswer;
      readonly model: ModelVersion;
      readonly days: readonly PredictAnswer[];
    };

export interface ForecastDeskOptions {
  readonly stateDir: string;
  readonly areaId: string;
  readonly timeZone: string;
  readonly history: readonly HourlyDemand[];
  /** Local days to forecast, `YYYY-MM-DD`. */
  readonly days: readonly string[];
  readonly gateMinutes: number;
  readonly validationDays: number;
}

const WATTS_PER_MW = 1_000_000n;
const TOKEN_BYTES = 32;

const csvOf = (history: readonly HourlyDemand[]): string =>
  [
    'time_utc,demand_mw',
    ...history.map(
      ({ atMs, demandW }) => `${new Date(atMs).toISOString()},${(demandW / WATTS_PER_MW).toString()}`,
    ),
    '',
  ].join('\n');

const valueOf = <T>(result: { ok: true; value: T } | { ok: false; failure: { kind: string } }): T => {
  if (result.ok) return result.value;
  const { failure } = result;
  const told = 'problem' in failure ? (failure.problem as { detail?: string }).detail : undefined;
  throw new Error(told ?? `the forecasting service: ${failure.kind}`);
};

/** Start the service and let it learn; asks it over its own HTTP interface. */
export async function startForecastDesk(options: ForecastDeskOptions): Promise<ForecastDesk> {
  const token = randomBytes(TOKEN_BYTES).toString('hex');
  const service = createForecastServer({
    stateDirectory: options.stateDir,
    tokens: [token],
    logger: createLogger('tariff-service', { level: 'silent' }),
  });
  const client = createForecastClient(await service.listen(), token);
  let state: ForecastDeskState = { kind: 'working' };
  let isClosed = false;
  const learn = async () => {
    const dataset = valueOf(
      await client.addDataset({
        area: options.areaId,
        zone: options.timeZone,
        csv: csvOf(options.history),
        label: 'start',
        timeColumn: 'time_utc',
        valueColumn: 'demand_mw',
      }),
    );
    const model = valueOf(
      await client.train({
        datasetId: dataset.datasetId,
        gateMinutes: options.gateMinutes,
        validationDays: options.validationDays,
      }),
    );
    const days: PredictAnswer[] = [];
    for (const day of options.days) days.push(valueOf(await client.predict({ area: options.areaId, day })));
    state = { kind: 'ready', dataset, model, days };
  };
  const learning = learn().catch((error: unknown) => {
    if (!isClosed) state = { kind: 'failed', why: error instanceof Error ? error.message : String(error) };
  });
  return {
    get state() {
      return state;
    },
    close: async () => {
      isClosed = true;
      await service.close(0);
      await learning;
    },
  };
}
