import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TOOL } from '../testing/tool.ts';
import { COLUMNS, runForecast } from './run.fixture.ts';

describe('roamgrid forecast backtest', function () {
  this.timeout(30_000);
  let directory: string;
  let load: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'backtest-'));
    load = join(directory, 'load.csv');
    const start = Date.parse('2021-03-01T00:00:00Z');
    const lines = Array.from({ length: 70 * 24 }, (_, hour) => {
      const value =
        900 +
        200 * Math.sin((hour * Math.PI) / 12) -
        (new Date(start + hour * 3_600_000).getUTCDay() === 0 ? 100 : 0);
      return `${new Date(start + hour * 3_600_000).toISOString()},${(value + ((hour * 7919) % 23)).toFixed(1)},${hour === 1400 ? 'BAD' : 'OKAY'}`;
    });
    writeFileSync(load, ['time,mw,quality', ...lines].join('\n'));
  });
  after(() => {
    rmSync(directory, { recursive: true });
  });

  const run = (...more: readonly string[]) =>
    runForecast('backtest', ...COLUMNS, '--zone', 'Europe/London', '--gate', '12:00', ...more);
  const span = ['--from', '2021-04-26', '--to', '2021-05-07'];

  it('prints the scores as JSON, writes a row for every interval, and scores good rows only', async () => {
    const file = join(directory, 'out.csv');
    const quality = ['--quality-column', 'quality', '--quality-ok', 'OKAY'];
    const { out, code } = await run('--load', load, ...span, ...quality, '--json', '--out', file);
    assert.equal(code, 0);
    const result = JSON.parse(out) as Record<string, unknown>;
    assert.equal(result['days'], 12);
    assert.equal(result['scored'], 12 * 24 - 1);
    const figures = [
      'mapePercent',
      'maseWeeklyNaive',
      'pinball',
      'coverage50Percent',
      'coverage80Percent',
      'coverage90Percent',
      'dailyPeakMapePercent',
      'seconds',
    ];
    for (const name of figures) assert.equal(typeof result[name], 'number', name);
    assert.match((result['worstWeek'] as { fromDay: string }).fromDay, /^2021-0/u);
    const rows = readFileSync(file, 'utf8').trim().split('\n');
    assert.equal(rows.length, 1 + 12 * 24);
    assert.equal(rows[1]?.split(',')[3], '2021-04-25T11:00:00.000Z');
  });

  it('refuses what it cannot use with 3, and a wrong column or span with 2, saying why', async () => {
    assert.equal((await run('--load', join(directory, 'none.csv'), ...span)).code, 3);
    const column = await run('--load', load, ...span, '--temperature-column', 'celsius');
    assert.equal(column.code, 2);
    assert.match(column.err, /no column 'celsius'; the file, parted by commas, has: time, mw, quality/u);
    const early = await run('--load', load, '--from', '2021-03-02', '--to', '2021-03-05', '--json');
    assert.equal(early.code, 2);
    assert.equal((JSON.parse(early.out) as { error: { code: string } }).error.code, 'BAD_OPTION');
  });

  it('ends with 2 for a wrong command line and 0 for help', () => {
    const status = (...args: readonly string[]): number | null =>
      spawnSync(process.execPath, [TOOL, 'forecast', ...args]).status;
    assert.equal(status('backtest', '--load', load), 2);
    assert.equal(status('backtest', '--gate', '25:00'), 2);
    assert.equal(status('backtest', '--help'), 0);
  });
});
