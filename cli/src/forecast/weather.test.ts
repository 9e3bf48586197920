import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COLUMNS, runForecast } from './run.fixture.ts';

const HOUR_MS = 3_600_000;
const START_MS = Date.parse('2021-11-01T00:00:00Z');
const DAYS = 56;

describe('roamgrid forecast --weather', function () {
  this.timeout(60_000);
  let directory: string;
  const fileOf = (name: string, lines: readonly string[]): string => {
    const path = join(directory, name);
    writeFileSync(path, lines.join('\n'));
    return path;
  };
  const hours = Array.from({ length: DAYS * 24 }, (_, hour) => hour);
  const stampOf = (hour: number): string => new Date(START_MS + hour * HOUR_MS).toISOString();
  /** Warm and cold days by no rule. */
  const degrees = (hour: number): number =>
    6 + ((Math.floor(hour / 24) * 7919) % 17) - 8 + 4 * Math.sin((2 * Math.PI * ((hour % 24) - 9)) / 24);
  const LAST_LOAD = (DAYS - 1) * 24;
  let load: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'weather-cli-'));
    load = fileOf('load.csv', [
      'time,mw',
      ...hours
        .slice(0, LAST_LOAD)
        .map(
          (hour) =>
            `${stampOf(hour)},${(900 + 20 * Math.max(0, 16 - degrees(hour)) + (hour % 24)).toFixed(2)}`,
        ),
    ]);
  });
  after(() => {
    rmSync(directory, { recursive: true });
  });

  const run = (command: string, ...more: readonly string[]) =>
    runForecast(command, '--load', load, ...COLUMNS, '--zone', 'Etc/UTC', '--gate', '12:00', ...more);
  const span = ['--from', '2021-12-20', '--to', '2021-12-23'];
  const forecasts = (miss: number): readonly string[] => [
    'issued,time,temp_c',
    ...hours.map((hour) => `${stampOf(hour - 40)},${stampOf(hour)},${(degrees(hour) + miss).toFixed(2)}`),
  ];

  it('back-tests with forecasts that were there at the gate, beside load alone and the measured weather', async () => {
    const station = fileOf('station.csv', [
      'time,temp_f',
      ...hours.map((hour) => `${stampOf(hour)},${(degrees(hour) * 1.8 + 32).toFixed(2)}`),
    ]);
    const model = fileOf('model.csv', forecasts(1));
    const { out, code } = await run(
      'backtest',
      ...span,
      '--weather',
      station,
      model,
      '--compare-weather',
      '--json',
    );
    assert.equal(code, 0);
    const json = JSON.parse(out) as Record<string, number> & { notes: string[]; weatherWeights: unknown };
    assert.ok((json['mapePercent'] ?? 9) < (json['loadAloneMapePercent'] ?? 0) / 2);
    assert.ok((json['measuredMapePercent'] ?? 9) < (json['loadAloneMapePercent'] ?? 0) / 2);
    assert.deepEqual(json.weatherWeights, { 'model.csv temp_c': 1 });
    assert.ok(json.notes.some((note) => note.includes('this error could have been had')));
  });

  it('forecasts a day that the weather covers, refuses one that it does not, and says when it is made from load alone', async () => {
    const model = fileOf('model.csv', forecasts(0));
    const covered = await run('predict', '--weather', model, '--json');
    assert.equal((JSON.parse(covered.out) as { weather: string }).weather, 'used');
    const short = fileOf('short.csv', forecasts(0).slice(0, LAST_LOAD - 23));
    const refused = await run('predict', '--weather', short);
    assert.deepEqual([refused.code, refused.out], [3, '']);
    assert.match(refused.err, /to 2021-12-24T23:00 UTC .*2021-12-26.*\(WEATHER_NOT_COVERING\)/u);
    const alone = await run(
      'predict',
      ...[
        '--weather-provider',
        'http://127.0.0.1:1/v1/forecast',
        '--latitude',
        '52.5',
        '--longitude',
        '13.4',
      ],
      ...['--weather-cache', join(directory, 'cache'), '--json'],
    );
    const answer = JSON.parse(alone.out) as { weather: string; notes: string[] };
    assert.deepEqual([alone.code, answer.weather], [0, 'none']);
    assert.ok(answer.notes.includes('no weather: the forecast is made from load alone'));
  });

  it('refuses a file that is not there, a provider without a place, and a unit that cannot be, by name', async () => {
    assert.match((await run('predict', '--weather', join(directory, 'none.csv'))).err, /WEATHER_UNREADABLE/u);
    const placeless = await run('predict', '--weather-provider', 'http://127.0.0.1:1/');
    assert.deepEqual([placeless.code, /--latitude/u.test(placeless.err)], [2, true]);
    const hot = fileOf('hot.csv', [
      'time,temp_c',
      ...hours.map((hour) => `${stampOf(hour)},${90 + degrees(hour)}`),
    ]);
    assert.match((await run('predict', '--weather', hot)).err, /WEATHER_UNIT/u);
  });
});
