import assert from 'node:assert/strict';
import { SERVERS_FIRST, VEHICLES_FIRST } from '@roamgrid/domain/power';
import { OneGrid } from './one-grid.fixture.ts';

/** What loads take when nobody tells them anything, and no more. */
const GRID_W = 14_000n;

describe('a controller that starts again', () => {
  it('tells nobody to take more, in the place of what it may take alone, before others have less', async () => {
    const site = new OneGrid(GRID_W, [
      { loadId: 'l1', nodeId: 'outlet-1', aloneW: 4_000n },
      { loadId: 'servers', nodeId: 'cabinet', aloneW: 10_000n },
    ]);
    const takenW = () => [site.plant.takesW('l1'), site.plant.takesW('servers')] as const;
    site.claim('l1', ['c1', 'outlet-1', 20_000n]);
    site.claim('servers', ['j1', 'cabinet', 20_000n, { kind: 'compute' }]);

    // The car has all there is, the servers were told that they have nothing.
    await site.live(3, VEHICLES_FIRST);
    assert.deepEqual(takenW(), [GRID_W, 0n]);

    // It starts again, servers are first now, and the car does not do what it is told.
    site.manners.set('l1', 'refuses');
    site.startAgain();
    await site.live(5, SERVERS_FIRST);
    assert.equal(site.mostW, GRID_W);
    // Once the car goes by its orders again the servers have theirs.
    site.manners.set('l1', 'obeys');
    await site.live(20, SERVERS_FIRST);
    assert.equal(site.mostW, GRID_W);
    const [carW, serversW] = takenW();
    assert.equal(serversW + carW, GRID_W);
    assert.ok(serversW > 0n);
  });
});
