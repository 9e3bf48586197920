import assert from 'node:assert/strict';
import { claimOf, gridOf, MINUTE_MS, startStage, type Stage } from '../stage/stage.ts';

const GRANT_MS = 30_000;
const GRID_W = 3_000n;
/** Of the grid and the battery. */
const ALL_W = 13_000n;

describe('what devices may be taking, whoever says it', function () {
  this.timeout(20_000);
  let stage: Stage;
  before(async () => {
    stage = await startStage({
      nodes: [
        { nodeId: 'site', kind: 'connection' },
        { nodeId: 'a', kind: 'outlet', parentId: 'site' },
        { nodeId: 'b', kind: 'outlet', parentId: 'site' },
      ],
      sources: [
        { source: gridOf(GRID_W), isTold: false },
        {
          source: {
            ...{ sourceId: 'battery', kind: 'ess', nodeId: 'site', availableW: 10_000n },
            store: { storedWh: 200_000n, capacityWh: 400_000n, floorWh: 0n },
          },
          isTold: true,
        },
      ],
      loads: [
        { loadId: 'a', nodeId: 'a', aloneW: 2_000n, claims: [] },
        { loadId: 'b', nodeId: 'b', aloneW: 0n, claims: [claimOf('car-b', 'b', 20_000n)] },
      ],
    });
  });
  after(() => stage.close());

  const claimsOf = (loadId: string, claims: ReturnType<typeof claimOf>[]): void => {
    const load = stage.plant.loads.get(loadId);
    assert.ok(load);
    load.claims = claims;
  };
  const takenW = (): readonly bigint[] => ['a', 'b'].map((loadId) => stage.plant.takesW(loadId));

  it('is also what a load takes without a word, before and while something is booked there', async () => {
    await stage.step();
    assert.deepEqual(takenW(), [2_000n, 11_000n]);
    const [decision] = await stage.decisions();
    assert.equal(decision?.countedW, ALL_W);
    const fromMs = stage.nowMs() + 60 * MINUTE_MS;
    await stage.request('booked', {
      ...{ loadId: 'a', isReservation: true },
      claim: {
        ...{ kind: 'charge', nodeId: 'a', minW: '0', maxW: '5000' },
        ...{ fromMs, untilMs: fromMs + MINUTE_MS },
      },
    });
    await stage.step();
    assert.deepEqual(takenW(), [2_000n, 11_000n]);
  });

  it('is given by a source until loads take less, also after a start anew', async () => {
    const { plant } = stage;
    const set = plant.setW.bind(plant);
    const gridW: bigint[] = [];
    plant.setW = (...order) => {
      set(...order);
      gridW.push(plant.givesW('grid'));
    };
    claimsOf('b', [claimOf('car-b', 'b', 2_000n)]);
    await stage.startAnew();
    await stage.step();
    assert.equal(plant.givesW('battery'), 10_000n);
    // Nobody knows whether what was told before the fall may still arrive, until it has lapsed.
    for (let second = 0; second < GRANT_MS + 2_000; second += 4_000) await stage.step(4_000);
    plant.setW = set;
    assert.deepEqual(takenW(), [2_000n, 2_000n]);
    assert.ok(gridW.length > 0 && gridW.every((watts) => watts <= GRID_W), `${gridW.join(', ')} W`);
    assert.equal(plant.givesW('battery'), 1_000n);
  });

  it('counts at the load that was told, also when another says that the claim is there', async () => {
    claimsOf('a', [claimOf('car', 'a', 9_000n)]);
    claimsOf('b', []);
    await stage.step();
    assert.deepEqual(takenW(), [9_000n, 0n]);
    stage.server.faults.set('a', { isSilent: true });
    claimsOf('b', [claimOf('car', 'b', 9_000n)]);
    await stage.step();
    assert.deepEqual(takenW(), [9_000n, 0n]);
    stage.server.faults.delete('a');
    claimsOf('a', []);
    for (let second = 0; second < 2; second += 1) await stage.step();
    assert.deepEqual(takenW(), [0n, 9_000n]);
  });

  it('is told by the controller that was started last alone, sources too', async () => {
    const other = await stage.startBeside();
    try {
      claimsOf('b', [claimOf('car-b', 'b', 20_000n)]);
      await other.sites.get('s1')?.tick();
      const givenW = stage.plant.givesW('battery');
      claimsOf('b', [claimOf('car-b', 'b', 3_000n)]);
      await assert.rejects(stage.step(), /another process runs s1/);
      assert.deepEqual([stage.plant.givesW('battery'), ...takenW()], [givenW, 0n, 3_000n]);
    } finally {
      await other.close();
    }
  });
});
