import { randomBytes } from 'node:crypto';
import { createLogger } from '@roamgrid/service-kit';
import {
  createForecastClient,
  createForecastServer,
  createZone,
  fail,
  formatDay,
  instantOfLocal,
  ok,
  readForecast,
  type DatasetAnswer,
  type ForecastEngine,
  type ForecastGap,
  type ModelVersion,
  type PredictAnswer,
  type PublishableForecast,
  type Result,
  type WeatherSettings,
  type Zone,
} from '@roamgrid/tariff-service';
import type { HourlyDemand } from '../system/grid-demand.ts';

/** A forecasting service of the local system, trained once on the recorded history of an area. */
export interface ForecastDoor {
  readonly url: string;
  readonly token: string;
}

export interface ForecastDesk {
  /** Where its service listens, and what opens it. */
  readonly door: ForecastDoor;
  /** What it knows so far; training goes on beside. */
  readonly state: ForecastDeskState;
  /** The forecast of a local day by what was recorded at its gate; made once, when the model is ready. */
  forecastOf(day: number): Promise<Result<PublishableForecast, ForecastGap>>;
  close(): Promise<void>;
}

export type ForecastDeskState =
  | { readonly kind: 'working' }
  | { readonly kind: 'failed'; readonly why: string }
  | {
      readonly kind: 'ready';
      readonly dataset: DatasetAnswer;
      readonly model: ModelVersion;
      /** By day, ascending. */
      readonly days: readonly PredictAnswer[];
    };

export interface ForecastDeskOptions {
  readonly stateDir: string;
  readonly areaId: string;
  readonly timeZone: string;
  readonly history: readonly HourlyDemand[];
  /** What has been recorded on the ledger since an instant. */
  readonly recordedSince: (fromMs: number) => Promise<readonly HourlyDemand[]>;
  readonly nowMs: () => number;
  readonly gateMinutes: number;
  readonly validationDays: number;
  /** Where the service asks for weather; left out, it asks nobody. */
  readonly weather?: WeatherSettings;
}

const WATTS_PER_MW = 1_000_000;
const TOKEN_BYTES = 32;
const HOUR_MS = 3_600_000;
/** Of the day before the gate so many hours must have been recorded, or the tariff is not moved by guesses. */
const LEAST_HOURS = 12;
/** Readings may come so late and still be learnt from. */
const LOOK_BACK_MS = 14 * 24 * HOUR_MS;

const megawatts = ({ demandW }: HourlyDemand): number => Number(demandW / BigInt(WATTS_PER_MW));

const csvOf = (history: readonly HourlyDemand[]): string =>
  [
    'time_utc,demand_mw',
    ...history.map((hour) => `${new Date(hour.atMs).toISOString()},${megawatts(hour)}`),
    '',
  ].join('\n');

const valueOf = <T>(result: { ok: true; value: T } | { ok: false; failure: { kind: string } }): T => {
  if (result.ok) return result.value;
  const { failure } = result;
  const told = 'problem' in failure ? (failure.problem as { detail?: string }).detail : undefined;
  throw new Error(told ?? `the forecasting service: ${failure.kind}`);
};

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What the desk has learnt: the data set, the model in force, and the hours that it knows. */
interface Learnt {
  readonly dataset: DatasetAnswer;
  readonly model: ModelVersion;
}

/** Start the service and let it learn; asks it over its own HTTP interface. */
export async function startForecastDesk(options: ForecastDeskOptions): Promise<ForecastDesk> {
  const token = randomBytes(TOKEN_BYTES).toString('hex');
  const service = createForecastServer({
    stateDirectory: options.stateDir,
    tokens: [token],
    logger: createLogger('tariff-service', { level: 'silent' }),
    nowMs: options.nowMs,
    ...(options.weather !== undefined && { weather: options.weather }),
  });
  const url = await service.listen();
  const desk = new Desk(createForecastClient(url, token), options);
  return {
    door: { url, token },
    get state() {
      return desk.state;
    },
    forecastOf: (day) => desk.forecastOf(day),
    close: async () => {
      await service.close(0);
      await desk.settled();
    },
  };
}

class Desk {
  readonly #client: ForecastEngine;
  readonly #options: ForecastDeskOptions;
  readonly #zone: Zone;
  readonly #hours: Set<number>;
  readonly #days = new Map<number, PredictAnswer>();
  readonly #learning: Promise<Result<Learnt, string>>;
  #learnt: Result<Learnt, string> | undefined;
  #work: Promise<unknown> = Promise.resolve();
  readonly #historyEndMs: number;

  constructor(client: ForecastEngine, options: ForecastDeskOptions) {
    this.#client = client;
    this.#options = options;
    this.#zone = createZone(options.timeZone);
    this.#hours = new Set(options.history.map(({ atMs }) => atMs));
    this.#historyEndMs = (options.history.at(-1)?.atMs ?? 0) + HOUR_MS;
    this.#learning = this.#learn().then(ok, (error: unknown) => fail(wordsOf(error)));
    void this.#learning.then((learnt) => (this.#learnt = learnt));
  }

  get state(): ForecastDeskState {
    if (this.#learnt === undefined) return { kind: 'working' };
    if (!this.#learnt.ok) return { kind: 'failed', why: this.#learnt.error };
    const days = [...this.#days].sort(([a], [b]) => a - b).map(([, answer]) => answer);
    return { kind: 'ready', ...this.#learnt.value, days };
  }

  async settled(): Promise<void> {
    await this.#learning;
    await this.#work;
  }

  async #learn(): Promise<Learnt> {
    const { areaId, timeZone, history, gateMinutes, validationDays } = this.#options;
    const dataset = valueOf(
      await this.#client.addDataset({
        area: areaId,
        zone: timeZone,
        csv: csvOf(history),
        label: 'start',
        timeColumn: 'time_utc',
        valueColumn: 'demand_mw',
      }),
    );
    const { datasetId } = dataset;
    const model = valueOf(await this.#client.train({ datasetId, gateMinutes, validationDays }));
    return { dataset, model };
  }

  forecastOf(day: number): Promise<Result<PublishableForecast, ForecastGap>> {
    const made = this.#work.then(() => this.#forecastOf(day));
    this.#work = made;
    return made;
  }

  async #forecastOf(day: number): Promise<Result<PublishableForecast, ForecastGap>> {
    const gap = (code: ForecastGap['code'], message: string) => fail({ code, message });
    const learnt = await this.#learning;
    if (!learnt.ok) return gap('FORECAST_MISSING', `no model: ${learnt.error}`);
    try {
      const known = this.#days.get(day);
      if (known === undefined) {
        await this.#takeActuals(day);
        const hours = this.#hoursBefore(day);
        if (hours < LEAST_HOURS) {
          const message = `${hours} of the 24 hours before the gate are on the ledger, ${LEAST_HOURS} are needed`;
          return gap('DATA_TOO_OLD', message);
        }
      }
      const answer =
        known ?? valueOf(await this.#client.predict({ area: this.#options.areaId, day: formatDay(day) }));
      this.#days.set(day, answer);
      const read = readForecast(answer, WATTS_PER_MW);
      return read.ok ? read : gap('FORECAST_MISSING', read.error.message);
    } catch (error) {
      return gap('FORECAST_MISSING', wordsOf(error));
    }
  }

  /** Feeds back what was recorded in the weeks before the gate and is not known yet, also what came late. */
  async #takeActuals(day: number): Promise<void> {
    const fromMs = Math.max(this.#historyEndMs, this.#gateMs(day) - LOOK_BACK_MS);
    const recorded = await this.#options.recordedSince(fromMs);
    const hours = recorded.filter(({ atMs }) => !this.#hours.has(atMs));
    if (hours.length === 0) return;
    const actuals = hours.map((hour) => ({
      startUtc: new Date(hour.atMs).toISOString(),
      value: megawatts(hour),
    }));
    valueOf(await this.#client.feedback({ area: this.#options.areaId, actuals }));
    for (const { atMs } of hours) this.#hours.add(atMs);
  }

  #gateMs(day: number): number {
    return instantOfLocal(this.#zone, day - 1, this.#options.gateMinutes);
  }

  #hoursBefore(day: number): number {
    const gateMs = this.#gateMs(day);
    return Array.from({ length: 24 }, (_, hour) => gateMs - (hour + 1) * HOUR_MS).filter((atMs) =>
      this.#hours.has(atMs),
    ).length;
  }
}
