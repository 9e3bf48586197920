import assert from 'node:assert/strict';
import { SERVERS_FIRST, VEHICLES_FIRST } from '@roamgrid/domain/power';
import { OneGrid } from './one-grid.fixture.ts';

const LOADS = [
  { loadId: 'refusing', nodeId: 'outlet-1', aloneW: 4_000n },
  { loadId: 'unheard', nodeId: 'outlet-2', aloneW: 0n },
  { loadId: 'servers', nodeId: 'cabinet', aloneW: 10_000n },
];
const GRID_W = 45_000n;

describe('a load that does not follow', () => {
  it('is asked before others go down, so that who may still hear something earlier goes down far enough', async () => {
    const site = new OneGrid(GRID_W, LOADS);
    const takenW = () => LOADS.map(({ loadId }) => site.plant.takesW(loadId));
    site.claim('refusing', ['c1', 'outlet-1', 0n]);
    site.claim('unheard', ['c2', 'outlet-2', 60_000n]);
    site.claim('servers', ['j1', 'cabinet', 60_000n, { kind: 'compute' }]);
    site.manners.set('refusing', 'refuses');
    await site.live(3, SERVERS_FIRST);
    assert.deepEqual(takenW(), [4_000n, 0n, 41_000n]);

    // The car has it all, and nobody knows that it heard so; then the servers have nothing to do, and go by themselves before long.
    site.manners.set('unheard', 'unheard');
    await site.live(3, VEHICLES_FIRST);
    assert.equal(site.plant.takesW('unheard'), 41_000n);
    site.manners.set('unheard', 'obeys');
    site.claim('servers');
    await site.live(20, VEHICLES_FIRST);
    assert.deepEqual(takenW(), [4_000n, 31_000n, 10_000n]);
    assert.equal(site.mostW, GRID_W);
  });
});
