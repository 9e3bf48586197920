import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayClient, steppedClock } from '@roamgrid/station-kit';
import { billBody, offerBody, peerGateway, startBody } from '@roamgrid/station-kit/testing';
import { fileJournal } from '../agent/journal.ts';
import { Outlet } from '../agent/outlet.ts';
import { memoryEndStore } from '../ends/end-store.ts';
import { SimulatedBay } from '../simulator/simulated-bay.ts';
import { Battery } from '../vehicle/battery.ts';
import { startKiosk } from './server.ts';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const identity = { stationId: 'st1', utilityId: 'USDUK', keyId: 'k1', key: privateKey };
const SWIPE = { cin: 'USALPCE0012345I', method: 'keypad', requestedEnergyWh: '10000', plannedMs: 3_600_000 };

describe('the kiosk server', () => {
  let folder: string;
  let gateway: Awaited<ReturnType<typeof peerGateway>>;
  let kiosk: Awaited<ReturnType<typeof startKiosk>>;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kiosk-'));
    writeFileSync(join(folder, 'index.html'), '<title>kiosk</title>');
    gateway = await peerGateway(({ path }) => {
      if (path.endsWith('/swipes')) return { status: 200, body: offerBody };
      if (path.endsWith('/sessions')) return { status: 201, body: startBody('10000') };
      return { status: 200, body: billBody };
    });
    const outlet = new Outlet({
      identity,
      meter: { meterId: 'm1', evseId: 'US*DUK*E1*1', gatewaySerial: 'g1', key: privateKey },
      maxPowerW: 50_000n,
      gateway: new GatewayClient(gateway.url, identity),
      clock: steppedClock(1_700_000_000_000, 20_000),
      journal: fileJournal(join(folder, 'outlet.journal')),
      ends: memoryEndStore(),
      bay: new SimulatedBay({
        maxPowerW: 50_000n,
        vehicle: () => new Battery({ capacityWh: 60_000n, initialWh: 20_000n, maxPowerW: 150_000n }),
      }),
    });
    kiosk = await startKiosk({
      outlet,
      pageFolder: folder,
      port: 0,
      info: {
        evseId: 'US*DUK*E1*1',
        stationName: 'Main Street',
        operatorName: 'Duke Energy',
        timeZone: 'America/New_York',
        energyChoicesWh: [10_000n],
      },
    });
  });
  afterEach(async () => {
    await kiosk.close();
    gateway.close();
    rmSync(folder, { recursive: true });
  });

  /** As a browser would send it; `fetch` forbids some of these headers, so it is plain HTTP. */
  const ask = (method: string, path: string, headers: Record<string, string> = {}, body?: unknown) =>
    new Promise<{ status: number; body: Record<string, unknown> }>((resolve, reject) => {
      const request = httpRequest(
        `${kiosk.url}${path}`,
        { method, headers: { 'content-type': 'application/json', ...headers } },
        (response) => {
          let text = '';
          response.on('data', (chunk) => (text += String(chunk)));
          response.on('end', () => {
            resolve({
              status: response.statusCode ?? 0,
              body: JSON.parse(text || '{}') as Record<string, unknown>,
            });
          });
        },
      );
      request.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
    });
  const own = () => ({ origin: kiosk.url, 'sec-fetch-site': 'same-origin' });

  it('takes a swipe from its own page and answers with the offer', async () => {
    const answer = await ask('POST', '/kiosk/v1/swipes', own(), SWIPE);
    assert.equal(answer.status, 200);
    assert.equal(answer.body['screen'], 'offer');
    assert.equal(gateway.received.length, 1);
  });

  const foreign: Readonly<Record<string, () => Record<string, string>>> = {
    'another site': () => ({ origin: 'https://elsewhere.example', 'sec-fetch-site': 'cross-site' }),
    'another port of this machine': () => ({ origin: 'http://127.0.0.1:9', 'sec-fetch-site': 'same-site' }),
    'a page in an old browser': () => ({ origin: 'https://elsewhere.example' }),
    'a form without an origin': () => ({}),
    'a foreign name that leads here': () => ({
      host: 'rebound.example',
      origin: 'http://rebound.example',
      'sec-fetch-site': 'same-origin',
    }),
  };
  for (const [who, headers] of Object.entries(foreign)) {
    it(`refuses ${who}, and nothing happens at the outlet`, async () => {
      const answer = await ask('POST', '/kiosk/v1/swipes', headers(), SWIPE);
      assert.equal(answer.status, 403);
      assert.equal(answer.body['code'], 'FOREIGN_ORIGIN');
      assert.equal(gateway.received.length, 0);
      assert.deepEqual((await ask('GET', '/kiosk/v1/state')).body, { screen: 'welcome', reader: 'none' });
    });
  }

  it('does not show the state under a foreign name', async () => {
    assert.equal((await ask('GET', '/kiosk/v1/state', { host: 'rebound.example' })).status, 403);
  });

  it('refuses a step that the screen does not offer, and a body that is no swipe', async () => {
    assert.equal((await ask('POST', '/kiosk/v1/stop', own(), {})).body['code'], 'OUTLET_BUSY');
    const wrong = await ask('POST', '/kiosk/v1/swipes', own(), { ...SWIPE, plannedMs: 1 });
    assert.equal(wrong.status, 400);
    assert.equal(wrong.body['code'], 'INVALID_REQUEST');
    const other = { quoteHash: 'f'.repeat(64) };
    await ask('POST', '/kiosk/v1/swipes', own(), SWIPE);
    assert.equal((await ask('POST', '/kiosk/v1/consent', own(), other)).status, 409);
    assert.equal(gateway.received.length, 1);
  });

  it('ends its answer to who only asks for the head of the events', async () => {
    assert.deepEqual(await ask('HEAD', '/kiosk/v1/events', own()), { status: 200, body: {} });
  });

  it('tells each change of the outlet to every page that listens, beginning with the present one', async () => {
    const aborted = new AbortController();
    const events = await fetch(`${kiosk.url}/kiosk/v1/events`, { signal: aborted.signal });
    assert.ok(events.body);
    const heard: string[] = [];
    const reader = events.body.pipeThrough(new TextDecoderStream()).getReader();
    const next = async () => {
      const { value = '' } = await reader.read();
      heard.push(...[...value.matchAll(/"screen":"(\w+)"/g)].map(([, screen]) => screen ?? ''));
    };
    await next();
    await ask('POST', '/kiosk/v1/swipes', own(), SWIPE);
    while (!heard.includes('offer')) await next();
    assert.deepEqual(heard, ['welcome', 'authorising', 'offer']);
    aborted.abort();
  });
});
