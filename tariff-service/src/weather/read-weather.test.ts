import assert from 'node:assert/strict';
import { createZone } from '../time/zone.ts';
import { readWeatherFile, type WeatherFile, type WeatherFileOptions } from './read-weather.ts';

const HOUR_MS = 3_600_000;
const berlin = createZone('Europe/Berlin');
const PLAIN: WeatherFileOptions = { name: 'w.csv', label: 'start', bareStamps: 'local', delayMs: 0 };

const attempt = (text: string, more: Partial<WeatherFileOptions> = {}, zone = berlin) =>
  readWeatherFile(Buffer.from(text), zone, berlin, { ...PLAIN, ...more });
const read = (text: string, more: Partial<WeatherFileOptions> = {}, zone = berlin): WeatherFile => {
  const done = attempt(text, more, zone);
  if (!done.ok) assert.fail(`${done.error.code}: ${done.error.message}`);
  return done.value;
};
const refusal = (text: string, more: Partial<WeatherFileOptions> = {}): string => {
  const done = attempt(text, more);
  if (done.ok) assert.fail('it was read');
  return `${done.error.code}: ${done.error.message}`;
};

/** Degrees of an hour from a start: a day that is warmest at 15:00 in Berlin's winter time. */
const celsiusAt = (ms: number): number =>
  Math.round(10 * (6 + 7 * Math.sin((2 * Math.PI * (ms / HOUR_MS - 8)) / 24))) / 10;
const hoursFrom = (start: string, hours: number): readonly number[] =>
  Array.from({ length: hours }, (_, hour) => Date.parse(start) + hour * HOUR_MS);
const utc = (ms: number): string => new Date(ms).toISOString();
const fileOf = (head: string, starts: readonly number[], row: (ms: number) => string): string =>
  [head, ...starts.map(row)].join('\n');
const WINTER = hoursFrom('2023-01-09T23:00:00Z', 96);

describe('a weather file', () => {
  const two = (value: number): string => String(value).padStart(2, '0');
  const at = (ms: number, offsetHours: number): Date => new Date(ms + offsetHours * HOUR_MS);
  const written: readonly (readonly [
    how: string,
    year: number,
    text: (starts: readonly number[]) => string,
  ])[] = [
    [
      'semicolons, decimal commas, day first, °F in the name',
      2019,
      (starts) =>
        fileOf('Datum;Temperatur °F', starts, (ms) => {
          const local = at(ms, 1);
          const value = ((celsiusAt(ms) * 9) / 5 + 32).toFixed(2).replace('.', ',');
          return `${two(local.getUTCDate())}.${two(local.getUTCMonth() + 1)}.${local.getUTCFullYear()} ${two(local.getUTCHours())}:00;${value}`;
        }),
    ],
    [
      'tabs, AM and PM, month first, columns the other way round',
      2021,
      (starts) =>
        fileOf('temp_c\tobserved', starts, (ms) => {
          const local = at(ms, 1);
          const hour = local.getUTCHours();
          return `${celsiusAt(ms)}\t${local.getUTCMonth() + 1}/${local.getUTCDate()}/${local.getUTCFullYear()} ${hour % 12 === 0 ? 12 : hour % 12}:00 ${hour < 12 ? 'AM' : 'PM'}`;
        }),
    ],
    [
      'offsets, kelvin, newest row first',
      2024,
      (starts) =>
        fileOf('t2m (K),valid time', [...starts].reverse(), (ms) => {
          const local = at(ms, 1).toISOString().slice(0, 19);
          return `${(celsiusAt(ms) + 273.15).toFixed(2)},${local}+01:00`;
        }),
    ],
  ];
  for (const [how, year, text] of written)
    it(`gives back the instants and degrees that were written: ${how}`, () => {
      const starts = hoursFrom(`${year}-01-09T23:00:00Z`, 96);
      const [source] = read(text(starts)).sources;
      assert.deepEqual([...(source?.validMs ?? [])], starts);
      source?.celsius.forEach((value, index) => {
        assert.ok(Math.abs(value - celsiusAt(starts[index] ?? 0)) < 0.011, `${value} at ${index}`);
      });
    });

  it('is one source a column, and what it leaves to guess is told', () => {
    const text = fileOf(
      'time,T1,T2,dew_temp',
      WINTER,
      (ms) => `${utc(ms)},${celsiusAt(ms)},${celsiusAt(ms) + 1},1`,
    );
    const { sources, notes } = read(text);
    assert.deepEqual(
      sources.map(({ name, kind }) => [name, kind]),
      [
        ['w.csv T1', 'measured'],
        ['w.csv T2', 'measured'],
      ],
    );
    assert.deepEqual(notes, [
      'w.csv T1, T2: the temperatures are taken as °C: the file names no unit (--weather-unit says otherwise)',
    ]);
  });

  it('in °F without saying so is taken for that where air has no such °C, and refused where it says °C', () => {
    const text = (name: string): string =>
      fileOf(`time,${name}`, WINTER, (ms) => `${utc(ms)},${celsiusAt(ms) * 1.8 + 62}`);
    const found = read(text('temperature'));
    assert.match(found.notes.join(), /are taken as °F: in °C air never has them/u);
    assert.match(refusal(text('temp_c')), /^WEATHER_UNIT: .*the column's name says °C.*--weather-unit F/u);
    assert.match(refusal(text('temperature'), { unit: 'C' }), /^WEATHER_UNIT: .*--weather-unit says °C/u);
    assert.match(
      refusal(text('temperature').replaceAll(/,(\d)/gu, ',9$1$1')),
      /^WEATHER_UNIT: .*name another/u,
    );
  });

  it('with gaps is told where the longest is, and with values that cannot be, which', () => {
    const gap = WINTER.filter((_, index) => index < 30 || index > 36);
    const { notes } = read(fileOf('time,temp_c', gap, (ms) => `${utc(ms)},${celsiusAt(ms)}`));
    assert.match(notes.join(), /7 values are missing, the longest gap has 7 from 2023-01-11T05:00:00.000Z/u);
    const broken = read(
      fileOf('time,temp_c', hoursFrom('2023-01-01T00:00:00Z', 200), (ms) =>
        [utc(ms), ms === Date.parse('2023-01-03T04:00:00Z') ? 999 : celsiusAt(ms)].join(','),
      ),
    );
    assert.match(broken.notes.join(), /1 rows could not be read: line 54: BAD_TEMPERATURE 999/u);
    assert.equal(broken.sources[0]?.celsius.length, 199);
  });

  it('by a clock of elsewhere is doubted when its warmest hour is at night, and right when its zone is told', () => {
    const tokyo = createZone('Asia/Tokyo');
    const text = fileOf(
      'time,temp_c',
      WINTER,
      (ms) => `${at(ms, 9).toISOString().slice(0, 16)},${celsiusAt(ms)}`,
    );
    assert.match(
      read(text).notes.join(),
      /warmest at 23:00 in Europe\/Berlin: are the stamps of another zone/u,
    );
    const told = read(text, {}, tokyo);
    assert.deepEqual(told.notes, []);
    assert.equal(told.sources[0]?.validMs[0], WINTER[0]);
  });

  it('with the instant of each forecast keeps every issue, from when it could be read', () => {
    const issues = [WINTER[0] ?? 0, (WINTER[0] ?? 0) + 6 * HOUR_MS];
    const text = [
      'run,valid,temperature_c',
      ...issues.flatMap((run) =>
        Array.from({ length: 48 }, (_, lead) => `${utc(run)},${utc(run + lead * HOUR_MS)},${lead / 10}`),
      ),
    ].join('\n');
    const { sources, notes } = read(text, { delayMs: 3 * HOUR_MS });
    const [source] = sources;
    assert.equal(source?.kind, 'forecast');
    assert.equal(source.validMs.length, 96);
    const rows = [...source.validMs].flatMap((ms, row) =>
      ms === (issues[1] ?? 0) ? [[source.issuedMs[row], source.celsius[row]]] : [],
    );
    assert.deepEqual(rows, [
      [(issues[0] ?? 0) + 3 * HOUR_MS, 0.6],
      [(issues[1] ?? 0) + 3 * HOUR_MS, 0],
    ]);
    assert.match(notes.join(), /what 'run' says was there at its gate, 180 minutes after it/u);
  });

  it('has both passes of the autumn hour within each issue', () => {
    const starts = hoursFrom('2023-10-28T20:00:00Z', 12);
    const local = (ms: number): string => new Date(ms + berlin.offsetMs(ms)).toISOString().slice(0, 16);
    const text = ['a', 'b'].flatMap((issue) =>
      starts.map((ms) => `2023-10-28 ${issue === 'a' ? '06' : '12'}:00,${local(ms)},5`),
    );
    const [source] = read(['issued,time,temp_c', ...text].join('\n')).sources;
    assert.deepEqual([...new Set(source?.validMs)], starts);
    assert.equal(source?.validMs.length, 24);
  });

  it('is refused by its name without stamps, without temperatures, with values of days, and with other rows than it says', () => {
    assert.match(refusal('a,b\n1,2\n3,4'), /^NO_COLUMN: w\.csv: .*time stamps.*--weather-time-column/u);
    assert.match(
      refusal(fileOf('time,rain', WINTER, (ms) => `${utc(ms)},1`)),
      /^NO_COLUMN: w\.csv: .*temperatures.*--weather-column/u,
    );
    assert.match(refusal('time,temp\n', {}), /^EMPTY_FILE: w\.csv/u);
    const days = hoursFrom('2023-01-01T00:00:00Z', 20).map((ms, day) => ms + day * 23 * HOUR_MS);
    assert.match(refusal(fileOf('time,temp_c', days, (ms) => `${utc(ms)},3`)), /^NO_STEP: w\.csv/u);
    const half = fileOf('time,temp_c', WINTER, (ms) => `${utc(ms)},${ms % (3 * HOUR_MS) === 0 ? 'x' : 4}`);
    assert.match(refusal(half, { temperatureColumns: ['temp_c'] }), /^TOO_MANY_BAD_ROWS: w\.csv: 32 of 96/u);
    assert.match(
      refusal(
        fileOf('time,temp_c', WINTER, (ms) => `${utc(ms)},`),
        { temperatureColumns: ['temp_c'] },
      ),
      /^EMPTY_FILE: w\.csv: column 'temp_c' has no temperature/u,
    );
  });
});
