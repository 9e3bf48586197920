import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { programArguments } from '@roamgrid/service-kit';
import type { PrivateJwk } from '@roamgrid/service-kit/runtime';
import { billBody, offerBody, peerGateway, SESSION_ID, startBody } from '@roamgrid/station-kit/testing';
import { siteOutlet } from '@roamgrid/wire';
import type { z } from 'zod';
import { stationConfig } from './config.ts';
import { startStation } from './start.ts';

const SECRET = 'a-secret-of-the-site-of-32-characters-or-more';
const EVSE = 'US*DUK*E1*1';
const keyOf = (kid: string) => {
  const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  return { ...(jwk as Omit<PrivateJwk, 'kid'>), kid };
};

describe('an own station as a program', function () {
  this.timeout(30_000);
  let folder: string;
  let gateway: Awaited<ReturnType<typeof peerGateway>>;
  const running: ChildProcess[] = [];
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'station-'));
    writeFileSync(join(folder, 'index.html'), '<title>kiosk</title>');
    gateway = await peerGateway(({ path, body }) => {
      if (path.endsWith('/swipes')) return { status: 200, body: offerBody };
      if (path.endsWith('/sessions')) return { status: 201, body: startBody('40000') };
      if (!path.endsWith('/reports')) return { status: 200, body: billBody };
      return { status: 200, body: { sequence: body['sequence'], command: 'continue', runningMicros: '1' } };
    });
  });
  after(() => {
    for (const child of running) child.kill('SIGKILL');
    gateway.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const settings = (site: object | undefined): z.input<typeof stationConfig> => ({
    ...{ stationId: 'st1', utilityId: 'USDUK', gatewayUrl: gateway.url, key: keyOf('k1') },
    ...{ meter: { meterId: 'm1', key: keyOf('m1') }, evseId: EVSE, maxPowerW: '50000' },
    stateDir: join(folder, 'state'),
    kiosk: {
      pageFolder: folder,
      info: {
        ...{ stationName: 'Main Street', operatorName: 'Duke Energy', timeZone: 'America/New_York' },
        energyChoicesWh: ['10000'],
      },
    },
    car: { capacityWh: '60000', initialWh: '20000', maxPowerW: '40000' },
    logLevel: 'silent',
    ...(site && { site: site as never }),
  });
  const start = (site: object): ChildProcess => {
    const file = join(folder, 'station.json');
    writeFileSync(file, JSON.stringify(settings(site)));
    const child = spawn(
      process.execPath,
      [...programArguments(join(import.meta.dirname, 'main.ts')), '--config', file],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    running.push(child);
    return child;
  };
  const press = (kiosk: string, step: string, body: object): Promise<number> =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' };
      const request = httpRequest(`${kiosk}/kiosk/v1/${step}`, { method: 'POST', headers }, (response) => {
        response.resume().on('end', () => {
          resolve(response.statusCode ?? 0);
        });
      });
      request.on('error', reject).end(JSON.stringify(body));
    });
  const door = async (url: string, secret = SECRET, limit?: object) => {
    const response = await fetch(`${url}/site/v1/${limit === undefined ? 'outlet' : 'limit'}`, {
      method: limit === undefined ? 'GET' : 'PUT',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      ...(limit !== undefined && { body: JSON.stringify(limit) }),
    });
    return { status: response.status, body: await response.json() };
  };

  it('opens the door for its site that its configuration has, and goes by what it is told there', async () => {
    const child = start({ secrets: [SECRET], aloneW: '6000' });
    assert.ok(child.stdout);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const [kiosk, url] = [await lines.next(), await lines.next()].map(({ value }) => String(value));
    assert.ok(kiosk !== undefined && url !== undefined);
    assert.equal((await door(url, SECRET.replace('site', 'pump'))).status, 401);
    const outlet = async () => siteOutlet.parse((await door(url)).body);
    const idle = await outlet();
    assert.deepEqual(
      [idle.evseId, idle.maxPowerW, idle.aloneW, idle.limitW, idle.session],
      [EVSE, 50_000n, 6_000n, 6_000n, undefined],
    );
    const wish = {
      cin: 'USALPCE0012345I',
      method: 'keypad',
      requestedEnergyWh: '40000',
      plannedMs: 3_600_000,
    };
    assert.equal(await press(kiosk, 'swipes', wish), 200);
    assert.equal(await press(kiosk, 'consent', { quoteHash: offerBody.quoteHash }), 200);
    for (let tries = 0; (await outlet()).session === undefined; tries += 1) {
      assert.ok(tries < 100, 'nothing charges');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const alone = await outlet();
    assert.deepEqual([alone.session?.sessionId, alone.measuredW], [SESSION_ID, 6_000n]);
    const told = { sessionId: SESSION_ID, watts: '17000', lapsesAtMs: Date.now() + 60_000 };
    assert.equal((await door(url, SECRET, told)).status, 200);
    assert.equal((await outlet()).measuredW, 17_000n);
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  });

  it('has no such door without it, ends what ran before, and refuses one that would let through more than the outlet has', async () => {
    const plain = await startStation(settings(undefined));
    assert.equal(plain.guestsUrl, undefined);
    const ended = gateway.received.filter(({ path }) => path.includes(SESSION_ID) && path.endsWith('/stop'));
    assert.equal(ended.length, 1, 'what ran when the program ended is ended');
    await plain.close();
    const wrong = stationConfig.safeParse(settings({ secrets: [SECRET], aloneW: '50001' }));
    assert.match(wrong.error?.issues[0]?.message ?? '', /the outlet has 50000 W/);
    const open = { secrets: [SECRET], aloneW: '6000', host: '0.0.0.0' };
    await assert.rejects(startStation(settings(open)), /plain HTTP/);
  });
});
