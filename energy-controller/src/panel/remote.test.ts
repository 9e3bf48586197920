import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Source } from '@roamgrid/domain/power';
import { panelView } from '@roamgrid/wire';
import { startDevices } from '../devices/service/start.ts';
import { spawnDevice, type SpawnedDevice } from '../devices/simulator/spawn.ts';
import { OPERATOR_TOKEN, serveCentre, SITE_TOKEN } from '../devices/simulator/stage.ts';
import { batteryOf, breakerOf, startHouse, type HouseStage } from '../stage/house-stage.ts';
import { claimOf, gridOf, MINUTE_MS, NOW } from '../stage/stage.ts';

const HOUR_MS = 60 * MINUTE_MS;
const BREAKERS = [
  [breakerOf('fridge', { type: 'kitchen', room: 'kitchen', priority: 2 }), 1_000n],
  [breakerOf('tv', { type: 'entertainment', priority: 3 }), 120n],
] as const;

describe('a house with its phone, its car and its transfer switch', function () {
  this.timeout(120_000);
  let house: HouseStage;
  let contacts: SpawnedDevice;
  const folder = mkdtempSync(join(tmpdir(), 'switch-'));
  const closers: (() => unknown)[] = [];
  before(async () => {
    const [spawned, centre] = await Promise.all([spawnDevice('transfer', 'own'), serveCentre()]);
    contacts = spawned;
    closers.push(
      () => contacts.close(),
      () => centre.close(),
    );
    const devices = await startDevices({
      siteId: 's1',
      stateDir: folder,
      centre: { url: centre.url, token: SITE_TOKEN },
      operatorTokens: [OPERATOR_TOKEN],
      stationTokens: [SITE_TOKEN],
      logLevel: 'silent',
      devices: [{ device: 'transfer', deviceId: 'switch', socket: contacts.socket }],
    });
    closers.unshift(() => devices.close());
    await contacts.hands.act({ do: 'power', of: 'battery', is: true });
    house = await startHouse({
      breakers: BREAKERS,
      panel: { transfer: { url: devices.url, token: OPERATOR_TOKEN, deviceId: 'switch' } },
      sources: [
        { source: gridOf(20_000n, 'house'), isTold: false },
        { source: batteryOf('ev', 62, 40), isTold: true },
        { source: batteryOf('ess', 55, 20), isTold: true },
      ],
      loads: [
        {
          ...{ loadId: 'wallbox', nodeId: 'storage', aloneW: 0n },
          claims: [claimOf('v2h', 'storage', 5_000n, { kind: 'discharge', sourceId: 'ev' })],
        },
      ],
    });
    closers.unshift(() => house.close());
  });
  after(async () => {
    for (const close of closers) await close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Looks until the switch says that it is there. */
  const switched = async (state: string): Promise<void> => {
    for (let look = 0; look < 600; look += 1) {
      await house.controller.sites.get('s1')?.panel?.followSwitch();
      if ((await house.seen()).transfer?.state === state) return;
      await sleep(100);
    }
    assert.fail(`never ${state}: ${JSON.stringify((await house.seen()).transfer)}`);
  };
  const put = async (path: string, body: unknown) => {
    const answer = await house.phone('PUT', path, body);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return panelView.parse(answer.body);
  };
  const holds = (source: Source): void => {
    const one = house.plant.sources.get(source.sourceId);
    assert.ok(one);
    one.source = source;
  };
  const signals = async (id: string, given: object): Promise<void> => {
    const { settings } = await house.view();
    await house.change(id, { fromVersion: settings.version, signals: given });
  };

  it('goes to the battery when its phone says that the rate rises, and back when that is over (PANEL-8)', async () => {
    await house.step();
    await switched('on-grid');
    const told = await put('/peak-signals/rate-1', { startMs: NOW, endMs: NOW + HOUR_MS });
    assert.equal(told.transfer?.wants, 'battery');
    await switched('on-battery');
    await house.step();
    assert.equal(house.plant.givesW('grid'), 0n);
    assert.equal(house.plant.givesW('ev'), 1_120n);
    await house.step(HOUR_MS);
    await house.step();
    await switched('on-grid');
    assert.equal(house.plant.givesW('grid'), 1_120n);
  });

  it('goes by its stored schedule without a phone, after a power cut, by the clock of its place (PANEL-8)', async () => {
    const days = [1, 2, 3, 4, 5];
    await put('/schedule', {
      zone: 'America/New_York',
      windows: [{ days, fromMinute: 960, toMinute: 1_260 }],
    });
    await house.startAnew();
    // 16:00 in New York is 21:00 UTC on this Monday.
    await house.step(NOW + 9 * HOUR_MS - 2_000 - house.nowMs());
    await switched('on-grid');
    await house.step(2_000);
    await house.step();
    await switched('on-battery');
    await house.step(5 * HOUR_MS);
    await house.step();
    await switched('on-grid');
    const unknown = await house.phone('PUT', '/schedule', { zone: 'Mars/Olympus', windows: [] });
    assert.equal(unknown.status, 422);
  });

  it('never has both contacts closed, nor the car at the grid while the house is an island (PANEL-11)', async () => {
    const { overlaps, chargedInIsland } = await contacts.hands.look();
    assert.deepEqual([overlaps, chargedInIsland], [0, 0]);
  });

  it('keeps what a trip takes in the car, and more in the rain (PANEL-9)', async () => {
    const trip = {
      km: '20',
      whPerKm: '180',
      isRain: false,
      isDenseTraffic: false,
      leavesAtMs: house.nowMs() + 9 * HOUR_MS,
    };
    assert.equal((await put('/trips/ev', trip)).trips['ev']?.reserveWh, 4_320n);
    const car = batteryOf('ev', 44, 40);
    assert.ok(car.store);
    holds({ ...car, store: { ...car.store, storedWh: 4_322n } });
    holds(batteryOf('ess', 30, 20));
    await signals('busy', { gridDemandPermille: 850 });
    const stored = () => house.plant.sources.get('ev')?.source.store?.storedWh ?? 0n;
    for (let second = 0; second < 12; second += 1) await house.step();
    assert.ok(stored() < 4_322n, 'it gave what was above it');
    assert.ok(stored() >= 4_320n, `${stored()} Wh`);
    assert.equal(house.plant.givesW('ev'), 0n);
    const rain = { ...trip, isRain: true, isDenseTraffic: true };
    assert.equal((await put('/trips/ev', rain)).trips['ev']?.reserveWh, 5_465n);
    await signals('calm', {});
    // It has left.
    await house.step(9 * HOUR_MS);
    await house.step(6 * MINUTE_MS);
    holds(batteryOf('ess', 20, 20));
    holds(batteryOf('ev', 44, 40));
    await signals('busy-again', { gridDemandPermille: 850 });
    await house.step();
    await house.step();
    assert.equal(house.plant.givesW('ev'), 1_120n);
    await signals('calm-again', {});
    await house.step(6 * MINUTE_MS);
  });

  it('charges at half power in the heat and in the cold that its panel measures (PANEL-9)', async () => {
    const wallbox = house.plant.loads.get('wallbox');
    assert.ok(wallbox);
    wallbox.claims = [claimOf('charge', 'storage', 7_000n)];
    const at = async (temperatureMilliC: number): Promise<bigint> => {
      house.panel.temperatureMilliC = temperatureMilliC;
      await house.step();
      return house.plant.takesW('wallbox');
    };
    assert.deepEqual([await at(20_000), await at(38_000), await at(-15_000)], [7_000n, 3_500n, 3_500n]);
    house.panel.temperatureMilliC = 20_000;
    wallbox.claims = [];
    await house.step();
  });

  it('switches off what runs where nobody is when that saves enough, and on when somebody comes (PANEL-6)', async () => {
    const after10Minutes = async (occupancy: { savingWh?: string; always?: boolean }): Promise<boolean> => {
      await house.startAnew({ panel: { loadId: 'panel', phones: ['phone-1'], occupancy } });
      house.panel.people('living room', true);
      await house.step();
      house.panel.people('living room', false);
      await house.step(9 * MINUTE_MS);
      assert.ok(house.panel.isClosed('tv'));
      await house.step(MINUTE_MS);
      await house.step();
      const isClosed = house.panel.isClosed('tv');
      assert.ok(house.panel.isClosed('fridge'));
      house.panel.people('living room', true);
      await house.step();
      assert.ok(house.panel.isClosed('tv'), 'somebody is there');
      return isClosed;
    };
    // 120 W over two hours are 240 Wh.
    assert.equal(await after10Minutes({ savingWh: '200' }), false);
    assert.equal(await after10Minutes({ savingWh: '300' }), true);
    assert.equal(await after10Minutes({ savingWh: '300', always: true }), false);
  });

  it('serves breakers in the order that its phone said, also after a power cut (PANEL-13)', async () => {
    const { breakers } = await put('/priorities', { priorities: { tv: 1, fridge: 2 } });
    assert.deepEqual(
      breakers.map(({ breakerId, priority }) => [breakerId, priority]),
      [
        ['fridge', 2],
        ['tv', 1],
      ],
    );
    await house.startAnew();
    // What was told before the cut counts until it lapses.
    await house.step(MINUTE_MS);
    await house.step();
    holds(gridOf(0n, 'house'));
    holds(batteryOf('ev', 0, 40, 0n));
    holds(batteryOf('ess', 50, 20, 1_000n));
    await house.step();
    await house.step();
    assert.deepEqual([house.panel.isClosed('tv'), house.panel.isClosed('fridge')], [true, false]);
  });
});
