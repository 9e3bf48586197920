import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rateCommand } from '../rate/command.ts';
import { pricesCommand } from './prices-command.ts';

interface Answer {
  readonly day: string;
  readonly currency: string;
  readonly notes: readonly string[];
  readonly slots: readonly { readonly minute: number; readonly microsPerKWh: string }[];
  readonly tariff: { readonly id: string; readonly elements: readonly object[] };
  readonly error?: { readonly code: string; readonly message: string };
}

describe('roamgrid tariff prices', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'prices-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  const run = (...args: readonly string[]) => {
    const seen = { out: '', err: '', code: -1 };
    pricesCommand({
      out: (text) => (seen.out += text),
      err: (text) => (seen.err += text),
      exitCode: (code) => (seen.code = code),
    }).parse(args, { from: 'user' });
    return seen;
  };
  const write = (name: string, lines: readonly string[]): string => {
    const path = join(folder, name);
    writeFileSync(path, lines.join('\n'));
    return path;
  };
  /** Two days of two zones of New York; the hour's number is its price in dollars per MWh. */
  const nyiso = (): string =>
    write('nyiso.csv', [
      '"Time Stamp","Name","PTID","LBMP ($/MWHr)"',
      ...['06/01/2024', '06/02/2024'].flatMap((date) =>
        Array.from({ length: 24 }, (_, hour) =>
          [`"N.Y.C.",61761,${hour * 10}.50`, `"WEST",61752,1`].map(
            (rest) => `"${date} ${String(hour).padStart(2, '0')}:00",${rest}`,
          ),
        ).flat(),
      ),
    ]);
  const CITY = ['--layout', 'nyiso', '--only', 'Name=N.Y.C.'];

  it('makes the tariff of a day by the publisher’s layout, and roamgrid rate prices a session by it', () => {
    const out = join(folder, 'tariff.json');
    const rule = ['--times', '2', '--plus', '0.05', '--floor', '0.06', '--vat', '8', '--out', out];
    const made = run(nyiso(), ...CITY, '--day', '2024-06-01', ...rule, '--json');
    assert.equal(made.code, 0, made.err);
    const { day, currency, slots } = JSON.parse(made.out) as Answer;
    assert.deepEqual([day, currency, slots.length], ['2024-06-01', 'USD', 24]);
    assert.deepEqual(
      slots.slice(0, 3).map(({ microsPerKWh }) => microsPerKWh),
      ['60000', '71000', '91000'],
    );
    const cdr = join(folder, 'cdr.json');
    writeFileSync(
      cdr,
      JSON.stringify({
        currency: 'USD',
        start_date_time: '2024-06-01T05:30:00Z',
        end_date_time: '2024-06-01T06:30:00Z',
        cdr_location: { time_zone: 'America/New_York' },
        charging_periods: [
          { start_date_time: '2024-06-01T05:30:00Z', dimensions: [{ type: 'ENERGY', volume: 5 }] },
          { start_date_time: '2024-06-01T06:00:00Z', dimensions: [{ type: 'ENERGY', volume: 10 }] },
        ],
      }),
    );
    let rated = '';
    rateCommand({
      read: (path) => readFileSync(path, 'utf8'),
      out: (text) => (rated += text),
      err: (text) => (rated += text),
      exitCode: () => undefined,
      exit: () => assert.fail(rated),
    }).parse(['--tariff', out, '--cdr', cdr, '--time-zone', 'America/New_York', '--json'], { from: 'user' });
    const { total_cost: total } = JSON.parse(rated) as { total_cost: { excl_vat: number; incl_vat: number } };
    assert.deepEqual([total.excl_vat, total.incl_vat], [1.265, 1.3662]);
  });

  it('takes the last whole day when none is named, and tells market and driver’s price of each interval', () => {
    const made = run(nyiso(), ...CITY);
    assert.equal(made.code, 0, made.err);
    assert.match(made.out, /^2024-06-02 in America\/New_York, USD per kWh, every 60 minutes$/mu);
    assert.match(made.out, /^13:00 {3}0\.1305 {8}0\.1305$/mu);
  });

  it('says what is missing with 2, and what is wrong with the file, with its line, with 3', () => {
    const bare = run(nyiso());
    assert.deepEqual(
      [
        bare.code,
        /--time-column, --value-column, --label, --zone, --currency, --per is missing/.test(bare.err),
      ],
      [2, true],
    );
    const other = run(nyiso(), '--layout', 'ercot');
    assert.deepEqual([other.code, /no column 'Delivery Date'/.test(other.err)], [2, true]);
    const mixed = run(nyiso(), '--layout', 'nyiso', '--json');
    assert.equal(mixed.code, 3);
    const { error } = JSON.parse(mixed.out) as Answer;
    assert.match(`${error?.code} ${error?.message}`, /^SEVERAL_SERIES lines 2 and 3 have two prices/);
    const late = run(nyiso(), ...CITY, '--day', '2024-06-03');
    assert.deepEqual([late.code, /no price for all of 2024-06-03 \(TOO_SHORT\)/.test(late.err)], [3, true]);
    const short = write('short.csv', [
      'Time Stamp,LBMP ($/MWHr)',
      '06/13/2024 00:00,1',
      '06/13/2024 01:00,1',
    ]);
    const never = run(short, '--layout', 'nyiso');
    assert.deepEqual([never.code, /no local day that it holds in full/.test(never.err)], [3, true]);
    assert.deepEqual([run(join(folder, 'none.csv'), '--layout', 'nyiso').code], [3]);
  });
});
