import assert from 'node:assert/strict';
import { createZone } from '../time/zone.ts';
import { loadCsv, type CsvOptions } from './load-csv.ts';

const HOURS = 24 * 20;
const base: CsvOptions = { timeColumn: 'time', label: 'start', valueColumn: 'load', bareStamps: 'local' };

const load = (text: string, options: Partial<CsvOptions> = {}, zone = 'America/Chicago') =>
  loadCsv(Buffer.from(text), createZone(zone), { ...base, ...options });
const refused = (text: string, options: Partial<CsvOptions> = {}, zone?: string): string => {
  const result = load(text, options, zone);
  return result.ok ? 'accepted' : `${result.error.code} ${result.error.message}`;
};

/** Local days with hours counted through from 1, as files of a year number them. */
const counted = (firstDay: number, hoursOf: (day: number) => number): string =>
  [
    'time,hour,load',
    ...Array.from({ length: 20 }, (_, day) =>
      Array.from({ length: hoursOf(day) }, (__, hour) => {
        const date = new Date(firstDay + day * 86_400_000).toISOString().slice(0, 10);
        return `${date},${hour + 1},${day * 100 + hour}`;
      }),
    ).flat(),
  ].join('\n');
const HOUR_COLUMN = { hourColumn: 'hour', label: 'end' } as const;

describe('a load file as the field has it', () => {
  it('has the n-th hour of a long or short day where hours are counted through', () => {
    const changes: readonly (readonly [start: string, changed: number, hours: number])[] = [
      ['2024-10-25', 9, 25],
      ['2021-11-01', 6, 25],
      ['2018-10-30', 5, 25],
      ['2024-03-05', 5, 23],
      ['2020-03-01', 7, 23],
    ];
    for (const [start, changed, hours] of changes) {
      const text = counted(Date.parse(start), (day) => (day === changed ? hours : 24));
      const result = load(text, HOUR_COLUMN);
      assert.ok(result.ok, start);
      const { series, report } = result.value;
      assert.deepEqual([report.missing, report.duplicates, report.badRows], [0, 0, 0], start);
      const expected = Array.from({ length: 20 }, (_, day) =>
        Array.from({ length: day === changed ? hours : 24 }, (__, hour) => day * 100 + hour),
      ).flat();
      assert.deepEqual([...series.load], expected, start);
    }
  });

  it('has no 25th hour on a day that has 24, and no period that the day has not', () => {
    const text = counted(Date.parse('2024-06-01'), (day) => (day === 3 ? 25 : 24));
    const result = load(text, HOUR_COLUMN);
    assert.ok(result.ok);
    assert.deepEqual(
      result.value.report.firstErrors.map(({ line, code, message }) => [line, code, message]),
      [[98, 'BAD_HOUR', "'25' is no hour of a day that has 24"]],
    );
    assert.match(result.value.report.notes.at(-1) ?? '', /1 rows could not be read: line 98: BAD_HOUR/);
  });

  it('has no period that a day has not, and no hour that is none: each is told with its line', () => {
    const periods = counted(Date.parse('2024-06-01'), () => 48).replace('2024-06-03,48,', '2024-06-03,49,');
    const half = load(periods, { hourColumn: 'hour', label: 'start' }, 'Europe/London');
    assert.ok(half.ok);
    assert.deepEqual(
      half.value.report.firstErrors.map(({ line, code, message }) => [line, code, message]),
      [[145, 'BAD_HOUR', "'49' is no period of a day that has 48"]],
    );
    const noon = counted(Date.parse('2024-06-01'), () => 24).replace('2024-06-03,13,', '2024-06-03,noon,');
    const named = load(noon, HOUR_COLUMN);
    assert.ok(named.ok);
    assert.deepEqual(
      named.value.report.firstErrors.map(({ line, code, message }) => [line, code, message]),
      [[62, 'BAD_HOUR', "'noon' is no hour, no time of day and no period"]],
    );
  });

  it('is counted in rows, not in errors, where it is unusable', () => {
    const rows = Array.from({ length: HOURS }, (_, hour) => {
      const at = new Date(Date.UTC(2024, 0, 1, hour)).toISOString();
      return `${at},${hour % 4 === 0 ? 'bad,worse' : '1,2'}`;
    });
    const text = ['time,load,plan', ...rows].join('\n');
    assert.match(
      refused(text, { operatorColumn: 'plan' }),
      /^TOO_MANY_BAD_ROWS 120 of 480 rows are unusable.*line 2: BAD_VALUE 'bad'/,
    );
    const fewer = text.replaceAll('bad,worse', (found, at: number) => (at % 2 === 0 ? found : '3,4'));
    const result = load(fewer, { operatorColumn: 'plan' });
    assert.ok(result.ok ? result.value.report.badRows < 97 : true);
  });

  it('is refused by its first unreadable stamp, with its line, and not for its step', () => {
    const rows = Array.from({ length: HOURS }, (_, hour) => `day ${hour},1`);
    assert.match(
      refused(['time,load', ...rows].join('\n')),
      /480 of 480 rows are unusable.*line 2: BAD_TIME 'day 0' is no time/,
    );
  });

  it('is refused when it is several series in one, and read when it is said which', () => {
    const rows = ['NORTH', 'SOUTH'].flatMap((area, index) =>
      Array.from({ length: HOURS }, (_, hour) => {
        const at = new Date(Date.UTC(2024, 0, 1, hour)).toISOString();
        return `${area},${at},${hour + index * 1000}`;
      }),
    );
    const text = ['area,time,load', ...rows].join('\n');
    assert.match(refused(text), /^SEVERAL_SERIES 480 rows have another value/);
    const south = load(text, { only: { column: 'area', value: 'SOUTH' } });
    assert.equal(south.ok && south.value.series.load[1], 1001);
    assert.match(
      refused(text, { only: { column: 'area', value: 'EAST' } }),
      /^EMPTY_FILE .*'EAST' in column 'area'/,
    );
  });

  it('has the instants that the abbreviations of its zone say, and says when one is not in force', () => {
    const zones: readonly (readonly [zone: string, standard: string, summer: string, offset: number])[] = [
      ['America/New_York', 'EST', 'EDT', -5],
      ['Europe/London', 'GMT', 'BST', 0],
      ['Australia/Sydney', 'AEST', 'AEDT', 10],
      ['Europe/Berlin', 'MEZ', 'MESZ', 1],
    ];
    for (const [name, standard, summer, hours] of zones)
      for (const start of [Date.UTC(2024, 9, 20), Date.UTC(2021, 2, 20), Date.UTC(2019, 3, 1)]) {
        const zone = createZone(name);
        const rows = Array.from({ length: HOURS }, (_, hour) => {
          const ms = start + hour * 3_600_000;
          const offset = zone.offsetMs(ms);
          const local = new Date(ms + offset).toISOString().slice(0, 16).replace('T', ' ');
          return `${local} ${offset === hours * 3_600_000 ? standard : summer},${hour}`;
        });
        const result = load(['time,load', ...rows].join('\n'), {}, name);
        if (!result.ok) assert.fail(`${name}: ${result.error.message}`);
        assert.equal(result.value.series.startMs, start);
        assert.deepEqual(result.value.report.notes, [], name);
        assert.ok(result.value.series.load.every((value, index) => value === index));
      }
    const winter = Array.from({ length: HOURS }, (_, hour) => {
      const ms = Date.UTC(2024, 0, 1, hour);
      return `${new Date(ms).toISOString().slice(0, 16)} MDT,${hour}`;
    });
    const result = load(['time,load', ...winter].join('\n'), {}, 'America/Denver');
    assert.ok(result.ok);
    assert.equal(result.value.series.startMs, Date.parse('2024-01-01T07:00:00Z'));
    assert.match(result.value.report.notes[0] ?? '', /480 stamps name a zone that is not in force/);
  });
});
