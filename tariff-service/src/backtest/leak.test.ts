import assert from 'node:assert/strict';
import { loadCsv, type LoadedData } from '../data/load-csv.ts';
import { createZone, instantOfLocal, parseDay, type Zone } from '../time/zone.ts';
import { backtest } from './backtest.ts';
import { syntheticLoadCsv } from './synthetic.ts';

const zone = createZone('Europe/London');
const csv = syntheticLoadCsv({ days: 96, stepMinutes: 60, firstDayUtc: '2021-06-14', seed: 7, noise: 0.01 });
const options = { holidays: 'auto', usePublished: false } as const;

function load(text: string, where: Zone): LoadedData {
  const loaded = loadCsv(Buffer.from(text), where, {
    timeColumn: 'time_utc',
    label: 'start',
    valueColumn: 'load_mw',
    temperatureColumn: 'temperature_c',
    bareStamps: 'local',
  });
  if (!loaded.ok) assert.fail(loaded.error.message);
  return loaded.value;
}

/** Replaces load and temperature of every interval that had not ended by the gate. */
function spoilAfter(text: string, gateMs: number, spoil: (cells: string[], index: number) => string): string {
  return text
    .split('\n')
    .map((line, index) => {
      const cells = line.split(',');
      if (index === 0 || line === '' || Date.parse(cells[0] ?? '') + 3_600_000 <= gateMs) return line;
      return spoil(cells, index);
    })
    .join('\n');
}

function dayOf(
  text: string,
  from: string,
  day: string,
  gateMinutes: number,
  temperatureMode: 'actual' | 'known',
): string {
  const [fromDay, toDay] = [parseDay(from), parseDay(day)];
  if (fromDay === undefined || toDay === undefined) assert.fail('bad date in the test');
  const run = backtest(load(text, zone), { ...options, gateMinutes, temperatureMode, fromDay, toDay });
  if (!run.ok) assert.fail(run.error.message);
  const rows = run.value.rows.filter((row) => row.day === toDay);
  return JSON.stringify(rows.map((row) => [row.startMs, row.method, row.point, row.quantiles]));
}

describe('forecasts know nothing after the gate', () => {
  const cases = [
    { from: '2021-09-08', day: '2021-09-10', gateMinutes: 12 * 60 },
    { from: '2021-09-10', day: '2021-09-10', gateMinutes: 0 },
    { from: '2021-09-08', day: '2021-09-10', gateMinutes: 24 * 60 },
    { from: '2021-09-10', day: '2021-09-10', gateMinutes: 10 * 60 + 30 },
  ];
  for (const { from, day, gateMinutes } of cases) {
    const gateMs = instantOfLocal(zone, (parseDay(day) ?? 0) - 1, gateMinutes);
    it(`gives the same forecast for ${day} when everything after minute ${gateMinutes} of the day before is changed`, () => {
      const before = dayOf(csv, from, day, gateMinutes, 'known');
      const wild = spoilAfter(
        csv,
        gateMs,
        (cells, index) => `${cells[0] ?? ''},${(index % 17) * 1000},${(index % 90) - 30}`,
      );
      assert.equal(dayOf(wild, from, day, gateMinutes, 'known'), before);
      const empty = spoilAfter(csv, gateMs, (cells) => `${cells[0] ?? ''},,`);
      assert.equal(dayOf(empty, from, day, gateMinutes, 'known'), before);
    });
  }

  it('changes the forecast when the last interval before the gate changes, so the test above can fail', () => {
    const gateMs = instantOfLocal(zone, (parseDay('2021-09-10') ?? 0) - 1, 720);
    const before = dayOf(csv, '2021-09-10', '2021-09-10', 720, 'known');
    const touched = spoilAfter(csv, gateMs - 3_600_000, (cells) => `${cells[0] ?? ''},4444,11`);
    assert.notEqual(dayOf(touched, '2021-09-10', '2021-09-10', 720, 'known'), before);
  });

  it('with actual temperature changes nothing when load after the gate and temperature after the day change', () => {
    const day = parseDay('2021-09-10') ?? 0;
    const before = dayOf(csv, '2021-09-10', '2021-09-10', 720, 'actual');
    const load = spoilAfter(
      csv,
      instantOfLocal(zone, day - 1, 720),
      (cells) => `${cells[0] ?? ''},123,${cells[2] ?? ''}`,
    );
    const both = spoilAfter(load, instantOfLocal(zone, day + 1, 0), (cells) => `${cells[0] ?? ''},123,39`);
    assert.equal(dayOf(both, '2021-09-10', '2021-09-10', 720, 'actual'), before);
  });
});
