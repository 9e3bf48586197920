import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readForecast } from '@roamgrid/tariff-service';
import { COLUMNS, runForecast } from './run.fixture.ts';

const HOUR_MS = 3_600_000;
const START_MS = Date.parse('2021-03-01T00:00:00Z');
const HOURS = 70 * 24;

describe('roamgrid forecast predict', function () {
  this.timeout(30_000);
  let directory: string;
  let load: string;

  /** A daily wave with quiet Sundays; `changed` replaces values from an hour on. */
  const fileOf = (name: string, hours: number, changed: { fromHour: number; value: string }): string => {
    const lines = Array.from({ length: hours }, (_, hour) => {
      const atMs = START_MS + hour * HOUR_MS;
      const quiet = new Date(atMs).getUTCDay() === 0 ? 100 : 0;
      const value = 900 + 200 * Math.sin((hour * Math.PI) / 12) - quiet + ((hour * 7919) % 23);
      return `${new Date(atMs).toISOString()},${hour >= changed.fromHour ? changed.value : value.toFixed(1)}`;
    });
    const path = join(directory, name);
    writeFileSync(path, ['time,mw', ...lines].join('\n'));
    return path;
  };
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'predict-'));
    load = fileOf('load.csv', HOURS, { fromHour: HOURS, value: '' });
  });
  after(() => {
    rmSync(directory, { recursive: true });
  });

  const run = (file: string, ...more: readonly string[]) =>
    runForecast('predict', '--load', file, ...COLUMNS, '--zone', 'Etc/UTC', ...more);
  const noon = ['--gate', '12:00'];

  it('forecasts the day after the last measured one, in bands that hold the point', async () => {
    const { out, code } = await run(load, ...noon, '--json');
    assert.equal(code, 0);
    const answer = JSON.parse(out) as {
      day: string;
      gateUtc: string;
      levels: number[];
      intervals: { startUtc: string; point: number; quantiles: number[] }[];
      trainingSeconds: number;
      readSeconds: number;
    };
    assert.equal(answer.day, '2021-05-10');
    assert.equal(answer.gateUtc, '2021-05-09T12:00:00.000Z');
    assert.equal(answer.intervals[0]?.startUtc, '2021-05-10T00:00:00.000Z');
    assert.equal(answer.intervals.length, 24);
    for (const { point, quantiles } of answer.intervals) {
      assert.ok(quantiles.every((value, at) => at === 0 || value >= (quantiles[at - 1] ?? 0)));
      assert.ok((quantiles[0] ?? 0) <= point && point <= (quantiles.at(-1) ?? 0));
      assert.ok(point > 600 && point < 1_200);
    }
    assert.ok(answer.trainingSeconds > 0 && answer.readSeconds > 0);
    assert.ok(readForecast(answer, 1_000_000).ok, 'a publication takes it');
  });

  it('knows nothing after the gate, and is another one when the gate is later', async () => {
    const pointsOf = async (file: string, gate: string) => {
      const { out } = await run(file, '--gate', gate, '--day', '2021-05-10', '--json');
      return JSON.stringify((JSON.parse(out) as { intervals: unknown }).intervals);
    };
    const spoilt = fileOf('spoilt.csv', HOURS, { fromHour: HOURS - 12, value: '77' });
    assert.equal(await pointsOf(spoilt, '12:00'), await pointsOf(load, '12:00'));
    assert.notEqual(await pointsOf(spoilt, '13:00'), await pointsOf(load, '13:00'));
  });

  it('writes the answer as JSON or as a table, by the name of the file', async () => {
    const json = join(directory, 'out.json');
    const csv = join(directory, 'out.csv');
    const { out } = await run(load, ...noon, '--area', 'DUK', '--out', json);
    assert.match(out, /^day +2021-05-10 in Etc\/UTC\n/u);
    assert.match(out, /training/u);
    const answer = JSON.parse(readFileSync(json, 'utf8')) as { area: string; forecastHash: string };
    assert.equal(answer.area, 'DUK');
    assert.ok(out.includes(answer.forecastHash));
    assert.equal((await run(load, ...noon, '--out', csv)).code, 0);
    const rows = readFileSync(csv, 'utf8').trim().split('\n');
    assert.equal(rows.length, 25);
    assert.match(rows[0] ?? '', /^local_day,start_utc,.*q0\.05,.*q0\.95$/u);
  });

  it('refuses what it cannot use with 3, and a wrong column or day with 2', async () => {
    assert.equal((await run(join(directory, 'none.csv'), ...noon)).code, 3);
    const late = await run(load, ...noon, '--day', '2021-06-30', '--json');
    assert.equal(late.code, 2);
    assert.match((JSON.parse(late.out) as { error: { message: string } }).error.message, /2021-05-16$/u);
    assert.equal((await run(load, ...noon, '--temperature-column', 'celsius')).code, 2);
  });
});
