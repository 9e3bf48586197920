import assert from 'node:assert/strict';
import { SERVERS_FIRST, VEHICLES_FIRST } from '@roamgrid/domain/power';
import { AdapterError, type LoadAdapter } from '../adapters/adapter.ts';
import { Plant } from '../adapters/http/simulator/plant.ts';
import { claimOf, gridOf, NOW } from '../stage/stage.ts';
import type { Order } from './commitments.ts';
import type { SiteSpec } from './spec.ts';
import { Ticker } from './ticker.ts';

const LOADS = [
  { loadId: 'l1', nodeId: 'outlet-1', aloneW: 4_000n },
  { loadId: 'servers', nodeId: 'cabinet', aloneW: 10_000n },
];
/** What loads take when nobody tells them anything, and no more. */
const GRID_W = 14_000n;
const SPEC: SiteSpec = {
  siteId: 's1',
  volts: 240n,
  lanes: 1,
  nodes: [
    { nodeId: 'site', kind: 'connection' },
    { nodeId: 'outlet-1', kind: 'outlet', parentId: 'site' },
    { nodeId: 'cabinet', kind: 'circuit', parentId: 'site' },
  ],
  loads: LOADS,
  times: { tickMs: 1_000, readMs: 50, tellMs: 50, grantMs: 10_000, slackMs: 1_000 },
  planning: undefined,
  sources: [{ sourceId: 'grid', staleAfterMs: 5_000 }],
  guard: { everyMs: 1_000, toleranceMs: 1_000, marginPermille: 0n, blindMs: 5_000, coolDownMs: undefined },
};

describe('a controller that starts again', () => {
  it('tells nobody to take more, in the place of what it may take alone, before others have less', async () => {
    let nowMs = NOW;
    const plant = new Plant(() => nowMs);
    plant.addSource({ source: gridOf(GRID_W), isTold: false });
    for (const { loadId, aloneW } of LOADS) plant.addLoad({ loadId, aloneW, claims: [] });
    const [car, rack] = [plant.loads.get('l1'), plant.loads.get('servers')];
    assert.ok(car !== undefined && rack !== undefined);
    car.claims = [claimOf('c1', 'outlet-1', 20_000n)];
    rack.claims = [claimOf('j1', 'cabinet', 20_000n, { kind: 'compute' })];

    let isRefusing = false;
    /** After every single order. */
    const seenW: bigint[] = [];
    const loads = LOADS.map(({ loadId }): LoadAdapter => ({
      loadId,
      read: () => Promise.resolve(plant.readLoad(loadId)),
      grant(orders) {
        if (isRefusing && loadId === 'l1') throw new AdapterError('REFUSED', 'not now');
        plant.grant(loadId, orders);
        seenW.push(plant.givesW('grid'));
        return Promise.resolve();
      },
      makeSafe: () => Promise.resolve(),
      close: () => Promise.resolve(),
    }));
    const source = {
      sourceId: 'grid',
      read: () => Promise.resolve(plant.readSource('grid')),
      close: () => Promise.resolve(),
    };
    let kept: readonly Order[] = [];
    const journal = {
      keep: (_atMs: number, orders: readonly Order[]): Promise<void> => {
        kept = structuredClone(orders);
        return Promise.resolve();
      },
    };
    const start = () =>
      new Ticker({ spec: SPEC, loads, sources: [source], journal, nowMs: () => nowMs, orders: kept });
    const tick = (ticker: Ticker, policy: typeof VEHICLES_FIRST) =>
      ticker.tick({
        settings: { version: 1, policy, limits: {}, priorities: {}, signals: {} },
        ...{ kept: [], connectionW: undefined, untilMs: undefined, isTripped: () => false },
      });

    // The car has all there is, the servers were told that they have nothing.
    const first = start();
    for (let at = 0; at < 3; at += 1) {
      await tick(first, VEHICLES_FIRST);
      nowMs += 1_000;
    }
    assert.deepEqual([plant.takesW('l1'), plant.takesW('servers')], [GRID_W, 0n]);

    // It starts again, servers are first now, and the car does not do what it is told.
    isRefusing = true;
    const again = start();
    for (let at = 0; at < 5; at += 1) {
      await tick(again, SERVERS_FIRST);
      nowMs += 1_000;
    }
    assert.deepEqual(
      [...new Set(seenW)].filter((watts) => watts > GRID_W),
      [],
    );
    // Once the car goes by its orders again the servers have theirs.
    isRefusing = false;
    for (let at = 0; at < 20; at += 1) {
      await tick(again, SERVERS_FIRST);
      nowMs += 1_000;
    }
    assert.deepEqual(
      [...new Set(seenW)].filter((watts) => watts > GRID_W),
      [],
    );
    assert.equal(plant.takesW('servers') + plant.takesW('l1'), GRID_W);
    assert.ok(plant.takesW('servers') > 0n);
  });
});
