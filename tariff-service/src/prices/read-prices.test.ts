import assert from 'node:assert/strict';
import { PRICE_LAYOUT_NAMES } from '@roamgrid/service-kit/csv';
import { Wall } from '../data/wall.fixture.ts';
import { createZone, parseDay, type Zone } from '../time/zone.ts';
import { lastWholeDay, marketDay, type MarketRule } from './market-tariff.ts';
import { priceLayoutOptions, readPrices, type PriceOptions, type PriceTable } from './read-prices.ts';

/** Tables of prices in publishers' layouts, written from known instants and prices: what is read has to be those again. */

const HOUR_MS = 3_600_000;
const DAYS = 12;
const pad = (value: number): string => String(value).padStart(2, '0');
const wallUtc = createZone('Etc/UTC');
const LONDON = createZone('Europe/London');

/** Micros of a unit per MWh of an interval: below zero, with as many decimals as markets write. */
const microsPerMWhAt = (index: number): bigint =>
  BigInt(index % 7 === 3 ? -1 : 1) * BigInt(9_120_000 + index * 10_000);
/** The same as decimal text with two decimals. */
const text = (index: number, mark = '.'): string => {
  const cents = microsPerMWhAt(index) / 10_000n;
  const size = cents < 0n ? -cents : cents;
  return `${cents < 0n ? '-' : ''}${size / 100n}${mark}${pad(Number(size % 100n))}`;
};

interface Shape {
  readonly head: string;
  readonly row: (start: Wall, end: Wall, index: number) => string;
  readonly zone: string;
  readonly minutes?: number;
  readonly currency: string;
  readonly told?: Partial<PriceOptions>;
  readonly encode?: (text: string) => Uint8Array;
}

const ending = ({ h }: Wall): string => pad(h + 1);
const half = (h: number): string => `${h % 12 === 0 ? 12 : h % 12}:00:00 ${h < 12 ? 'AM' : 'PM'}`;
const both = (start: Wall, end: Wall, by: string): string =>
  `${start.dmy(by)} ${start.clock} - ${end.dmy(by)} ${end.clock}`;

const SHAPES: Readonly<Record<string, readonly Shape[]>> = {
  ercot: [
    {
      head: 'DeliveryDate,HourEnding,SettlementPoint,SettlementPointPrice,DSTFlag',
      row: (start, _end, index) =>
        [
          `${start.mdy('/')},${ending(start)}:00,HB_NORTH,${text(index)},${start.second ? 'Y' : 'N'}`,
          `${start.mdy('/')},${ending(start)}:00,HB_WEST,1,${start.second ? 'Y' : 'N'}`,
        ].join('\n'),
      zone: 'America/Chicago',
      currency: 'USD',
      told: { only: { column: 'SettlementPoint', value: 'HB_NORTH' } },
    },
    {
      head: 'Delivery Date,Hour Ending,Repeated Hour Flag,Settlement Point,Settlement Point Price',
      row: (start, _end, index) =>
        `${start.mdy('/')},${ending(start)}:00,${start.second ? 'Y' : 'N'},LZ_HOUSTON,${text(index)}`,
      zone: 'America/Chicago',
      currency: 'USD',
    },
  ],
  nyiso: [
    {
      head: '"Time Stamp","Name","PTID","LBMP ($/MWHr)","Marginal Cost Losses ($/MWHr)"',
      row: (start, _end, index) =>
        `"${start.mdy('/')} ${start.clock}","N.Y.C.",61761,${text(index)},0\n"${start.mdy('/')} ${start.clock}","WEST",61752,9,0`,
      zone: 'America/New_York',
      currency: 'USD',
      told: { only: { column: 'Name', value: 'N.Y.C.' } },
    },
  ],
  pjm: ['da', 'rt'].map((market) => ({
    head: `datetime_beginning_utc,datetime_beginning_ept,pnode_id,pnode_name,total_lmp_${market}`,
    row: (start: Wall, _end: Wall, index: number) => {
      const utc = new Wall(wallUtc, start.ms);
      return `${utc.m}/${utc.d}/${utc.y} ${half(utc.h)},x,51217,DUKE,${text(index)}0000`;
    },
    zone: 'America/New_York',
    currency: 'USD',
  })),
  isone: [
    {
      head: '"C","Day-Ahead Hourly LMP Report"\n"H","Date","Hour Ending","Location ID","Locational Marginal Price"\n"H","Date","HE","String","Number"',
      row: (start, _end, index) =>
        `"D","${start.mdy('/')}","${ending(start)}${start.second ? 'X' : ''}","4000",${text(index)}`,
      zone: 'America/New_York',
      currency: 'USD',
    },
  ],
  ieso: [
    {
      head: '\\\\Yearly HOEP Report,,,\n\\\\For 2024,,,\nDate,Hour,HOEP,Hour 1 Predispatch',
      row: (start, _end, index) => {
        const standard = new Wall(wallUtc, start.ms - 5 * HOUR_MS);
        return `${standard.ymd('-')},${standard.h + 1},${text(index)},0`;
      },
      zone: 'America/Toronto',
      currency: 'CAD',
    },
  ],
  elexon: [
    {
      head: 'SettlementDate,SettlementPeriod,StartTime,SystemSellPrice,SystemBuyPrice',
      row: (start, _end, index) => {
        const midnight = LONDON.instantsOf(Date.UTC(start.y, start.m - 1, start.d))[0] ?? 0;
        return `${start.ymd('-')},${(start.ms - midnight) / (HOUR_MS / 2) + 1},x,${text(index)},1`;
      },
      minutes: 30,
      zone: 'Europe/London',
      currency: 'GBP',
    },
  ],
  entsoe: [
    {
      head: '"MTU (CET/CEST)","Day-ahead Price [EUR/MWh]","Currency","BZN|SE4"',
      row: (start, end, index) => `"${both(start, end, '.')}","${text(index)}","EUR",""`,
      zone: 'Europe/Stockholm',
      currency: 'EUR',
    },
    {
      head: '"MTU (CET/CEST)","Area","Sequence","Day-ahead Price (EUR/MWh)"',
      row: (start, end, index) =>
        `"${start.dmy('/')} ${start.clock}:00 - ${end.dmy('/')} ${end.clock}:00","BZN|FR","1","${text(index)}"`,
      minutes: 15,
      zone: 'Europe/Paris',
      currency: 'EUR',
    },
    ...['[EUR/MWh]', '(EUR/MWh)'].map((unit) => ({
      head: `MTU (UTC),Day-ahead Price ${unit}`,
      row: (start: Wall, end: Wall, index: number) =>
        `${both(new Wall(wallUtc, start.ms), new Wall(wallUtc, end.ms), '/')},${text(index)}`,
      zone: 'Europe/Athens',
      currency: 'EUR',
    })),
  ],
  smard: [
    {
      head: 'Datum von;Datum bis;Deutschland/Luxemburg [€/MWh] Originalauflösungen;∅ Anrainer DE/LU [€/MWh] Originalauflösungen',
      row: (start, end, index) =>
        `${start.dmy('.')} ${start.clock};${end.dmy('.')} ${end.clock};${text(index, ',')};-`,
      zone: 'Europe/Berlin',
      currency: 'EUR',
      encode: (written) => Buffer.from(`\uFEFF${written.replaceAll('\n', '\r\n')}`),
    },
    {
      head: 'Start date;End date;Germany/Luxembourg [€/MWh] Original resolutions',
      row: (start, _end, index) =>
        `${start.mdy('/')} ${half(start.h).replace(':00:00', ':00')};x;${text(index)}`,
      zone: 'Europe/Berlin',
      currency: 'EUR',
      encode: (written) => Buffer.from(`\uFEFF${written}`, 'utf16le'),
    },
  ],
  aemo: [
    {
      head: 'REGION,SETTLEMENTDATE,TOTALDEMAND,RRP,PERIODTYPE',
      row: (_start, end, index) => {
        const market = new Wall(wallUtc, end.ms + 10 * HOUR_MS);
        return `NSW1,${market.ymd('/')} ${market.clock}:00,7000.5,${text(index)},TRADE`;
      },
      minutes: 5,
      zone: 'Australia/Brisbane',
      currency: 'AUD',
    },
  ],
};

const startsOf = (zone: Zone): readonly number[] =>
  [2019, 2024].flatMap((year) =>
    [Date.UTC(year, 2, 8), Date.UTC(year, 2, 25), Date.UTC(year, 9, 24)].map(
      (ms) => zone.instantsOf(ms)[0] ?? ms,
    ),
  );

const read = (bytes: Uint8Array, name: string, zone: Zone, told: Partial<PriceOptions> = {}): PriceTable => {
  const options = priceLayoutOptions(bytes, name, told);
  if (!options.ok) assert.fail(`${options.error.code}: ${options.error.message}`);
  const table = readPrices(bytes, zone, options.value);
  if (!table.ok) assert.fail(`${table.error.code}: ${table.error.message}`);
  return table.value;
};

const RULE: MarketRule = { timesPpm: 1_000_000n, plusMicrosPerKWh: 0n, floorMicrosPerKWh: 0n, vatPercent: 0 };

describe('a publisher’s table of prices', () => {
  for (const name of PRICE_LAYOUT_NAMES) {
    it(`${name} gives back the instants and prices that were written, over both changes of the clocks`, () => {
      const shapes = SHAPES[name] ?? [];
      assert.ok(shapes.length > 0, 'each layout has a table here');
      for (const {
        head,
        row,
        minutes = 60,
        currency,
        zone: zoneName,
        told = {},
        encode = Buffer.from,
      } of shapes) {
        const zone = createZone(zoneName);
        for (const startMs of startsOf(zone)) {
          const stepMs = minutes * 60_000;
          const count = (DAYS * 24 * 60) / minutes;
          const rows = Array.from({ length: count }, (_, index) =>
            row(
              new Wall(zone, startMs + index * stepMs),
              new Wall(zone, startMs + (index + 1) * stepMs),
              index,
            ),
          );
          const table = read(encode([head, ...rows].join('\n')), name, zone, told);
          assert.deepEqual([table.currency, table.stepMinutes], [currency, minutes]);
          assert.deepEqual(
            table.intervals,
            rows.map((_, index) => ({
              startMs: startMs + index * stepMs,
              nanosPerKWh: microsPerMWhAt(index),
            })),
          );
        }
      }
    });
  }
});

describe('prices as they are written', () => {
  const zone = createZone('Europe/Paris');
  const options: PriceOptions = {
    timeColumn: 'at',
    valueColumn: 'price',
    label: 'start',
    bareStamps: 'local',
    currency: 'EUR',
    per: 'MWh',
  };
  const hours = (day: string, cells: readonly string[]): string[] =>
    cells.map((cell, hour) => `2024-${day}T${pad(hour)}:00:00Z,${cell}`);
  const table = (rows: readonly string[], told: Partial<PriceOptions> = {}) =>
    readPrices(Buffer.from(['at,price', ...rows].join('\n')), zone, { ...options, ...told });
  const refusal = (made: ReturnType<typeof table>): string =>
    made.ok ? 'read' : `${made.error.code}: ${made.error.message}`;

  it('are exact: a millionth of a unit per MWh is kept, and more decimals than that are refused by line', () => {
    const made = table(hours('06-01', ['23.451234', '-0.000001', '1e2', '7', '8', '9']));
    assert.ok(made.ok);
    assert.deepEqual(
      made.value.intervals.map(({ nanosPerKWh }) => nanosPerKWh),
      [23_451_234n, -1n, 7_000_000n, 8_000_000n, 9_000_000n],
    );
    assert.deepEqual(made.value.notes, [
      "1 rows could not be read: line 4: BAD_VALUE '1e2' in column 'price' is no price of at most 6 decimals",
    ]);
    const perKWh = table(hours('06-01', ['0.123456789', '0.5']), { per: 'kWh' });
    assert.ok(perKWh.ok);
    assert.deepEqual(
      perKWh.value.intervals.map(({ nanosPerKWh }) => nanosPerKWh),
      [123_456_789n, 500_000_000n],
    );
  });

  it('with more decimals than that, or at a time that the clock skipped, are told by their lines', () => {
    const made = table(hours('06-01', ['1', '2', '3', '4', '5.0000001', '6.0000010']));
    assert.ok(made.ok);
    assert.deepEqual(made.value.notes, [
      "1 rows could not be read: line 6: BAD_VALUE '5.0000001' in column 'price' is no price of at most 6 decimals",
    ]);
    assert.equal(made.value.intervals.at(-1)?.nanosPerKWh, 6_000_001n);
    const spring = table(Array.from({ length: 6 }, (_, hour) => `2024-03-31 0${hour}:00,${hour}`));
    assert.ok(spring.ok);
    assert.deepEqual(spring.value.notes, [
      '1 rows could not be read: line 4: NO_SUCH_LOCAL_TIME the clock of Europe/Paris skipped this time',
    ]);
  });

  it('say what was lost: empty cells, rows said twice', () => {
    const made = table([...hours('06-01', ['1', '', '3', '4']), '2024-06-01T03:00:00Z,4']);
    assert.ok(made.ok);
    assert.deepEqual(made.value.notes, ['1 rows have no price', '1 rows say again what another row says']);
  });

  it('of several places are refused with both lines and the way to pick one', () => {
    const made = table([...hours('06-01', ['1', '2', '3']), '2024-06-01T01:00:00Z,5']);
    assert.match(
      refusal(made),
      /^SEVERAL_SERIES: lines 3 and 5 have two prices for 2024-06-01T01:00:00.000Z.*--only COLUMN=VALUE/,
    );
  });

  it('are refused with the cause when no row, no step, or too few rows can be read', () => {
    assert.match(refusal(table([])), /^EMPTY_FILE/);
    assert.match(refusal(table(['2024-06-01T00:00:00Z,1'])), /^NO_STEP/);
    assert.match(
      refusal(table(hours('06-01', ['a', 'b', '3']))),
      /^TOO_MANY_BAD_ROWS: 2 of 3 .*line 2: BAD_VALUE 'a'/,
    );
    assert.match(refusal(table(['x,1', 'y,2'])), /^TOO_MANY_BAD_ROWS: 2 of 2 .*line 2: BAD_TIME 'x'/);
    assert.match(
      refusal(table(hours('06-01', ['1']), { valueColumn: 'cost' })),
      /^NO_COLUMN: no column 'cost'/,
    );
    assert.match(
      refusal(table(['01/02/2024 00:00,1', '01/02/2024 01:00,1'])),
      /^BAD_OPTION: '01\/02\/2024 00:00' may be day\/month or month\/day/,
    );
    const none = priceLayoutOptions(Buffer.from('a,b\n1,2'), 'elexon', {});
    assert.match(none.ok ? '' : none.error.message, /no column 'SettlementDate'/);
  });
});

describe('a tariff from a market’s prices', () => {
  const zone = createZone('Europe/Berlin');
  /** Hourly prices of some local days, in nanos by the number of the hour. */
  const tableOf = (from: string, hours: number, nanos: (hour: number) => bigint): PriceTable => {
    const startMs = zone.instantsOf(Date.parse(`${from}T00:00:00Z`))[0] ?? 0;
    return {
      currency: 'EUR',
      stepMinutes: 60,
      notes: [],
      intervals: Array.from({ length: hours }, (_, hour) => ({
        startMs: startMs + hour * HOUR_MS,
        nanosPerKWh: nanos(hour),
      })),
    };
  };
  const day = (text_: string): number => parseDay(text_) ?? 0;

  it('is the price times the factor plus the part, half a hundredth of a cent up, between floor and ceiling', () => {
    const table = tableOf('2024-06-01', 24, (hour) => BigInt(hour - 2) * 33_333_333n);
    const made = marketDay(table, zone, day('2024-06-01'), {
      ...RULE,
      timesPpm: 1_500_000n,
      plusMicrosPerKWh: 50_050n,
      floorMicrosPerKWh: 10_000n,
      ceilingMicrosPerKWh: 900_000n,
    });
    assert.ok(made.ok);
    assert.deepEqual(
      made.value.slots.slice(0, 4).map(({ microsPerKWh, limitedBy }) => [microsPerKWh, limitedBy]),
      [
        [10_000n, 'floor'],
        [10_000n, 'floor'],
        [50_100n, 'none'],
        [100_000n, 'none'],
      ],
    );
    assert.deepEqual(made.value.slots.at(-1)?.microsPerKWh, 900_000n);
    assert.equal(made.value.slots.at(-1)?.limitedBy, 'ceiling');
    assert.deepEqual(made.value.elements[0]?.price_components[0]?.price, 0.01);
  });

  it('gives a repeated hour its higher price, and has no slot that nobody can be charged by', () => {
    const autumn = marketDay(
      tableOf('2024-10-27', 25, (hour) => BigInt(hour) * 10_000_000n),
      zone,
      day('2024-10-27'),
      RULE,
    );
    assert.ok(autumn.ok);
    assert.deepEqual(
      autumn.value.slots.slice(1, 4).map(({ microsPerKWh }) => microsPerKWh),
      [10_000n, 30_000n, 40_000n],
    );
    const spring = marketDay(
      tableOf('2024-03-31', 23, (hour) => BigInt(hour) * 10_000_000n),
      zone,
      day('2024-03-31'),
      RULE,
    );
    assert.ok(spring.ok);
    assert.equal(spring.value.slots.length, 24);
  });

  it('is refused for a day that the table has not in full; without a day the last whole one counts', () => {
    const table = tableOf('2024-06-01', 40, () => 1n);
    assert.equal(lastWholeDay(table, zone), day('2024-06-01'));
    const part = marketDay(table, zone, day('2024-06-02'), RULE);
    assert.deepEqual(part.ok ? '' : part.error, {
      code: 'TOO_SHORT',
      message: 'the table has no price for all of 2024-06-02',
    });
    assert.equal(
      lastWholeDay(
        tableOf('2024-06-01', 20, () => 1n),
        zone,
      ),
      undefined,
    );
  });
});
