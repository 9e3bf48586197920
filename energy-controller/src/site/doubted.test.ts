import assert from 'node:assert/strict';
import { SERVERS_FIRST, VEHICLES_FIRST } from '@roamgrid/domain/power';
import { AdapterError, type LoadAdapter } from '../adapters/adapter.ts';
import { Plant } from '../adapters/http/simulator/plant.ts';
import { claimOf, gridOf, NOW } from '../stage/stage.ts';
import type { SiteSpec } from './spec.ts';
import { Ticker } from './ticker.ts';

const LOADS = [
  { loadId: 'refusing', nodeId: 'outlet-1', aloneW: 4_000n },
  { loadId: 'unheard', nodeId: 'outlet-2', aloneW: 0n },
  { loadId: 'servers', nodeId: 'cabinet', aloneW: 10_000n },
];
const GRID_W = 45_000n;
const SPEC: SiteSpec = {
  siteId: 's1',
  volts: 240n,
  lanes: 1,
  nodes: [
    { nodeId: 'site', kind: 'connection' },
    ...LOADS.map(({ nodeId }) => ({ nodeId, kind: 'outlet' as const, parentId: 'site' })),
  ],
  loads: LOADS,
  times: { tickMs: 1_000, readMs: 50, tellMs: 50, grantMs: 10_000, slackMs: 1_000 },
  planning: undefined,
  sources: [{ sourceId: 'grid', staleAfterMs: 5_000 }],
  guard: { everyMs: 1_000, toleranceMs: 1_000, marginPermille: 0n, blindMs: 5_000, coolDownMs: undefined },
};

describe('a load that does not follow', () => {
  it('is asked before others go down, so that who may still hear something earlier goes down far enough', async () => {
    let nowMs = NOW;
    const plant = new Plant(() => nowMs);
    plant.addSource({ source: gridOf(GRID_W), isTold: false });
    for (const { loadId, aloneW } of LOADS) plant.addLoad({ loadId, aloneW, claims: [] });
    const claimed = (loadId: string, ...claims: Parameters<typeof claimOf>[]): void => {
      const load = plant.loads.get(loadId) ?? assert.fail();
      load.claims = claims.map((claim) => claimOf(...claim));
    };
    claimed('refusing', ['c1', 'outlet-1', 0n]);
    claimed('unheard', ['c2', 'outlet-2', 60_000n]);
    claimed('servers', ['j1', 'cabinet', 60_000n, { kind: 'compute' }]);

    let isUnheard = false;
    const loads = LOADS.map(({ loadId }): LoadAdapter => ({
      loadId,
      read: () => Promise.resolve(plant.readLoad(loadId)),
      grant(orders) {
        if (loadId === 'refusing') throw new AdapterError('REFUSED', 'not now');
        plant.grant(loadId, orders);
        if (loadId === 'unheard' && isUnheard) throw new AdapterError('UNREACHABLE', 'no answer');
        return Promise.resolve();
      },
      makeSafe: () => Promise.resolve(),
      close: () => Promise.resolve(),
    }));
    const ticker = new Ticker({
      spec: SPEC,
      loads,
      sources: [
        {
          sourceId: 'grid',
          read: () => Promise.resolve(plant.readSource('grid')),
          close: () => Promise.resolve(),
        },
      ],
      journal: { keep: () => Promise.resolve() },
      nowMs: () => nowMs,
    });
    /** The most that was taken of the grid. */
    let mostW = 0n;
    const live = async (ticks: number, policy: typeof VEHICLES_FIRST): Promise<void> => {
      for (let at = 0; at < ticks; at += 1) {
        await ticker.tick({
          settings: { version: 1, policy, limits: {}, priorities: {}, signals: {} },
          ...{ kept: [], connectionW: undefined, untilMs: undefined, isTripped: () => false },
        });
        nowMs += 1_000;
        const takenW = plant.givesW('grid');
        if (takenW > mostW) mostW = takenW;
      }
    };
    await live(3, SERVERS_FIRST);
    assert.deepEqual(
      LOADS.map(({ loadId }) => plant.takesW(loadId)),
      [4_000n, 0n, 41_000n],
    );

    // The car has it all, and nobody knows that it heard so; then the servers have nothing to do, and go by themselves before long.
    isUnheard = true;
    await live(3, VEHICLES_FIRST);
    assert.equal(plant.takesW('unheard'), 41_000n);
    isUnheard = false;
    claimed('servers');
    await live(20, VEHICLES_FIRST);
    assert.deepEqual(
      LOADS.map(({ loadId }) => plant.takesW(loadId)),
      [4_000n, 31_000n, 10_000n],
    );
    assert.equal(mostW, GRID_W);
  });
});
