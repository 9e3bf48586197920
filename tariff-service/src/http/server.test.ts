import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, type Service } from '@roamgrid/service-kit';
import { syntheticLoadCsv } from '../backtest/synthetic.ts';
import { createForecastClient, type ForecastEngine } from '../client/forecast-client.ts';
import { createForecastServer } from './server.ts';

const TOKEN = 'a-shared-secret-of-enough-characters';
const csv = syntheticLoadCsv({ days: 70, stepMinutes: 60, firstDayUtc: '2022-04-10', seed: 3, noise: 0.01 });
const NOW_MS = Date.parse('2022-07-20T00:00:00Z');

describe('the forecasting service', function () {
  this.timeout(180_000);
  let directory: string;
  let service: Service;
  let url: string;
  let client: ForecastEngine;
  const start = async (): Promise<void> => {
    service = createForecastServer({
      stateDirectory: directory,
      tokens: [TOKEN],
      logger: createLogger('tariff-service', { level: 'silent' }),
      nowMs: () => NOW_MS,
    });
    url = await service.listen();
    client = createForecastClient(url, TOKEN);
  };
  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'forecast-'));
    await start();
  });
  after(async () => {
    await service.close(100);
    rmSync(directory, { recursive: true });
  });
  const must = async <T>(
    result: Promise<{ ok: true; value: T } | { ok: false; failure: unknown }>,
  ): Promise<T> => {
    const settled = await result;
    if (!settled.ok) assert.fail(JSON.stringify(settled.failure));
    return settled.value;
  };
  const codeOf = async (result: Promise<{ ok: true } | { ok: false; failure: object }>): Promise<unknown> => {
    const settled = await result;
    if (settled.ok) assert.fail('it was accepted');
    const { problem } = settled.failure as { problem?: { code: string } };
    return problem?.code;
  };
  let datasetId: string;

  it('lets nobody in without the shared secret, on any of its routes', async () => {
    const routes = [
      ['POST', '/datasets'],
      ['POST', '/train'],
      ['POST', '/predict'],
      ['POST', '/feedback'],
      ['GET', '/models'],
    ] as const;
    for (const [method, path] of routes) {
      for (const authorization of [
        undefined,
        'Bearer wrong',
        `Basic ${TOKEN}`,
        `Bearer ${TOKEN}x`,
        'Bearer ',
      ]) {
        const response = await fetch(`${url}${path}`, {
          method,
          headers: {
            'content-type': 'application/json',
            ...(authorization !== undefined && { authorization }),
          },
          ...(method === 'POST' && { body: '{}' }),
        });
        assert.equal(response.status, 401, `${method} ${path} with ${authorization ?? 'nothing'}`);
      }
    }
    assert.throws(
      () =>
        createForecastServer({
          stateDirectory: directory,
          tokens: [],
          logger: createLogger('x', { level: 'silent' }),
        }),
      RangeError,
    );
  });

  it('describes all of its routes as OpenAPI with the secret required', async () => {
    const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
      paths: Record<string, Record<string, { security?: unknown[] }>>;
    };
    assert.deepEqual(Object.keys(document.paths).sort(), [
      '/datasets',
      '/feedback',
      '/models',
      '/predict',
      '/train',
    ]);
    for (const methods of Object.values(document.paths))
      for (const operation of Object.values(methods)) assert.equal(operation.security?.length, 1);
  });

  it('infers the columns of a data set, reports on it, and keeps it once however often it is sent', async () => {
    const first = await must(client.addDataset({ area: 'town', zone: 'Europe/London', label: 'start', csv }));
    assert.deepEqual(first.columns, { time: 'time_utc', value: 'load_mw', temperature: 'temperature_c' });
    assert.equal(first.report.stepMinutes, 60);
    assert.equal(first.provenance.rows, 70 * 24);
    const again = await must(client.addDataset({ area: 'town', zone: 'Europe/London', label: 'start', csv }));
    assert.equal(again.datasetId, first.datasetId);
    ({ datasetId } = first);
  });

  it('refuses files that are no load history, saying why', async () => {
    const send = (text: string, zone = 'Europe/London') =>
      codeOf(client.addDataset({ area: 'town', zone, label: 'start', csv: text }));
    assert.equal(await send('a,b\n1,2\n'), 'SCHEMA_UNCLEAR');
    assert.equal(await send('time,load\n'), 'DATASET_REFUSED');
    assert.equal(await send(csv, 'Mars/Olympus'), 'DATASET_REFUSED');
    assert.equal(await send(csv.split('\n').slice(0, 100).join('\n')), 'DATASET_REFUSED');
    assert.equal(
      await codeOf(client.train({ datasetId: '0123456789abcdef', gateMinutes: 720 })),
      'DATASET_UNKNOWN',
    );
    assert.equal(await codeOf(client.predict({ area: 'nowhere', day: '2022-06-19' })), 'AREA_UNKNOWN');
  });

  it('promotes the first version, promotes an equal one, and refuses a worse one', async () => {
    const first = await must(client.train({ datasetId, gateMinutes: 720, validationDays: 7 }));
    assert.equal(first.status, 'promoted');
    assert.ok((first.scores.mapePercent ?? 100) < 3, `error ${first.scores.mapePercent ?? 0}`);
    const equal = await must(client.train({ datasetId, gateMinutes: 720, validationDays: 7 }));
    assert.equal(equal.status, 'promoted');
    assert.equal(equal.scores.mapePercent, first.scores.mapePercent);
    const worse = await must(
      client.train({ datasetId, gateMinutes: 720, temperatureMode: 'known', validationDays: 7 }),
    );
    assert.equal(worse.status, 'refused');
    assert.ok((worse.scores.mapePercent ?? 0) > (worse.rivalScores?.mapePercent ?? 0));
    const { areas } = await must(client.models());
    assert.deepEqual(
      areas[0]?.versions.map((version) => version.status),
      ['retired', 'promoted', 'refused'],
    );
  });

  it('forecasts the same day alike, also after a restart, and takes feedback until drift raises the alarm', async () => {
    const before = await must(client.predict({ area: 'town', day: '2022-06-18' }));
    assert.equal(before.intervals.length, 24);
    assert.equal(before.modelId, 'town.v2');
    await service.close(100);
    await start();
    const later = await must(client.predict({ area: 'town', day: '2022-06-18' }));
    assert.equal(later.forecastHash, before.forecastHash);
    const days = [
      before,
      ...(await Promise.all(
        ['2022-06-16', '2022-06-17'].map((day) => must(client.predict({ area: 'town', day }))),
      )),
    ];
    const actuals = days.flatMap((day) =>
      day.intervals.map(({ startUtc, point }) => ({ startUtc, value: point * 1.001 })),
    );
    const good = await must(client.feedback({ area: 'town', actuals }));
    assert.equal(good.accepted, 72);
    assert.deepEqual([good.drift.alarm, good.drift.reason], [false, 'as-validated']);
    const bad = await must(
      client.feedback({
        area: 'town',
        actuals: actuals.map((actual) => ({ ...actual, value: actual.value * 1.3 })),
      }),
    );
    assert.equal(bad.replaced, 72);
    assert.deepEqual([bad.drift.alarm, bad.drift.reason], [true, 'error-grew']);
    const off = await must(
      client.feedback({
        area: 'town',
        actuals: [
          { startUtc: '2022-06-18T00:07:00Z', value: 1 },
          { startUtc: '2031-01-01T00:00:00Z', value: 1 },
        ],
      }),
    );
    assert.deepEqual([off.accepted, off.refused], [0, 2]);
  });

  it('leaves no half-written file behind', () => {
    const names = readdirSync(directory, { recursive: true }).map(String);
    assert.ok(names.length > 5);
    assert.deepEqual(
      names.filter((name) => name.endsWith('.tmp')),
      [],
    );
  });
});
