import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@roamgrid/station';
import { createZone, formatDay } from '@roamgrid/tariff-service';
import { auditedDemandPage } from '@roamgrid/wire';
import { asker } from '../system/ask.ts';
import { ALABAMA_POWER, DUKE_ENERGY, GEORGIA_POWER } from '../system/consortium.ts';
import { moveToNow, readDemand, recordDemand } from '../system/grid-demand.ts';
import type { LocalSystem } from '../system/system.ts';
import type { RunningUtility } from '../system/utility.ts';
import { startForecastDesk } from '../tariff/forecast-desk.ts';
import { operationsState } from '../tariff/operations-state.ts';
import { startSite, type Site } from './site.ts';

const LOAD_FILE = join(
  import.meta.dirname,
  '..',
  '..',
  '..',
  'data',
  'grid-load',
  'eia_DUK_2018-07_2019-06.csv',
);
const AREA_ID = 'DUK';
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const GATE_MINUTES = 12 * 60;
const VALIDATION_DAYS = 7;
/** More than the file holds. */
const ALL_HOURS = 20_000;
/** How often the grid operator looks whether an hour has passed. */
const FEED_EVERY_MS = 5_000;

const timeZone = DUKE_ENERGY.stations[0]?.timeZone ?? 'UTC';

/**
 * Serve Duke Energy's operations page, with a forecasting service behind it, and let the grid operator go on telling the
 * ledger each hour's demand while the pages are open.
 */
export async function startOperationsSite(
  system: LocalSystem,
  folder: string,
  clock: Clock,
  historyUntilMs: number,
): Promise<Site> {
  const utility = system.utility(DUKE_ENERGY.utilityId);
  const { utilityId } = utility.definition;
  const series = readDemand(readFileSync(LOAD_FILE, 'utf8'));
  const history = moveToNow(series, historyUntilMs, ALL_HOURS);
  const zone = createZone(timeZone);
  const today = Math.floor((clock.nowMs() + zone.offsetMs(clock.nowMs())) / DAY_MS);
  const desk = await startForecastDesk({
    stateDir: join(system.stateDir, 'forecast'),
    areaId: AREA_ID,
    timeZone,
    history,
    days: [formatDay(today), formatDay(today + 1)],
    gateMinutes: GATE_MINUTES,
    validationDays: VALIDATION_DAYS,
  });
  const feed = hourlyFeed(clock, await lastRecordedMs(utility, historyUntilMs), async (fromMs, untilMs) => {
    const hours = moveToNow(series, untilMs, ALL_HOURS).filter(({ atMs }) => atMs > fromMs);
    if (hours.length > 0) await recordDemand(utility, AREA_ID, hours);
  });
  const sources = {
    utility,
    insider: asker(system.keys.key(`${utilityId}-aaa`), 'aaa', utilityId, 'aaa'),
    homes: [ALABAMA_POWER.utilityId, GEORGIA_POWER.utilityId],
    areaId: AREA_ID,
    timeZone,
    desk,
    nowMs: () => clock.nowMs(),
  };
  const site = await startSite({
    folder,
    port: 0,
    routes: (app) => {
      app.get('/operations/v1/state', async (_request, response) => {
        try {
          response.set('cache-control', 'no-store').json(await operationsState(sources));
        } catch (error) {
          response.status(503).json({ detail: error instanceof Error ? error.message : String(error) });
        }
      });
    },
  });
  return {
    url: site.url,
    close: async () => {
      await feed.stop();
      await site.close();
      await desk.close();
    },
  };
}

/** Start of the newest hour on the ledger. */
async function lastRecordedMs(utility: RunningUtility, untilMs: number): Promise<number> {
  const query = `utilityId=${utility.definition.utilityId}&areaId=${AREA_ID}&fromMs=${untilMs - 7 * DAY_MS}&limit=500`;
  const url = `${utility.gateway.url}/auditor/v1/demand?${query}`;
  const { items } = await utility.auditor('GET', url, undefined, auditedDemandPage);
  return items.at(-1)?.atMs ?? untilMs - DAY_MS;
}

/** Calls for every span of full hours that has passed since the last call, one at a time. */
function hourlyFeed(
  clock: Clock,
  lastMs: number,
  tell: (fromMs: number, untilMs: number) => Promise<void>,
): { stop(): Promise<void> } {
  let toldMs = lastMs;
  let telling: Promise<void> = Promise.resolve();
  const look = async () => {
    // An hour's demand is known when the hour is over.
    const untilMs = Math.floor(clock.nowMs() / HOUR_MS) * HOUR_MS - HOUR_MS;
    if (untilMs <= toldMs) return;
    await tell(toldMs, untilMs);
    toldMs = untilMs;
  };
  const timer = setInterval(() => {
    // A failed telling is made up for by the next one; the page shows the gap meanwhile.
    telling = telling.then(look).catch(() => undefined);
  }, FEED_EVERY_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      await telling;
    },
  };
}
