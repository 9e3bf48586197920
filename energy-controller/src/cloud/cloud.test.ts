import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { programArguments, removeDatabase } from '@roamgrid/service-kit';
import { createAsk, makeKey, publicKey, type Ask } from '@roamgrid/service-kit/testing';
import { poolList, siteView } from '@roamgrid/wire';
import { Plant } from '../adapters/http/simulator/plant.ts';
import { servePlant, type PlantServer } from '../adapters/http/simulator/plant-server.ts';
import { startEnergyController, type EnergyController } from '../start.ts';
import { claimOf, gridOf } from '../stage/stage.ts';
import type { CloudConfig } from './config.ts';

const FEED_W = 14_400n;
const SITES = ['s1', 's2', 's3', 's4'];
const SECRET = 'a-secret-of-the-plant-of-32-characters';
const PATIENCE_MS = 30_000;

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

describe('four stations on one feed, under a cloud of its own', function () {
  this.timeout(90_000);
  const folder = mkdtempSync(join(tmpdir(), 'energy-cloud-'));
  const keys = { operator: makeKey('operator-1'), sites: makeKey('sites-1') };
  const plants = new Map(SITES.map((siteId) => [siteId, new Plant(Date.now)]));
  const servers: PlantServer[] = [];
  let controller: EnergyController;
  let cloud: ChildProcess;
  let cloudUrl: string;
  let ask: Ask;
  /** The most that all of them took together, looked at all the time. */
  let highestW = 0n;
  let watching: NodeJS.Timeout;

  const takenW = (): readonly bigint[] => [...plants].map(([siteId, plant]) => plant.takesW(siteId));
  const until = async (what: string, isSo: () => boolean | Promise<boolean>): Promise<void> => {
    const endMs = Date.now() + PATIENCE_MS;
    while (!(await isSo())) {
      assert.ok(Date.now() < endMs, `${what}: ${takenW().join(', ')} W`);
      await sleep(50);
    }
  };
  const startCloud = async (port: number): Promise<void> => {
    const trusted = SITES.map((iss) => ({ iss, role: 'station' as const, key: publicKey(keys.sites) }));
    const config: CloudConfig = {
      utilityId: 'USDUK',
      listen: { port },
      database: { stateDir: folder, name: 'usduk' },
      trusted: [...trusted, { iss: 'operator', role: 'operator', key: publicKey(keys.operator) }],
      logLevel: 'silent',
      pools: [
        {
          ...{ poolId: 'feed', limitW: FEED_W.toString(), leaseMs: 1_500, slackMs: 200, holdAheadMs: 2_000 },
          sites: SITES.map((siteId) => ({ siteId, staticW: '3600', weight: siteId === 's1' ? 2 : 1 })),
        },
      ],
    };
    const file = join(folder, 'cloud.json');
    writeFileSync(file, JSON.stringify(config));
    const main = join(import.meta.dirname, 'main.ts');
    cloud = spawn(process.execPath, [...programArguments(main), '--config', file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [said] = (await once(cloud.stdout ?? cloud, 'data')) as [Buffer];
    assert.match(said.toString(), /^http:\/\/localhost:\d+/);
  };
  const killCloud = async (): Promise<void> => {
    cloud.kill('SIGKILL');
    await once(cloud, 'exit');
  };

  before(async () => {
    const port = await freePort();
    cloudUrl = `http://localhost:${port}`;
    for (const [siteId, plant] of plants) {
      plant.addSource({ source: gridOf(1_000_000n), isTold: false });
      plant.addLoad({ loadId: siteId, aloneW: 0n, claims: [] });
      servers.push(await servePlant(plant, SECRET));
    }
    controller = await startEnergyController({
      utilityId: 'USDUK',
      database: { stateDir: folder, name: 'usduk' },
      trusted: [{ iss: 'operator', role: 'operator', key: publicKey(keys.operator) }],
      key: keys.sites,
      logLevel: 'silent',
      sites: SITES.map((siteId, at) => ({
        ...{ siteId, tickMs: 100, grantMs: 2_000, slackMs: 100, readMs: 2_000, tellMs: 2_000 },
        nodes: [
          { nodeId: 'site', kind: 'connection' },
          { nodeId: 'outlet', kind: 'outlet', parentId: 'site' },
        ],
        sources: [
          {
            ...{ sourceId: 'grid', nodeId: 'site' },
            adapter: { kind: 'http', url: `${servers[at]?.url ?? ''}/sources/grid`, secret: SECRET },
          },
        ],
        loads: [
          {
            ...{ loadId: siteId, nodeId: 'outlet' },
            adapter: { kind: 'http', url: `${servers[at]?.url ?? ''}/loads/${siteId}`, secret: SECRET },
          },
        ],
        cloud: { url: cloudUrl, poolId: 'feed', staticW: '3600', reportMs: 200, timeoutMs: 1_000 },
      })),
    });
    ask = createAsk(() => controller.url, 'USDUK', {
      operator: { key: keys.operator, iss: 'operator', role: 'operator' },
    });
    await startCloud(port);
    watching = setInterval(() => {
      const sumW = takenW().reduce((sum, watts) => sum + watts, 0n);
      if (sumW > highestW) highestW = sumW;
    }, 10);
  });
  after(async () => {
    clearInterval(watching);
    await controller.close();
    if (cloud.exitCode === null && cloud.signalCode === null) await killCloud();
    for (const server of servers) await server.close();
    await removeDatabase(folder);
    rmSync(folder, { recursive: true, force: true });
  });

  const wants = (siteId: string, watts: bigint): void => {
    const load = plants.get(siteId)?.loads.get(siteId);
    assert.ok(load);
    load.claims = watts === 0n ? [] : [claimOf(`car-${siteId}`, 'outlet', watts)];
  };
  const isTaken = (...expectedW: bigint[]) => {
    const taken = takenW();
    return expectedW.every((watts, at) => taken[at] === watts);
  };

  it('gives 7,200, 3,600 and 3,600 W by weights of 2:1:1', async () => {
    for (const siteId of ['s1', 's2', 's3']) wants(siteId, 14_400n);
    await until('shared by weight', () => isTaken(7_200n, 3_600n, 3_600n, 0n));
    const askCloud = createAsk(() => cloudUrl, 'USDUK', {
      operator: { key: keys.operator, iss: 'operator', role: 'operator' },
      stranger: { key: makeKey('x-1'), iss: 's1', role: 'operator' },
    });
    assert.equal((await askCloud('stranger', 'GET', '/operator/v1/pools')).status, 401);
    const { pools } = poolList.parse((await askCloud('operator', 'GET', '/operator/v1/pools')).body);
    assert.ok((pools[0]?.countedW ?? 0n) <= FEED_W);
    const view = siteView.parse((await ask('operator', 'GET', '/operator/v1/sites/s1')).body);
    assert.equal(view.connection?.by, 'cloud');
  });

  it('keeps the limit by the local rule when the cloud is killed, and shares again when it is back', async () => {
    await killCloud();
    wants('s4', 14_400n);
    await until('each has its static part', () => isTaken(3_600n, 3_600n, 3_600n, 3_600n));
    const view = siteView.parse((await ask('operator', 'GET', '/operator/v1/sites/s1')).body);
    assert.equal(view.connection?.by, 'local-rule');
    wants('s4', 0n);
    await startCloud(Number(new URL(cloudUrl).port));
    await until('shared by weight again', () => isTaken(7_200n, 3_600n, 3_600n, 0n));
  });

  it('takes power from others ahead of a reservation, and gives it back after it', async () => {
    const fromMs = Date.now() + 4_000;
    const reserved = await ask('operator', 'PUT', '/operator/v1/sites/s4/requests/booked', {
      ...{ loadId: 's4', isReservation: true },
      claim: {
        ...{ kind: 'charge', nodeId: 'outlet', minW: '0', maxW: '10800', claimId: 'car-s4' },
        ...{ fromMs, untilMs: fromMs + 6_000 },
      },
    });
    assert.equal(reserved.status, 200, JSON.stringify(reserved.body));
    wants('s4', 14_400n);
    const otherW = (): bigint =>
      takenW()
        .slice(0, 3)
        .reduce((sum, watts) => sum + watts, 0n);
    await until('others have less', () => otherW() <= FEED_W - 10_800n);
    assert.ok(Date.now() < fromMs, 'before it begins');
    await until('the booked one is served', () => takenW()[3] === 10_800n);
    await until('the rest is shared again', () => isTaken(5_760n, 2_880n, 2_880n, 2_880n));
  });

  it('never took more than the feed carries, at any instant', () => {
    assert.ok(highestW > 0n && highestW <= FEED_W, `${highestW} W`);
  });
});
