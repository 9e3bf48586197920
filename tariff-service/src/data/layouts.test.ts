import assert from 'node:assert/strict';
import { LOAD_LAYOUT_NAMES, loadLayouts } from '@roamgrid/service-kit/csv';
import { createZone, type Zone } from '../time/zone.ts';
import { Wall } from './wall.fixture.ts';
import { layoutOptions, loadCsv, type CsvOptions, type LoadedData } from './load-csv.ts';

/** Files in publishers' layouts, written from known instants: what is read has to be those instants again. */

const DAYS = 22;
const HOUR_MS = 3_600_000;
const pad = (value: number, length = 2): string => String(value).padStart(length, '0');
const MONTHS = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ');

type Row = (at: {
  readonly start: Wall;
  readonly end: Wall;
  readonly value: number;
  readonly index: number;
}) => string;
/** How one file of a publisher looks: its head, a row, and its step. */
interface Shape {
  readonly head: string;
  readonly row: Row;
  readonly minutes?: number;
  readonly zone: string;
  readonly told?: Partial<CsvOptions>;
  readonly encode?: (text: string) => Uint8Array;
}
const grouped = (value: number, by: string): string =>
  `${Math.floor(value / 1000)}${by}${pad(value % 1000, 3)}`;
const us = (value: number): string => `"${grouped(1000 + value, ',')}.25"`;
const de = (value: number): string => `${grouped(1000 + value, '.')},25`;
const num = (value: number): string => String(1000.25 + value);
const NY = 'America/New_York';
const halfName = (hour: number): string =>
  `${hour % 12 === 0 ? 12 : hour % 12}:00:00 ${hour < 12 ? 'AM' : 'PM'}`;
/** Hour-ending number by the clock of the hour's start. */
const ending = ({ h }: Wall): number => h + 1;
const wallUtc = createZone('Etc/UTC');
const LONDON = createZone('Europe/London');

const SHAPES: Readonly<Record<string, readonly Shape[]>> = {
  ercot: [
    {
      head: 'Hour Ending,COAST,ERCOT',
      row: ({ start, value }) =>
        `${start.mdy('/')} ${pad(ending(start))}:00${start.second ? ' DST' : ''},"9,999.99",${us(value)}`,
      zone: 'America/Chicago',
    },
    {
      head: 'DeliveryDate,HourEnding,DSTFlag,TOTAL',
      row: ({ start, value }) =>
        `${start.mdy('/')},${pad(ending(start))}:00,${start.second ? 'Y' : 'N'},${num(value)}`,
      zone: 'America/Chicago',
    },
  ],
  nyiso: [
    {
      head: '"Time Stamp","Time Zone","Name","PTID","Integrated Load"',
      row: ({ start, value }) =>
        `"${start.mdy('/')} ${start.clock}:00","${start.offsetMs === -4 * HOUR_MS ? 'EDT' : 'EST'}","N.Y.C.",61761,${num(value)}`,
      zone: NY,
    },
  ],
  pjm: [
    {
      head: 'datetime_beginning_utc,datetime_beginning_ept,zone,load_area,mw,is_verified',
      row: ({ start, value }) => {
        const utc = new Wall(wallUtc, start.ms);
        return `${utc.m}/${utc.d}/${utc.y} ${halfName(utc.h)},x,AE,AE,${num(value)},True`;
      },
      zone: NY,
    },
  ],
  isone: [
    {
      head: '"C","Hourly System Demand"\n"C","made up"\n"H","Date","Hour Ending","System Load"\n"H","Date","Hour","MWh"',
      row: ({ start, value }) =>
        `"D","${start.mdy('/')}","${pad(ending(start))}${start.second ? 'X' : ''}",${num(value)}`,
      zone: NY,
    },
  ],
  ieso: [
    {
      head: '\\\\Hourly Demand Report,,,\n\\\\Created at 2024-11-10 07:35:07,,,\n\\\\For 2024,,,\nDate,Hour,Market Demand,Ontario Demand',
      row: ({ start, value }) => {
        const standard = new Wall(wallUtc, start.ms - 5 * HOUR_MS);
        return `${standard.ymd('-')},${standard.h + 1},1,${num(value)}`;
      },
      zone: 'America/Toronto',
    },
  ],
  neso: [
    {
      head: 'SETTLEMENT_DATE,SETTLEMENT_PERIOD,ND,TSD',
      row: ({ start, value }) => {
        const midnight = LONDON.instantsOf(Date.UTC(start.y, start.m - 1, start.d))[0] ?? 0;
        const period = (start.ms - midnight) / (HOUR_MS / 2) + 1;
        return `${pad(start.d)}-${MONTHS[start.m - 1] ?? ''}-${start.y},${period},${num(value)},1`;
      },
      minutes: 30,
      zone: 'Europe/London',
    },
  ],
  entsoe: [
    {
      head: '"Time (CET/CEST)","Day-ahead Total Load Forecast [MW] - BZN|SE4","Actual Total Load [MW] - BZN|SE4"',
      row: ({ start, end, value }) =>
        `"${start.dmy('.')} ${start.clock} - ${end.dmy('.')} ${end.clock}","1","${num(value)}"`,
      zone: 'Europe/Stockholm',
    },
  ],
  smard: [
    {
      head: 'Datum von;Datum bis;Netzlast [MWh] Originalauflösungen',
      row: ({ start, end, value }) =>
        `${start.dmy('.')} ${start.clock};${end.dmy('.')} ${end.clock};${de(value)}`,
      minutes: 15,
      zone: 'Europe/Berlin',
      encode: (text) => Buffer.from(`\uFEFF${text.replaceAll('\n', '\r\n')}`),
    },
  ],
  rte: [
    {
      head: 'Périmètre\tNature\tDate\tHeures\tConsommation',
      row: ({ start, value }) =>
        `France\tDonnées définitives\t${start.ymd('-')}\t${start.clock}\t${num(value).replace('.', ',')}`,
      minutes: 30,
      zone: 'Europe/Paris',
      encode: (text) => Buffer.from(text, 'latin1'),
    },
    {
      head: 'Périmètre;Date - Heure;Consommation (MW)',
      row: ({ start, value }) => {
        const hours = start.offsetMs / HOUR_MS;
        return `France;${start.ymd('-')}T${start.clock}:00+0${hours}:00;${num(value).replace('.', ',')}`;
      },
      minutes: 30,
      zone: 'Europe/Paris',
      encode: (text) => Buffer.from(`\uFEFF${text}`, 'utf16le'),
    },
  ],
  aemo: [
    {
      head: 'REGION,SETTLEMENTDATE,TOTALDEMAND,RRP,PERIODTYPE',
      row: ({ end, value }) => {
        const market = new Wall(wallUtc, end.ms + 10 * HOUR_MS);
        return `NSW1,${market.ymd('/')} ${market.clock}:00,${num(value)},50,TRADE`;
      },
      minutes: 30,
      zone: 'Australia/Brisbane',
    },
  ],
  eia930: [
    {
      head: 'Balancing Authority,Data Date,Hour Number,Local Time at End of Hour,UTC Time at End of Hour,Demand Forecast (MW),Demand (MW)',
      row: ({ start, end, value }) => {
        const utc = new Wall(wallUtc, end.ms);
        return `DUK,${start.mdy('/')},1,x,${utc.mdy('/')} ${halfName(utc.h)},"9,512",${us(value)}`;
      },
      zone: NY,
      encode: (text) => Buffer.from(`\uFEFF${text}`),
    },
  ],
};

/** Local midnights some days before each change of the clocks in three years. */
const startsOf = (zone: Zone): readonly number[] =>
  [2019, 2022, 2024].flatMap((year) =>
    [Date.UTC(year, 2, 1), Date.UTC(year, 9, 20)].map((ms) => zone.instantsOf(ms)[0] ?? ms),
  );

const read = (bytes: Uint8Array, name: string, zoneName: string, told: Partial<CsvOptions>): LoadedData => {
  const options = layoutOptions(bytes, name, told);
  if (!options.ok) assert.fail(`${options.error.code}: ${options.error.message}`);
  const data = loadCsv(bytes, createZone(zoneName), options.value);
  if (!data.ok) assert.fail(`${data.error.code}: ${data.error.message}`);
  return data.value;
};

describe('a publisher’s layout', () => {
  for (const name of LOAD_LAYOUT_NAMES) {
    it(`${name} gives back the instants and values that were written, over both changes of the clocks`, () => {
      const shapes = SHAPES[name] ?? [];
      assert.ok(shapes.length > 0, 'each layout has a file here');
      for (const { head, row, minutes = 60, zone: zoneName, told = {}, encode = Buffer.from } of shapes) {
        const zone = createZone(zoneName);
        for (const startMs of startsOf(zone)) {
          const stepMs = minutes * 60_000;
          const count = (DAYS * 24 * 60) / minutes;
          const rows = Array.from({ length: count }, (_, index) => {
            const [start, end] = [0, 1].map((more) => new Wall(zone, startMs + (index + more) * stepMs));
            return start && end ? row({ start, end, value: index, index }) : '';
          });
          const { series, report } = read(encode([head, ...rows].join('\n')), name, zoneName, told);
          assert.equal(new Date(series.startMs).toISOString(), new Date(startMs).toISOString());
          assert.equal(series.stepMinutes, minutes);
          assert.deepEqual(
            [...series.load],
            Array.from({ length: count }, (_, index) => 1000.25 + index),
          );
          assert.deepEqual([report.badRows, report.duplicates, report.missing], [0, 0, 0]);
        }
      }
    });
  }

  it('is a row of a table: each has its own zone or says that it needs one', () => {
    for (const name of LOAD_LAYOUT_NAMES) assert.ok(loadLayouts(name).length > 0);
    const refused = layoutOptions(Buffer.from('a,b\n1,2'), 'neso', {});
    assert.match(refused.ok ? '' : refused.error.message, /no column 'SETTLEMENT_DATE'.*the file.*has: a, b/);
  });
});
