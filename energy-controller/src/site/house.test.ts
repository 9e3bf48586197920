import assert from 'node:assert/strict';
import type { Source } from '@roamgrid/domain/power';
import type { PlantSource } from '../adapters/http/simulator/plant.ts';
import { claimOf, gridOf, MINUTE_MS, startStage, type Stage } from '../stage/stage.ts';

const CAR: Source = {
  ...{ sourceId: 'car-battery', kind: 'ev', nodeId: 'outlet', availableW: 11_000n },
  store: { storedWh: 40_000n, capacityWh: 60_000n, floorWh: 39_900n },
};

describe('a car that feeds the servers', function () {
  this.timeout(20_000);
  let stage: Stage;
  const grid: PlantSource = { source: gridOf(100_000n), isTold: false };
  before(async () => {
    stage = await startStage({
      nodes: [
        { nodeId: 'site', kind: 'connection' },
        // The operator's limit.
        { nodeId: 'outlet', kind: 'outlet', parentId: 'site', exportUpTo: { totalW: '8000' } },
        { nodeId: 'cabinet', kind: 'circuit', parentId: 'site' },
      ],
      sources: [grid, { source: CAR, isTold: true }],
      site: { tickMs: 30_000, grantMs: 100_000 },
      loads: [
        {
          ...{ loadId: 'outlet', nodeId: 'outlet', aloneW: 0n },
          // The user's limit.
          claims: [claimOf('v2l', 'outlet', 10_000n, { kind: 'discharge', sourceId: 'car-battery' })],
        },
        {
          ...{ loadId: 'servers', nodeId: 'cabinet', aloneW: 0n },
          claims: [claimOf('tasks', 'cabinet', 20_000n, { kind: 'compute' })],
        },
      ],
    });
  });
  after(() => stage.close());

  const gridHas = (availableW: bigint): void => {
    const source = stage.plant.sources.get('grid');
    assert.ok(source);
    source.source = { ...source.source, availableW };
  };

  it('gives up to 8 kW when the grid is away, stops at what its user wants to keep, and is metered', async () => {
    await stage.step();
    assert.equal(stage.plant.takesW('servers'), 20_000n);
    assert.equal(stage.plant.givesW('car-battery'), 0n);
    gridHas(0n);
    const given: bigint[] = [];
    for (let at = 0; at < 5; at += 1) {
      await stage.step(30_000);
      given.push(stage.plant.givesW('car-battery'));
      assert.ok(stage.plant.takesW('servers') <= 8_000n);
    }
    assert.equal(given[0], 8_000n);
    assert.equal(given.at(-1), 0n);
    const stored = stage.plant.sources.get('car-battery')?.source.store?.storedWh ?? 0n;
    assert.ok(stored >= 39_900n, `${stored} Wh`);
    const metered = stage.plant.meterWh('car-battery');
    assert.ok(metered > 0n && metered <= 100n, `${metered} Wh`);
    // Each meter shows whole watt-hours.
    const servedWh = stage.plant.meterWh('servers') - stage.plant.meterWh('grid');
    assert.ok(servedWh >= metered - 1n && servedWh <= metered + 1n, `${servedWh} of ${metered} Wh`);
  });

  it('stops giving when the car begins to charge', async () => {
    gridHas(100_000n);
    const outlet = stage.plant.loads.get('outlet');
    assert.ok(outlet);
    const charge = claimOf('charge', 'outlet', 11_000n, { sourceId: 'car-battery', needWh: 5_000n });
    outlet.claims = [...outlet.claims, charge];
    await stage.step(30_000);
    assert.deepEqual([stage.plant.takesW('outlet'), stage.plant.givesW('car-battery')], [11_000n, 0n]);
    const car = (await stage.view()).sources.find(({ sourceId }) => sourceId === 'car-battery');
    assert.ok(car?.reasons.some(({ code }) => code === 'CHARGING'));
  });
});

describe('a station behind the main fuse of a house', function () {
  this.timeout(30_000);
  let stage: Stage;
  before(async () => {
    stage = await startStage({
      nodes: [
        { nodeId: 'main', kind: 'connection', hard: { totalW: '10000' } },
        { nodeId: 'house', kind: 'circuit', parentId: 'main' },
        { nodeId: 'wallbox', kind: 'outlet', parentId: 'main', hard: { totalW: '11000' } },
      ],
      sources: [{ source: gridOf(50_000n, 'main'), isTold: false }],
      loads: [
        { loadId: 'house', nodeId: 'house', aloneW: 0n, claims: [] },
        {
          ...{ loadId: 'wallbox', nodeId: 'wallbox', aloneW: 0n },
          claims: [claimOf('car', 'wallbox', 11_000n)],
        },
      ],
    });
  });
  after(() => stage.close());

  /** Appliances ask nobody: they take what they take. */
  const appliances = (watts: bigint): void => {
    const house = stage.plant.loads.get('house');
    assert.ok(house);
    house.claims = [
      claimOf('appliances', 'house', watts, { kind: 'circuit', preemptible: false, priority: 1 }),
    ];
    house.stubbornW = watts;
  };

  it('gives the car 7 kW beside 3, and 3 within two seconds when the oven takes 4 more', async () => {
    appliances(3_000n);
    await stage.step();
    assert.equal(stage.plant.takesW('wallbox'), 7_000n);
    appliances(7_000n);
    await stage.step();
    assert.equal(stage.plant.takesW('wallbox'), 3_000n);
  });

  it('keeps the fuse through a day', async () => {
    for (let minute = 0; minute < 1_440; minute += 60) {
      const takesW = BigInt((minute * 7_919) % 9_500);
      appliances(takesW);
      await stage.step(60 * MINUTE_MS);
      assert.equal(stage.plant.takesW('wallbox'), 10_000n - takesW, `minute ${minute}`);
    }
    assert.equal((await stage.view()).guard.state, 'watching');
  });
});
