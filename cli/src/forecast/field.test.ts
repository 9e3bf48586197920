import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forecastCommand } from './index.ts';

const HOUR_MS = 3_600_000;
const DAYS = 40;

describe('roamgrid forecast on publishers’ files', function () {
  this.timeout(60_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'layouts-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  const run = async (...args: readonly string[]) => {
    const seen = { out: '', err: '', code: -1 };
    const io = {
      out: (text: string) => void (seen.out += text),
      err: (text: string) => void (seen.err += text),
      exitCode: (code: number) => void (seen.code = code),
    };
    await forecastCommand(io).parseAsync(['node', 'forecast', ...args]);
    return seen;
  };
  /** Hours of a German market report in local summer time, with one row that cannot be read. */
  const file = (): string => {
    const start = Date.UTC(2024, 5, 1);
    const rows = Array.from({ length: DAYS * 24 }, (_, hour) => {
      const at = (ms: number) => {
        const [date = '', time = ''] = new Date(ms).toISOString().slice(0, 16).split('T');
        return `${date.split('-').reverse().join('.')} ${time}`;
      };
      const ms = start + hour * HOUR_MS;
      const value =
        hour === 100
          ? 'fehlt'
          : `1${hour % 24 < 10 ? '0' : ''}${hour % 24}.${String((hour * 37) % 1000).padStart(3, '0')},25`;
      return `${at(ms)};${at(ms + HOUR_MS)};${value}`;
    });
    const path = join(folder, 'smard.csv');
    writeFileSync(path, ['Datum von;Datum bis;Netzlast [MWh] Stunde', ...rows].join('\r\n'));
    return path;
  };

  it('reads a layout by its name and tells the same of the file from every command', async () => {
    const load = file();
    const common = ['--load', load, '--layout', 'smard', '--gate', '12:00', '--json'];
    const predicted = await run('predict', ...common);
    assert.equal(predicted.code, 0, predicted.err);
    const { day, notes } = JSON.parse(predicted.out) as { day: string; notes: string[] };
    assert.equal(day, '2024-07-11');
    assert.deepEqual(notes, [
      'fields are parted by semicolons',
      'the values are MWh of each interval, and so is the forecast',
      "1 rows could not be read: line 102: BAD_VALUE 'fehlt' in column 'Netzlast [MWh] Stunde' is no number",
    ]);
    const tested = await run('backtest', ...common, '--from', '2024-07-08', '--to', '2024-07-09');
    assert.equal(tested.code, 0, tested.err);
    assert.deepEqual((JSON.parse(tested.out) as { notes: string[] }).notes.slice(0, notes.length), notes);
  });

  it('says what is missing with 2: a flag that no layout gives, a column that the file has not', async () => {
    const load = file();
    const bare = await run('predict', '--load', load, '--gate', '12:00');
    assert.equal(bare.code, 2);
    assert.match(bare.err, /--time-column, --value-column, --label, --zone is missing.*\(BAD_OPTION\)/);
    const other = await run('predict', '--load', load, '--layout', 'neso', '--gate', '12:00');
    assert.equal(other.code, 2);
    assert.match(other.err, /no column 'SETTLEMENT_DATE'.*parted by semicolons, has: Datum von/);
    const overridden = ['--layout', 'smard', '--zone', 'Europe/Vienna', '--decimal-mark', '.'];
    const marked = await run('predict', '--load', load, '--gate', '12:00', ...overridden);
    assert.deepEqual([marked.code, /TOO_MANY_BAD_ROWS/.test(marked.err)], [3, true]);
  });
});
