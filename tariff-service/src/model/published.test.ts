import assert from 'node:assert/strict';
import { backtest } from '../backtest/backtest.ts';
import type { ForecastRow } from '../backtest/rows.ts';
import { syntheticLoadCsv } from '../backtest/synthetic.ts';
import { loadCsv } from '../data/load-csv.ts';
import { createZone, parseDay } from '../time/zone.ts';
import { DepartureLimit } from './departure-limit.ts';

const zone = createZone('Etc/UTC');
const HOUR_MS = 3_600_000;
const DAY = '2021-09-10';
const GATE_MS = Date.parse(`${DAY}T00:00:00Z`) - 12 * HOUR_MS;
const plain = syntheticLoadCsv({
  days: 96,
  stepMinutes: 60,
  firstDayUtc: '2021-06-14',
  seed: 7,
  noise: 0.01,
}).trim();

type Cells = readonly [atMs: number, load: string, operator: string];

/** The synthetic load with an operator who forecasts it 2 % too high, cells changed at will. */
const csvOf = (change: (cells: Cells) => Cells = (cells) => cells): string =>
  plain
    .split('\n')
    .map((line, index) => {
      if (index === 0) return 'time_utc,load_mw,operator_mw';
      const [time = '', load = ''] = line.split(',');
      const [atMs, ...rest] = change([Date.parse(time), load, (Number(load) * 1.02).toFixed(3)]);
      return [new Date(atMs).toISOString(), ...rest].join(',');
    })
    .join('\n');

function rowsOf(csv: string): readonly ForecastRow[] {
  const loaded = loadCsv(Buffer.from(csv), zone, {
    timeColumn: 'time_utc',
    label: 'start',
    valueColumn: 'load_mw',
    operatorColumn: 'operator_mw',
    bareStamps: 'utc',
  });
  if (!loaded.ok) assert.fail(loaded.error.message);
  const day = parseDay(DAY);
  if (day === undefined) assert.fail('bad date in the test');
  const run = backtest(loaded.value, {
    fromDay: day - 2,
    toDay: day,
    gateMinutes: 720,
    holidays: 'none',
    temperatureMode: 'known',
    usePublished: true,
  });
  if (!run.ok) assert.fail(run.error.message);
  return run.value.rows.filter((row) => row.day === day);
}

describe('the operator’s forecast as an input', () => {
  it('is corrected by how it has missed lately', () => {
    const rows = rowsOf(csvOf());
    const error = (of: (row: ForecastRow) => number) =>
      rows.reduce((sum, row) => sum + Math.abs(of(row) / row.actual - 1), 0) / rows.length;
    assert.ok(rows.every(({ method }) => method === 'ensemble'));
    assert.ok(Math.abs(error(({ operator = 0 }) => operator) - 0.02) < 1e-4);
    assert.ok(error(({ point }) => point) < 0.015, String(error(({ point }) => point)));
  });

  it('stands in as it is when the load of the week before was not measured', () => {
    const rows = rowsOf(
      csvOf(([atMs, load, operator]) => [
        atMs,
        atMs < GATE_MS && atMs > GATE_MS - 6 * 24 * HOUR_MS ? '' : load,
        operator,
      ]),
    );
    for (const { method, point, operator = 0 } of rows) {
      assert.equal(method, 'published');
      assert.ok(Math.abs(point / operator - 1) < 1e-9);
    }
  });

  it('leaves the weekly naive where the operator told nothing either', () => {
    const rows = rowsOf(
      csvOf(([atMs, load, operator]) => [
        atMs,
        atMs < GATE_MS && atMs > GATE_MS - 6 * 24 * HOUR_MS ? '' : load,
        atMs === Date.parse(`${DAY}T05:00:00Z`) ? '' : operator,
      ]),
    );
    assert.ok(rows.every(({ method }) => method === 'naive'));
  });

  it('brings nothing from after the gate but the operator’s forecast of the day itself', () => {
    const endMs = Date.parse(`${DAY}T00:00:00Z`) + 24 * HOUR_MS;
    const told = (csv: string) =>
      JSON.stringify(rowsOf(csv).map(({ point, quantiles }) => [point, quantiles]));
    const spoilt = csvOf(([atMs, load, operator]) => [
      atMs,
      atMs >= GATE_MS ? '777' : load,
      atMs >= endMs ? '888' : operator,
    ]);
    assert.equal(told(spoilt), told(csvOf()));
  });
});

describe('how far a forecast may depart from the operator’s', () => {
  const published = new Float64Array(20).fill(1);
  published[19] = Number.NaN;
  const limitAfter = (days: number, error: number): Float64Array => {
    const limit = new DepartureLimit(published, 2);
    for (let row = 0; row < days; row++)
      limit.observe(row, Float64Array.of(1 + error, 1 - error), Float64Array.of(1, 1));
    const forecasts = new Float64Array(20).fill(Number.NaN);
    forecasts.set([1.005, 1.02], 16);
    forecasts.set([1.2, 5], 18);
    for (const row of [8, 9]) limit.apply(row, forecasts);
    return forecasts.slice(16);
  };

  it('is a part of its usual error; what is wildly off, or told by nobody, is left alone', () => {
    const [near, far, wild, untold] = limitAfter(8, 0.01);
    assert.equal(near, 1.005);
    assert.ok(Math.abs((far ?? 0) - 1.007) < 1e-12);
    assert.equal(wild, 1.2);
    assert.equal(untold, 5);
  });

  it('is free until a week of its errors is known', () => {
    assert.deepEqual([...limitAfter(6, 0.01)], [1.005, 1.02, 1.2, 5]);
  });
});
