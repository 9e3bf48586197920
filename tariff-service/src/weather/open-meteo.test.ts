import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { providedWeather, type WeatherProvider } from './open-meteo.ts';
import { providerAnswer } from './provider.fixture.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOW = Date.parse('2026-03-20T11:00:00Z');
const DELAY_MS = 8 * HOUR_MS;
/** What the provider's newest word on an hour is; a word of `lead` days before is so many degrees off. */
const degrees = (ms: number): number => Math.round(100 * Math.sin(ms / (5 * HOUR_MS))) / 10;

const answerTo = (query: URLSearchParams, unit = '°C') =>
  providerAnswer(query, { nowMs: NOW, unit, at: (ms, lead) => degrees(ms) + lead });

describe('weather of a provider', () => {
  let server: Server;
  let directory: string;
  let asked: URLSearchParams[];
  let answering: (query: URLSearchParams, response: ServerResponse) => void;
  const usual: typeof answering = (query, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answerTo(query)));
  };
  before(async () => {
    server = createServer((request, response) => {
      const query = new URL(request.url ?? '', 'http://localhost').searchParams;
      asked.push(query);
      answering(query, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'weather-'));
    asked = [];
    answering = usual;
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });
  after((done) => server.close(done));

  const provider = (more: Partial<WeatherProvider> = {}): WeatherProvider => ({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/forecast`,
    latitude: 52.52,
    longitude: 13.41,
    models: [],
    cacheDirectory: directory,
    delayMs: DELAY_MS,
    nowMs: () => NOW,
    ...more,
  });
  const FROM = Date.parse('2026-01-05T00:00:00Z');
  const TO = Date.parse('2026-03-22T00:00:00Z');

  it('is what each gate could read: by noon the morning is of a day before, the afternoon of two days before', async () => {
    const { sources, notes } = await providedWeather(provider(), FROM, TO);
    assert.deepEqual(notes, []);
    assert.deepEqual(
      sources.map(({ name, kind }) => [name, kind]),
      [
        ['provider (over)', 'measured'],
        ['provider', 'forecast'],
      ],
    );
    const [over, told] = sources;
    assert.ok(over !== undefined && told !== undefined);
    assert.ok(over.validMs.every((ms) => ms + HOUR_MS <= NOW));
    const gateMs = Date.parse('2026-02-09T12:00:00Z');
    const seen = (iso: string): number => {
      const ms = Date.parse(iso);
      const rows = [...told.validMs].flatMap((valid, row) =>
        valid === ms && (told.issuedMs[row] ?? 0) <= gateMs ? [told.celsius[row] ?? 0] : [],
      );
      return Math.round(10 * ((rows.at(-1) ?? Number.NaN) - degrees(ms))) / 10;
    };
    assert.equal(seen('2026-02-10T03:00:00Z'), 1);
    assert.equal(seen('2026-02-10T15:00:00Z'), 2);
    // What the newest run says of tomorrow is a forecast of now, and no earlier gate saw it.
    const tomorrow = [...told.validMs].lastIndexOf(Date.parse('2026-03-21T12:00:00Z'));
    assert.equal(told.issuedMs[tomorrow], NOW);
  });

  it('is asked for month by month, without a key, and what is over is asked for once', async () => {
    await providedWeather(provider(), FROM, TO);
    assert.deepEqual(
      asked.map((query) => [query.get('start_date'), query.get('end_date')]),
      [
        ['2026-01-01', '2026-01-31'],
        ['2026-02-01', '2026-02-28'],
        ['2026-03-01', '2026-03-31'],
      ],
    );
    assert.equal(asked[0]?.get('timezone'), 'GMT');
    assert.ok(asked.every((query) => !query.has('apikey')));
    const again = await providedWeather(provider({ nowMs: () => NOW + 2 * HOUR_MS }), FROM, TO);
    assert.deepEqual(
      asked.slice(3).map((query) => query.get('start_date')),
      ['2026-03-01'],
    );
    assert.equal(again.sources.length, 2);
  });

  it('has a source for each model when several are asked for', async () => {
    const { sources } = await providedWeather(
      provider({ models: ['gfs_seamless', 'icon_seamless'] }),
      FROM,
      TO,
    );
    assert.deepEqual(
      sources.filter(({ kind }) => kind === 'forecast').map(({ name }) => name),
      ['gfs_seamless', 'icon_seamless'],
    );
    assert.equal(asked[0]?.get('models'), 'gfs_seamless,icon_seamless');
  });

  it('comes from disk when the network is away, and says so; with nothing on disk there is none, and it says so', async () => {
    await providedWeather(provider(), FROM, TO);
    answering = (_, response) => response.destroy();
    const later = provider({ nowMs: () => NOW + 3 * DAY_MS });
    const kept = await providedWeather(later, FROM, TO);
    assert.equal(kept.sources.length, 2);
    assert.match(kept.notes.join(), /was not had: it cannot be reached.*1 months of weather are older ones/u);
    for (const file of readdirSync(directory)) writeFileSync(join(directory, file), '{"torn');
    asked = [];
    const none = await providedWeather(later, FROM, TO);
    assert.deepEqual(none.sources, []);
    assert.match(none.notes.join(), /no weather: the forecast is made from load alone/u);
    assert.equal(asked.length, 1, 'one that does not answer is not asked for every month');
  });

  const refusals: readonly (readonly [
    string,
    (query: URLSearchParams, response: ServerResponse) => void,
    RegExp,
  ])[] = [
    [
      'a refusal in its own words’ shape',
      (_, response) => {
        response.writeHead(400, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ error: true, reason: 'Latitude must be in range of -90 to 90°.' }));
      },
      /status 400/u,
    ],
    [
      'too many requests',
      (_, response) => {
        response
          .writeHead(429)
          .end(JSON.stringify({ error: true, reason: 'Minutely API request limit exceeded.' }));
      },
      /status 429/u,
    ],
    [
      'an answer larger than 2 MiB',
      (_, response) => response.end(`{"hourly":"${'x'.repeat(3 * 1024 * 1024)}"}`),
      /larger than agreed/u,
    ],
    ['an answer of another shape', (_, response) => response.end('{"hourly":[]}'), /does not match/u],
    [
      'another place’s address',
      (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      /cannot be reached/u,
    ],
    [
      'an unknown unit',
      (query, response) => response.end(JSON.stringify(answerTo(query, 'R'))),
      /is not used: its answer has temperature_2m in 'R'/u,
    ],
  ];
  for (const [what, answer, says] of refusals)
    it(`is none, told by its cause: ${what}`, async () => {
      answering = answer;
      const { sources, notes } = await providedWeather(provider(), FROM, TO);
      assert.deepEqual(sources, []);
      assert.match(notes.join(), says);
    });

  it('is none where the answer lacks what was asked for, and is had where it is large but not too large', async () => {
    answering = (query, response) => {
      const { hourly, ...rest } = answerTo(query);
      const { temperature_2m_previous_day2: _, ...others } = hourly as Record<string, unknown>;
      response.end(JSON.stringify({ ...rest, hourly: others }));
    };
    const lacking = await providedWeather(provider(), FROM, TO);
    assert.match(lacking.notes.join(), /is not used: its answer has no temperature_2m_previous_day2/u);
    answering = (query, response) =>
      response.end(JSON.stringify({ ...answerTo(query), padding: 'x'.repeat(1_500_000) }));
    const url = `${provider().url}?large`;
    assert.deepEqual((await providedWeather(provider({ url }), FROM, TO)).notes, []);
  });

  it('of more than five years is asked for up to sixty months, and the rest is told', async () => {
    const { notes } = await providedWeather(provider(), Date.UTC(2020, 0, 1), TO);
    assert.equal(asked.length, 60);
    assert.match(notes.join(), /60 requests are the most of one run/u);
    assert.match(notes.join(), /15 months have no weather/u);
  });

  it('in °F is turned into °C', async () => {
    answering = (query, response) => response.end(JSON.stringify(answerTo(query, '°F')));
    const { sources } = await providedWeather(provider(), FROM, TO);
    const [over] = sources;
    const ms = over?.validMs[100] ?? 0;
    assert.ok(Math.abs((over?.celsius[100] ?? 0) - ((degrees(ms) - 32) * 5) / 9) < 1e-9);
  });
});
