import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { programArguments, removeDatabase } from '@roamgrid/service-kit';
import { createAsk, makeKey, type Ask } from '@roamgrid/service-kit/testing';
import { poolList, siteView } from '@roamgrid/wire';
import { FEED_W, startFeedStage, type FeedStage } from '../stage/feed.ts';

const PATIENCE_MS = 30_000;

describe('four stations on one feed, under a cloud of its own', function () {
  this.timeout(90_000);
  const folder = mkdtempSync(join(tmpdir(), 'energy-cloud-'));
  let feed: FeedStage;
  let cloud: ChildProcess;
  let ask: Ask;

  const until = async (what: string, isSo: () => boolean | Promise<boolean>): Promise<void> => {
    const endMs = Date.now() + PATIENCE_MS;
    while (!(await isSo())) {
      assert.ok(Date.now() < endMs, `${what}: ${feed.takenW().join(', ')} W`);
      await sleep(50);
    }
  };
  const startCloud = async (): Promise<void> => {
    const file = join(folder, 'cloud.json');
    writeFileSync(file, JSON.stringify(feed.cloudConfig));
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
    feed = await startFeedStage(folder);
    ask = createAsk(() => feed.controller.url, 'USDUK', {
      operator: { key: feed.operatorKey, iss: 'operator', role: 'operator' },
    });
    await startCloud();
  });
  after(async () => {
    await feed.close();
    if (cloud.exitCode === null && cloud.signalCode === null) await killCloud();
    await removeDatabase(folder);
    rmSync(folder, { recursive: true, force: true });
  });

  it('gives 7,200, 3,600 and 3,600 W by weights of 2:1:1', async () => {
    for (const at of [0, 1, 2]) feed.wants(at, FEED_W);
    await until('shared by weight', () => feed.isTaken(7_200n, 3_600n, 3_600n, 0n));
    const askCloud = createAsk(() => feed.cloudUrl, 'USDUK', {
      operator: { key: feed.operatorKey, iss: 'operator', role: 'operator' },
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
    feed.wants(3, FEED_W);
    await until('each has its static part', () => feed.isTaken(3_600n, 3_600n, 3_600n, 3_600n));
    const view = siteView.parse((await ask('operator', 'GET', '/operator/v1/sites/s1')).body);
    assert.equal(view.connection?.by, 'local-rule');
    feed.wants(3, 0n);
    await startCloud();
    await until('shared by weight again', () => feed.isTaken(7_200n, 3_600n, 3_600n, 0n));
  });

  it('takes power from others ahead of a reservation, and gives it back after it', async () => {
    const fromMs = Date.now() + 3_000;
    const reserved = await ask('operator', 'PUT', '/operator/v1/sites/s4/requests/booked', {
      ...{ loadId: 's4', isReservation: true },
      claim: {
        ...{ kind: 'charge', nodeId: 'outlet', minW: '0', maxW: '10800', claimId: 'car-s4' },
        ...{ fromMs, untilMs: fromMs + 3_000 },
      },
    });
    assert.equal(reserved.status, 200, JSON.stringify(reserved.body));
    feed.wants(3, FEED_W);
    const otherW = (): bigint =>
      feed
        .takenW()
        .slice(0, 3)
        .reduce((sum, watts) => sum + watts, 0n);
    await until('others have less', () => otherW() <= FEED_W - 10_800n);
    assert.ok(Date.now() < fromMs, 'before it begins');
    await until('the booked one is served', () => feed.takenW()[3] === 10_800n);
    await until('the rest is shared again', () => feed.isTaken(5_760n, 2_880n, 2_880n, 2_880n));
  });

  it('never took more than the feed carries, at any instant', () => {
    const highestW = feed.highestW();
    assert.ok(highestW > 0n && highestW <= FEED_W, `${highestW} W`);
  });
});
