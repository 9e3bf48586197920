import {
  createZone,
  formatDay,
  type ModelVersion,
  type PredictAnswer,
  type TariffPolicy,
  type Zone,
} from '@roamgrid/tariff-service';
import type { ForecastDay, LimitsView, ModelCard, OperationsState } from '@roamgrid/web';
import { auditedDemandPage, auditedTamperingPage, unbilledPage } from '@roamgrid/wire';
import { z } from 'zod';
import type { Ask } from '../system/ask.ts';
import type { RunningUtility } from '../system/utility.ts';
import { termsWith, type DailyTariffs } from './daily-tariffs.ts';
import type { ForecastDesk } from './forecast-desk.ts';
import { ocppState } from './ocpp-state.ts';
import { policyView, publicationDay, tariffsOf } from './operations-tariffs.ts';

/** Gathers what the operations page shows from the utility's own gateway and its forecasting service. */

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const LOAD_HOURS = 48;
const WATTS_PER_MW = 1_000_000;
const UNBILLED_SHOWN = 50;
const TAMPERING_SHOWN = 50;
const MODEL_NOTE =
  'Ridge regressions on calendar, trend, lags and the annual cycle, boosted trees on their residual where they help, ranges by conformal correction. History: EIA-930 demand of Duke Energy Carolinas, moved by whole weeks to end now.';

export interface OperationsSources {
  readonly utility: RunningUtility;
  /** Asks the gateway as the utility's AAA node, which may see the terms of its agreements. */
  readonly insider: Ask;
  readonly homes: readonly string[];
  /** Where operators ask the door to stations that speak OCPP. */
  readonly ocppUrl: string;
  readonly areaId: string;
  readonly timeZone: string;
  readonly desk: ForecastDesk;
  readonly daily: DailyTariffs;
  readonly policies: readonly TariffPolicy[];
  readonly gateMinutes: number;
  readonly nowMs: () => number;
}

const watts = (megawatts: number): string => Math.round(megawatts * WATTS_PER_MW).toString();

const dayOf = ({
  day,
  gateUtc,
  method,
  weather,
  weatherNotes,
  forecastHash,
  intervals,
  levels,
}: PredictAnswer): ForecastDay => {
  const at = (level: number, quantiles: readonly number[]): string =>
    watts(quantiles[levels.findIndex((each) => Math.abs(each - level) < 1e-9)] ?? 0);
  return {
    day,
    gateMs: Date.parse(gateUtc),
    method,
    weather,
    weatherNotes,
    forecastHash,
    hours: intervals.map(({ startUtc, point, quantiles }) => ({
      startMs: Date.parse(startUtc),
      pointW: watts(point),
      low80W: at(0.1, quantiles),
      high80W: at(0.9, quantiles),
      low50W: at(0.25, quantiles),
      high50W: at(0.75, quantiles),
    })),
  };
};

const clockOf = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

const cardOf = (model: ModelVersion): ModelCard => {
  return {
    modelId: model.modelId,
    status: model.status,
    dataCutUtc: model.dataCutUtc,
    trainedAt: model.trainedAt,
    features: model.features.length,
    gate: clockOf(model.settings.gateMinutes),
    scoredFrom: model.scores.fromDay,
    scoredTo: model.scores.toDay,
    mapePercent: model.scores.mapePercent,
    maseWeeklyNaive: model.scores.maseWeeklyNaive,
    coverage80Percent: model.scores.coverage80Percent,
    note: MODEL_NOTE,
  };
};

async function limitsOf({ insider, utility, homes }: OperationsSources): Promise<LimitsView[]> {
  return (await termsWith(insider, utility.gateway.url, homes)).map((terms) => ({
    agreementId: terms.agreementId,
    floorMicrosPerKWh: terms.floorMicrosPerKWh.toString(),
    ceilingMicrosPerKWh: terms.ceilingMicrosPerKWh.toString(),
    maxStepMicrosPerKWh: terms.maxStepMicrosPerKWh.toString(),
    noticeMs: terms.noticeMs,
    adaptationVersion: terms.adaptation?.version,
  }));
}

/** Sessions that nobody pays for, as the operator may see them. */
async function unbilledOf({ utility }: OperationsSources): Promise<OperationsState['unbilled']> {
  const url = `${utility.gateway.url}/operator/v1/unbilled?limit=${UNBILLED_SHOWN + 1}`;
  const { items } = z.encode(unbilledPage, await utility.operator('GET', url, undefined, unbilledPage));
  return { items: items.slice(0, UNBILLED_SHOWN), isWhole: items.length <= UNBILLED_SHOWN };
}

/** Tampering with devices of the utility's sites, the newest of it. */
async function tamperingOf({ utility }: OperationsSources): Promise<OperationsState['tampering']> {
  const { definition, gateway, auditor } = utility;
  const url = `${gateway.url}/auditor/v1/tampering?utilityId=${definition.utilityId}&limit=${TAMPERING_SHOWN}`;
  return (await auditor('GET', url, undefined, auditedTamperingPage)).items;
}

async function loadOf({ utility, areaId }: OperationsSources, nowMs: number) {
  const query = new URLSearchParams({
    utilityId: utility.definition.utilityId,
    areaId,
    fromMs: String(nowMs - LOAD_HOURS * HOUR_MS),
    untilMs: String(nowMs),
    limit: String(LOAD_HOURS + 1),
  });
  const url = `${utility.gateway.url}/auditor/v1/demand?${query.toString()}`;
  const { items } = await utility.auditor('GET', url, undefined, auditedDemandPage);
  return items.map(({ atMs, demandW }) => ({ atMs, demandW: demandW.toString() }));
}

type Hours = NonNullable<OperationsState['tariff']>['hours'];

const changesIn = (hours: Hours): OperationsState['changes'] =>
  hours.flatMap(({ startMs, microsPerKWh }, at) => {
    const before = hours[at - 1]?.microsPerKWh;
    return before === undefined || before === microsPerKWh
      ? []
      : [{ atMs: startMs, fromMicrosPerKWh: before, toMicrosPerKWh: microsPerKWh }];
  });

/** Hours of the last two days that are over, and how many of them nobody has recorded. */
const hoursOf = (load: OperationsState['load'], nowMs: number) => {
  const told = new Set(load.map(({ atMs }) => atMs));
  const nextMs = Math.floor(nowMs / HOUR_MS) * HOUR_MS;
  const hours = Array.from({ length: LOAD_HOURS - 1 }, (_, at) => nextMs - (at + 1) * HOUR_MS);
  return { expectedHours: hours.length, missingHours: hours.filter((atMs) => !told.has(atMs)).length };
};

const zones = new Map<string, Zone>();
const zoneOf = (timeZone: string): Zone => {
  const zone = zones.get(timeZone) ?? createZone(timeZone);
  zones.set(timeZone, zone);
  return zone;
};

const localDate = (timeZone: string, atMs: number): string =>
  formatDay(Math.floor((atMs + zoneOf(timeZone).offsetMs(atMs)) / DAY_MS));

/** Everything on the page, as of now. */
export async function operationsState(sources: OperationsSources): Promise<OperationsState> {
  const nowMs = sources.nowMs();
  const [load, tariffs, limits, unbilled, tampering, ocpp] = await Promise.all([
    loadOf(sources, nowMs),
    tariffsOf(sources.utility, sources.timeZone, nowMs),
    limitsOf(sources),
    unbilledOf(sources),
    tamperingOf(sources),
    ocppState(sources.utility.operator, sources.ocppUrl),
  ]);
  const { state } = sources.desk;
  const today = localDate(sources.timeZone, nowMs);
  const ready = state.kind === 'ready' ? state : undefined;
  const report = ready?.dataset.report;
  return {
    utilityName: sources.utility.definition.name,
    areaId: sources.areaId,
    timeZone: sources.timeZone,
    nowMs,
    load,
    forecast:
      state.kind === 'ready'
        ? { state: 'ready', days: state.days.filter(({ day }) => day >= today).map(dayOf) }
        : state.kind === 'failed'
          ? { state: 'failed', why: state.why }
          : { state: 'working' },
    ...tariffs,
    policy: policyView(sources.policies, nowMs),
    publication: {
      gate: clockOf(sources.gateMinutes),
      nextGateMs: sources.daily.nextGateMs,
      days: sources.daily.days.map(publicationDay),
    },
    limits,
    unbilled,
    tampering,
    ocpp,
    changes: changesIn(tariffs.tariff?.hours ?? []),
    quality: {
      ...hoursOf(load, nowMs),
      latestAtMs: load.at(-1)?.atMs,
      history:
        ready && report
          ? {
              rows: ready.dataset.provenance.rows,
              missing: report.missing,
              badQuality: report.badQuality,
              duplicates: report.duplicates,
              sha256: ready.dataset.provenance.sha256,
            }
          : undefined,
    },
    model: ready && cardOf(ready.model),
  };
}
