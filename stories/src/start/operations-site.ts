import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kitError } from '@roamgrid/service-kit';
import { parsePolicy, type TariffPolicy } from '@roamgrid/tariff-service';
import { auditedDemandPage } from '@roamgrid/wire';
import { asker } from '../system/ask.ts';
import { ALABAMA_POWER, DUKE_ENERGY, GEORGIA_POWER } from '../system/consortium.ts';
import { AREA_ID, CAPACITY_W, LIVE_AREA_ID, TARIFF } from '../scenario/story.ts';
import { tellHour } from '../system/feeding-clock.ts';
import { moveToNow, readDemand, recordDemand, type HourlyDemand } from '../system/grid-demand.ts';
import type { LocalSystem } from '../system/system.ts';
import type { RunningUtility } from '../system/utility.ts';
import { startDailyTariffs } from '../tariff/daily-tariffs.ts';
import { startForecastDesk, type ForecastDoor } from '../tariff/forecast-desk.ts';
import { operationsState } from '../tariff/operations-state.ts';
import { startSite, type Site } from './site.ts';
import type { Street } from './street.ts';

const DATA = join(import.meta.dirname, '..', '..', '..', 'data');
const LOAD_FILE = join(DATA, 'grid-load', 'eia_DUK_2018-07_2019-06.csv');
const POLICY_FILE = join(DATA, 'policies', 'duk-variable-1.json');
const TARIFF_ID = 'USDUK-VARIABLE';
const HOMES = [ALABAMA_POWER.utilityId, GEORGIA_POWER.utilityId];
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const GATE_MINUTES = 12 * 60;
const VALIDATION_DAYS = 7;
/** Charlotte, amid the area. */
const PLACE = { latitude: 35.23, longitude: -80.84 };
/** More than the file holds. */
const ALL_HOURS = 20_000;
/** Most hours that are read back at once. */
const READ_HOURS = 500;
/** How often the grid operator looks whether an hour has passed. */
const FEED_EVERY_MS = 5_000;

const timeZone = DUKE_ENERGY.stations[0]?.timeZone ?? 'UTC';

function policyOf(file: string): TariffPolicy {
  const parsed = parsePolicy(JSON.parse(readFileSync(file, 'utf8')));
  if (parsed.ok) return parsed.value;
  throw new Error(parsed.error.map(({ pointer, message }) => `${file}${pointer}: ${message}`).join('; '));
}

/**
 * Serve Duke Energy's operations page. Behind it a forecasting service learns from the recorded demand, the scheduler
 * publishes each day's tariff, and the grid operator goes on telling the ledger each hour's demand. All of that is of the
 * wall's time, whatever the kiosks' clock says: endorsers sign nothing else.
 * @param street the door of its stations that speak OCPP
 * @param weatherUrl a provider of weather that the forecasting service asks; nobody is asked without it
 */
export async function startOperationsSite(
  system: LocalSystem,
  folder: string,
  street: Pick<Street, 'url'>,
  weatherUrl?: string,
): Promise<Site & { readonly forecast: ForecastDoor }> {
  const utility = system.utility(DUKE_ENERGY.utilityId);
  const { utilityId } = utility.definition;
  const nowMs = () => Date.now();
  const series = readDemand(readFileSync(LOAD_FILE));
  const lastMs = await lastRecordedMs(utility, AREA_ID, nowMs());
  let lastLiveMs = await lastRecordedMs(utility, LIVE_AREA_ID, nowMs());
  const desk = await startForecastDesk({
    stateDir: join(system.stateDir, 'forecast'),
    areaId: AREA_ID,
    timeZone,
    history: moveToNow(series, lastMs, ALL_HOURS),
    recordedSince: async (fromMs) => {
      // A day ends for the operator while the story is told: first what is missing.
      await feed.told();
      return recordedSince(utility, fromMs, nowMs());
    },
    nowMs,
    gateMinutes: GATE_MINUTES,
    validationDays: VALIDATION_DAYS,
    ...(weatherUrl !== undefined && { weather: { url: weatherUrl, places: { [AREA_ID]: PLACE } } }),
  });
  const feed = hourlyFeed(nowMs, lastMs, async (fromMs, untilMs) => {
    const hours = moveToNow(series, untilMs, ALL_HOURS).filter(({ atMs }) => atMs > fromMs);
    if (hours.length > 0) await recordDemand(utility, AREA_ID, hours);
    // What stands at a full hour is the mean of the hour before; sessions settle by it.
    for (const { atMs, demandW } of hours) {
      const standsAtMs = atMs + HOUR_MS;
      if (standsAtMs <= lastLiveMs) continue;
      await tellHour(utility, LIVE_AREA_ID, standsAtMs, demandW);
      lastLiveMs = standsAtMs;
    }
  });
  const insider = asker(system.keys.key(`${utilityId}-aaa`), 'aaa', utilityId, 'aaa');
  const policies = [policyOf(POLICY_FILE)];
  const daily = startDailyTariffs({
    system,
    utilityId,
    tariffId: TARIFF_ID,
    policies,
    timeZone,
    gateMinutes: GATE_MINUTES,
    capacityW: CAPACITY_W,
    vatPercent: TARIFF.vatPercent,
    desk,
    insider,
    homes: HOMES,
    nowMs,
  });
  const sources = {
    utility,
    ocppUrl: street.url,
    insider,
    homes: HOMES,
    areaId: AREA_ID,
    timeZone,
    desk,
    daily,
    policies,
    gateMinutes: GATE_MINUTES,
    nowMs,
  };
  const site = await startSite({
    folder,
    port: 0,
    routes: (app) => {
      app.get('/operations/v1/state', async (_request, response) => {
        const state = await operationsState(sources).catch((cause: unknown) => {
          throw kitError('UNAVAILABLE', cause instanceof Error ? cause.message : 'no figures', { cause });
        });
        response.set('cache-control', 'no-store').json(state);
      });
    },
  });
  return {
    url: site.url,
    forecast: desk.door,
    close: async () => {
      await feed.stop();
      // First what the scheduler may be waiting for.
      await desk.close();
      await daily.stop();
      await site.close();
    },
  };
}

/** Hours on the ledger from an instant on. */
async function recordedSince(
  utility: RunningUtility,
  fromMs: number,
  untilMs: number,
): Promise<readonly HourlyDemand[]> {
  const query = new URLSearchParams({
    utilityId: utility.definition.utilityId,
    areaId: AREA_ID,
    fromMs: String(fromMs),
    untilMs: String(untilMs),
    limit: String(READ_HOURS),
  });
  const url = `${utility.gateway.url}/auditor/v1/demand?${query.toString()}`;
  const { items } = await utility.auditor('GET', url, undefined, auditedDemandPage);
  return items.map(({ atMs, demandW }) => ({ atMs, demandW }));
}

/** The newest reading of an area on the ledger. */
async function lastRecordedMs(utility: RunningUtility, areaId: string, untilMs: number): Promise<number> {
  const query = `utilityId=${utility.definition.utilityId}&areaId=${areaId}&fromMs=${untilMs - 8 * DAY_MS}&limit=${READ_HOURS}`;
  const url = `${utility.gateway.url}/auditor/v1/demand?${query}`;
  const { items } = await utility.auditor('GET', url, undefined, auditedDemandPage);
  return items.at(-1)?.atMs ?? untilMs - DAY_MS;
}

/** Calls for every span of full hours that has passed since the last call, one at a time. */
function hourlyFeed(
  nowMs: () => number,
  lastMs: number,
  tell: (fromMs: number, untilMs: number) => Promise<void>,
): { told(): Promise<void>; stop(): Promise<void> } {
  let toldMs = lastMs;
  let telling: Promise<void> = Promise.resolve();
  const look = async () => {
    // An hour's demand is known when the hour is over.
    const untilMs = Math.floor(nowMs() / HOUR_MS) * HOUR_MS - HOUR_MS;
    if (untilMs <= toldMs) return;
    await tell(toldMs, untilMs);
    toldMs = untilMs;
  };
  const again = () => {
    // A failed telling is made up for by the next one; the page shows the gap meanwhile.
    telling = telling.then(look).catch(() => undefined);
  };
  again();
  const timer = setInterval(again, FEED_EVERY_MS);
  return {
    told: () => telling,
    stop: async () => {
      clearInterval(timer);
      await telling;
    },
  };
}
