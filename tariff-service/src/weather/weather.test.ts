import assert from 'node:assert/strict';
import { backtest, type Backtest } from '../backtest/backtest.ts';
import { weatherBounds } from '../backtest/weather-bounds.ts';
import { loadCsv, type LoadedData } from '../data/load-csv.ts';
import { withWeather } from '../data/with-weather.ts';
import { createZone, parseDay } from '../time/zone.ts';
import { weatherSource, type WeatherRow, type WeatherSource } from './source.ts';
import { weatherWorld } from './world.fixture.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const zone = createZone('Etc/UTC');
const world = weatherWorld(90, '2022-01-03', 11);
const FROM = parseDay('2022-03-22') ?? 0;
const TO = FROM + 7;
const GATE_MINUTES = 12 * 60;

const loaded = loadCsv(Buffer.from(world.loadCsv), zone, {
  timeColumn: 'time',
  label: 'start',
  valueColumn: 'mw',
  bareStamps: 'utc',
});
if (!loaded.ok) assert.fail(loaded.error.message);
const load = loaded.value;
const hours = Array.from({ length: world.hours }, (_, hour) => hour);
const validMs = (hour: number): number => world.startMs + hour * HOUR_MS;

const station = (name: string, of: (hour: number) => number): WeatherSource =>
  weatherSource(
    { name, kind: 'measured', stepMs: HOUR_MS },
    hours.map((hour) => ({ validMs: validMs(hour), issuedMs: validMs(hour) + HOUR_MS, celsius: of(hour) })),
  );
const model = (name: string, of: (hour: number, lead: number) => number): WeatherSource =>
  weatherSource(
    { name, kind: 'forecast', stepMs: HOUR_MS },
    hours.flatMap((hour) =>
      [1, 2].map((lead): WeatherRow => ({
        validMs: validMs(hour),
        issuedMs: validMs(hour) - lead * DAY_MS,
        celsius: of(hour, lead),
      })),
    ),
  );
const measured = station('station', (hour) => world.celsius[hour] ?? 0);
const told = model('model', world.foretold);

const settings = {
  fromDay: FROM,
  toDay: TO,
  gateMinutes: GATE_MINUTES,
  holidays: 'none',
  temperatureMode: 'actual',
  usePublished: false,
} as const;
const withSources = (sources: readonly WeatherSource[]): LoadedData =>
  withWeather(load, { sources, notes: [] });
const run = (
  sources: readonly WeatherSource[],
  more: Partial<Omit<typeof settings, 'temperatureMode'>> & { temperatureMode?: 'actual' | 'known' } = {},
): Backtest => {
  const done = backtest(withSources(sources), { ...settings, ...more });
  if (!done.ok) assert.fail(done.error.message);
  return done.value;
};
const points = ({ rows }: Backtest): string => JSON.stringify(rows.map(({ point }) => point));

describe('weather in a forecast of the load', function () {
  this.timeout(60_000);

  it('lowers the error where the load follows it: a forecast that was there at the gate much, the measured one more', () => {
    const done = run([measured, told]);
    const bounds = weatherBounds(withSources([measured, told]), settings);
    const [alone = 0, atGate, bound = 0] = [
      bounds.loadAloneMapePercent,
      done.scores.mapePercent,
      bounds.measuredMapePercent,
    ];
    assert.ok(atGate < 0.6 * alone, `${atGate} with the forecast, ${alone} from load alone`);
    assert.ok(bound < atGate, `${bound} with the measured weather, ${atGate} with the forecast`);
    assert.ok(done.notes.some((note) => note.includes('this error could have been had')));
    assert.ok(run([measured]).notes.some((note) => note.includes('a bound that no forecast reaches')));
  });

  it('sees nothing that was foretold or measured after its gate', () => {
    const gateMs = (TO - 1) * DAY_MS + GATE_MINUTES * 60_000;
    const spoilt = (source: WeatherSource): WeatherSource => ({
      ...source,
      celsius: source.celsius.map((value, row) => ((source.issuedMs[row] ?? 0) > gateMs ? 39 : value)),
    });
    const last = { fromDay: TO, toDay: TO };
    const before = points(run([measured, told], last));
    assert.equal(points(run([spoilt(measured), spoilt(told)], last)), before);
    assert.equal(
      points(run([spoilt(measured)], { ...last, temperatureMode: 'known' })),
      points(run([measured], { ...last, temperatureMode: 'known' })),
    );
    const earlier = { ...told, issuedMs: told.issuedMs.map((ms) => ms - DAY_MS / 2) };
    assert.notEqual(points(run([measured, spoilt(earlier)], last)), before, 'the test above can fail');
  });

  it('weighs stations by how well each explained the load before, from days before the gate alone', () => {
    const elsewhere = station('elsewhere', (hour) => 8 + ((hour * 7919) % 13) - 6);
    const last = { fromDay: TO, toDay: TO };
    const { weatherWeights } = run([measured, elsewhere], last);
    assert.ok((weatherWeights?.['station'] ?? 0) > 0.9, JSON.stringify(weatherWeights));
    const total = Object.values(weatherWeights ?? {}).reduce((sum, weight) => sum + weight, 0);
    assert.ok(Math.abs(total - 1) < 1e-9);
    const cut = load.series.load.map((value, index) =>
      validMs(index) >= (TO - 1) * DAY_MS + GATE_MINUTES * 60_000 ? value * 3 : value,
    );
    const changed = { ...load, series: { ...load.series, load: cut, weather: [measured, elsewhere] } };
    const again = backtest(changed, { ...settings, ...last });
    assert.ok(again.ok);
    assert.deepEqual(again.value.weatherWeights, weatherWeights);
  });

  it('is mixed of several models, better than with the worse one alone, and one that is silent counts for nothing', () => {
    const poor = model('poor', (hour, lead) => world.foretold(hour, 4 * lead));
    const both = run([measured, told, poor]);
    assert.ok((both.weatherWeights?.['model'] ?? 0) > (both.weatherWeights?.['poor'] ?? 1));
    assert.ok(both.scores.mapePercent < run([measured, poor]).scores.mapePercent);
    const silent = { ...poor, celsius: poor.celsius.map(() => Number.NaN) };
    const last = { fromDay: TO, toDay: TO };
    assert.equal(points(run([measured, told, silent], last)), points(run([measured, told], last)));
  });

  it('is refused when it covers no day of the span, and tells how many days it does not cover', () => {
    const early = weatherSource(
      { name: 'early', kind: 'measured', stepMs: HOUR_MS },
      hours
        .slice(0, 60 * 24)
        .map((hour) => ({ validMs: validMs(hour), issuedMs: validMs(hour) + HOUR_MS, celsius: 5 })),
    );
    const none = backtest(withSources([early]), settings);
    assert.ok(!none.ok && none.error.code === 'WEATHER_NOT_COVERING');
    assert.match(none.error.message, /2022-01-03T00:00 to 2022-03-03T23:00 UTC/u);
    const half = weatherSource(
      { name: 'half', kind: 'measured', stepMs: HOUR_MS },
      hours
        .filter((hour) => validMs(hour) < (FROM + 3) * DAY_MS)
        .map((hour) => ({
          validMs: validMs(hour),
          issuedMs: validMs(hour) + HOUR_MS,
          celsius: world.celsius[hour] ?? 0,
        })),
    );
    assert.ok(run([half]).notes.some((note) => note.startsWith('5 of 8 days have no temperatures')));
  });
});
