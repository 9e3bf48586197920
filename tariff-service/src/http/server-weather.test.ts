import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, type Service } from '@roamgrid/service-kit';
import { createForecastClient, type ForecastEngine } from '../client/forecast-client.ts';
import { providerAnswer } from '../weather/provider.fixture.ts';
import { jobWeather, weatherSettings, type WeatherSettings } from '../weather/settings.ts';
import { weatherWorld } from '../weather/world.fixture.ts';
import type { ModelVersion } from '../registry/model-version.ts';
import { createForecastServer } from './server.ts';

const TOKEN = 'a-shared-secret-of-enough-characters';
const HOUR_MS = 3_600_000;
const world = weatherWorld(70, '2022-01-10', 11);
/** Data end two days before the world does: the day between is forecast at its gate. */
const HISTORY_HOURS = world.hours - 48;
const csv = world.loadCsv
  .split('\n')
  .slice(0, HISTORY_HOURS + 1)
  .join('\n');
const DAY = new Date(world.startMs + (HISTORY_HOURS + 24) * HOUR_MS).toISOString().slice(0, 10);
const NOW_MS = world.startMs + HISTORY_HOURS * HOUR_MS + 12 * HOUR_MS;

describe('the forecasting service with a provider of weather', function () {
  this.timeout(120_000);
  let provider: Server;
  let address: string;
  let asked = 0;
  const askedSoFar = (): number => asked;
  let isAway = false;
  const folders: string[] = [];
  const services: Service[] = [];

  before(async () => {
    provider = createServer((request, response) => {
      asked += 1;
      if (isAway) {
        response.destroy();
        return;
      }
      const query = new URL(request.url ?? '', 'http://localhost').searchParams;
      const told = providerAnswer(query, {
        nowMs: NOW_MS,
        at: (ms, lead) => world.foretold((ms - world.startMs) / HOUR_MS, lead),
      });
      response.setHeader('content-type', 'application/json').end(JSON.stringify(told));
    });
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1/forecast`;
  });
  afterEach(async () => {
    isAway = false;
    await Promise.all(services.splice(0).map((service) => service.close(0)));
  });
  after(async () => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    provider.closeAllConnections();
    await new Promise((resolve) => provider.close(resolve));
  });

  const folderOf = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'forecast-weather-'));
    folders.push(folder);
    return folder;
  };
  const serve = async (weather: WeatherSettings | undefined, stateDirectory: string) => {
    const service = createForecastServer({
      stateDirectory,
      tokens: [TOKEN],
      logger: createLogger('tariff-service', { level: 'silent' }),
      nowMs: () => NOW_MS,
      ...(weather !== undefined && { weather }),
    });
    services.push(service);
    const url = await service.listen();
    return { url, client: createForecastClient(url, TOKEN) };
  };
  const must = async <T>(
    result: Promise<{ ok: true; value: T } | { ok: false; failure: unknown }>,
  ): Promise<T> => {
    const settled = await result;
    if (!settled.ok) assert.fail(JSON.stringify(settled.failure));
    return settled.value;
  };
  const train = async (client: ForecastEngine): Promise<ModelVersion> => {
    const { datasetId } = await must(
      client.addDataset({ area: 'town', zone: 'Etc/UTC', label: 'start', csv }),
    );
    return must(client.train({ datasetId, gateMinutes: 720, validationDays: 7 }));
  };
  const places = { town: { latitude: 35.2, longitude: -80.8 } };

  it('lowers its error by it, says that it was used, asks once, and goes on from what it kept when the provider is away', async () => {
    const alone = await train((await serve(undefined, folderOf())).client);
    assert.equal(askedSoFar(), 0);
    const folder = folderOf();
    const first = await serve({ url: address, places }, folder);
    const trained = await train(first.client);
    const [with_, without] = [trained.scores.mapePercent ?? 100, alone.scores.mapePercent ?? 0];
    assert.ok(with_ < 0.7 * without, `${with_} with weather, ${without} from load alone`);
    const months = askedSoFar();
    assert.ok(months >= 3);
    const made = await must(first.client.predict({ area: 'town', day: DAY }));
    assert.deepEqual([made.weather, made.weatherNotes, askedSoFar()], ['used', [], months]);
    isAway = true;
    const again = await serve({ url: address, places }, folder);
    const kept = await must(again.client.predict({ area: 'town', day: DAY }));
    assert.deepEqual([kept.forecastHash, kept.weather], [made.forecastHash, 'used']);
  });

  it('forecasts from load alone, says why, and is ready, while the provider cannot be had', async () => {
    isAway = true;
    const { url, client } = await serve({ url: address, places }, folderOf());
    await train(client);
    const made = await must(client.predict({ area: 'town', day: DAY }));
    assert.equal(made.weather, 'none');
    assert.match(made.weatherNotes[0] ?? '', /^weather of 127\.0\.0\.1:\d+ was not had: /u);
    assert.equal(made.weatherNotes.at(-1), 'no weather: the forecast is made from load alone');
    assert.equal((await fetch(`${url}/readyz`)).status, 200);
  });

  it('asks nobody for an area that has no place, and takes no settings that are wrong', async () => {
    const settings = weatherSettings.parse({ url: address, places });
    assert.equal(jobWeather(settings, 'village', 'kept', NOW_MS), undefined);
    assert.equal(jobWeather(undefined, 'town', 'kept', NOW_MS), undefined);
    assert.deepEqual(jobWeather(settings, 'town', 'kept', NOW_MS), {
      ...places.town,
      models: [],
      url: address,
      delayMs: 8 * HOUR_MS,
      cacheDirectory: 'kept',
      askedMs: NOW_MS,
    });
    for (const wrong of [
      { url: 'file:///etc/passwd', places },
      { url: address, places: { town: { latitude: 91, longitude: 0 } } },
      { url: address, places: { town: { latitude: 0, longitude: -181 } } },
      { url: address, places, delayMinutes: -1 },
    ])
      await assert.rejects(serve(wrong, folderOf()), { name: 'ZodError' });
  });
});
