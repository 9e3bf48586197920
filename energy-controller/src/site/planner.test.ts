import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { growTree, PLAIN_POLICY, type PowerState } from '@roamgrid/domain/power';
import { unwrap } from '@roamgrid/domain';
import { claimOf, gridOf, MINUTE_MS, NOW, startStage } from '../stage/stage.ts';
import { createPlanner } from './planner.ts';

const HOUR_MS = 60 * MINUTE_MS;
const LIMIT_W = 10_000n;

/** The second leaves first and has time to spare; the first needs all of its power from now on. */
const CARS = [
  claimOf('long', 'a', 7_000n, { needWh: 14_000n, deadlineMs: NOW + 2 * HOUR_MS }),
  claimOf('short', 'b', 7_000n, { needWh: 3_000n, deadlineMs: NOW + HOUR_MS }),
];

describe('a site that plans', function () {
  this.timeout(20_000);

  it('decides by the rule until the solver has a plan, then by the plan, and always within its limits', async () => {
    const stage = await startStage({
      nodes: [
        { nodeId: 'site', kind: 'connection', hard: { totalW: LIMIT_W.toString() } },
        { nodeId: 'a', kind: 'outlet', parentId: 'site' },
        { nodeId: 'b', kind: 'outlet', parentId: 'site' },
      ],
      sources: [{ source: gridOf(50_000n), isTold: false }],
      site: { planning: { slotMs: 900_000, slots: 8 } },
      loads: CARS.map((claim) => ({
        loadId: claim.nodeId,
        nodeId: claim.nodeId,
        aloneW: 0n,
        claims: [claim],
      })),
    });
    try {
      const takenW = (): bigint => stage.plant.takesW('a') + stage.plant.takesW('b');
      const untilPlanned = async (): Promise<void> => {
        for (let tries = 0; ; tries += 1) {
          await stage.step();
          assert.ok(takenW() <= LIMIT_W, `${takenW()} W`);
          if ((await stage.view()).decidedBy === 'plan') return;
          assert.ok(tries < 200, 'no plan came');
          await sleep(50);
        }
      };
      await stage.step();
      const [first] = await stage.decisions();
      assert.deepEqual([first?.decidedBy, first?.why], ['rule', 'PLAN_OUT_OF_DATE']);
      assert.equal(takenW(), LIMIT_W);
      await untilPlanned();
      assert.deepEqual([stage.plant.takesW('a'), stage.plant.takesW('b')], [7_000n, 3_000n]);
      // Less than the plan was made for: a decision of the same second keeps it.
      const version = (await stage.view()).settings.version;
      await stage.change('lower', { fromVersion: version, limits: { site: { hard: { totalW: '5000' } } } });
      await stage.step();
      assert.ok(takenW() <= 5_000n, `${takenW()} W`);
    } finally {
      await stage.close();
    }
  });

  it('never waits for a solver, and asks it for one plan at a time', () => {
    let asked = 0;
    const decide = createPlanner({ slotMs: 900_000, slots: 4 }, () => {
      asked += 1;
      return new Promise(() => undefined);
    });
    const node = { nodeId: 'site', kind: 'connection', hard: { totalW: LIMIT_W } } as const;
    const state: PowerState = {
      tree: unwrap(growTree([node], { volts: 240n, lanes: 1 })),
      sources: [gridOf(50_000n)],
      claims: CARS.map((claim) => ({ ...claim, nodeId: 'site' })),
      ...{ signals: {}, policy: PLAIN_POLICY, tickMs: 1_000 },
    };
    for (let second = 0; second < 3; second += 1) {
      const { decidedBy, why, grants } = decide(state, NOW + 1_000 * second);
      assert.deepEqual([decidedBy, why], ['rule', 'PLAN_OUT_OF_DATE']);
      assert.equal(
        grants.reduce((sum, { grantedW }) => sum + grantedW, 0n),
        LIMIT_W,
      );
    }
    assert.equal(asked, 1);
  });
});
