import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createZone, formatDay, instantOfLocal, parseDay } from '@roamgrid/tariff-service';
import type { HourlyDemand } from '../system/grid-demand.ts';
import { startForecastDesk, type ForecastDesk } from './forecast-desk.ts';

const HOUR_MS = 3_600_000;
const TIME_ZONE = 'America/New_York';
const zone = createZone(TIME_ZONE);
const START_MS = Date.parse('2026-05-01T04:00:00Z');
const HISTORY_HOURS = 70 * 24;

/** A daily wave with quiet Sundays. */
const demandAt = (atMs: number): HourlyDemand => {
  const hour = (atMs - START_MS) / HOUR_MS;
  const quiet = new Date(atMs).getUTCDay() === 0 ? 1_000 : 0;
  const megawatts = Math.round(
    12_000 + 3_000 * Math.sin((hour * Math.PI) / 12) - quiet + ((hour * 7919) % 97),
  );
  return { atMs, demandW: BigInt(megawatts) * 1_000_000n };
};
const hours = (fromMs: number, untilMs: number): HourlyDemand[] => {
  const all: HourlyDemand[] = [];
  for (let atMs = fromMs; atMs < untilMs; atMs += HOUR_MS) all.push(demandAt(atMs));
  return all;
};

describe('the forecast desk', function () {
  this.timeout(60_000);
  const historyEndMs = START_MS + HISTORY_HOURS * HOUR_MS;
  // History ends with 9 July; the gate of the 13th is noon of the 12th.
  const day = parseDay('2026-07-13') ?? 0;
  const gateMs = instantOfLocal(zone, day - 1, 12 * 60);
  let folder: string;
  let desk: ForecastDesk;
  let recorded: readonly HourlyDemand[] = [];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'forecast-desk-'));
    desk = await startForecastDesk({
      stateDir: folder,
      areaId: 'DUK',
      timeZone: TIME_ZONE,
      history: hours(START_MS, historyEndMs),
      recordedSince: (fromMs) => Promise.resolve(recorded.filter(({ atMs }) => atMs >= fromMs)),
      nowMs: () => gateMs + HOUR_MS,
      gateMinutes: 12 * 60,
      validationDays: 7,
      // Nobody listens there: weather that cannot be had holds up no forecast.
      weather: {
        url: 'http://127.0.0.1:1/v1/forecast',
        places: { DUK: { latitude: 35.23, longitude: -80.84 } },
      },
    });
  });
  after(async () => {
    await desk.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('gives no forecast while the hours before the gate are not on the ledger, and says how many are', async () => {
    recorded = hours(gateMs - 11 * HOUR_MS, gateMs);
    const made = await desk.forecastOf(day);
    assert.ok(!made.ok);
    assert.equal(made.error.code, 'DATA_TOO_OLD');
    assert.match(made.error.message, /^11 of the 24 hours before the gate/u);
    assert.ok(desk.state.kind === 'ready' && desk.state.days.length === 0);
  });

  it('takes what was recorded meanwhile, also late, and forecasts the day by its gate', async () => {
    recorded = hours(historyEndMs, gateMs);
    const made = await desk.forecastOf(day);
    assert.ok(made.ok, made.ok ? '' : made.error.message);
    assert.equal(made.value.dataCutMs, gateMs);
    assert.equal(made.value.intervals.length, 24);
  });

  it('gives the same forecast each time it is asked, also when a reading is corrected meanwhile', async () => {
    const first = await desk.forecastOf(day);
    recorded = hours(historyEndMs, gateMs).map(({ atMs }) => ({ atMs, demandW: 1_000_000_000n }));
    assert.deepEqual(await desk.forecastOf(day), first);
    assert.ok(desk.state.kind === 'ready');
    assert.deepEqual(
      desk.state.days.map((each) => each.day),
      [formatDay(day)],
    );
  });

  it('asks its provider of weather, and tells that the forecast is from load alone when there is no answer', () => {
    assert.ok(desk.state.kind === 'ready');
    const { weather, weatherNotes } = desk.state.days[0] ?? {};
    assert.equal(weather, 'none');
    assert.match(weatherNotes?.[0] ?? '', /^weather of 127\.0\.0\.1:1 was not had/u);
  });
});
