import assert from 'node:assert/strict';
import type { ChargingState } from '@roamgrid/domain/power';
import { claimOf, freshKey, SITE_SOURCES, startStage, type Stage } from '../stage/stage.ts';

const NODES = [
  { nodeId: 'site', kind: 'connection' },
  { nodeId: 'outlet', kind: 'outlet', parentId: 'site' },
  { nodeId: 'cabinet', kind: 'circuit', parentId: 'site' },
] as const;

describe('the controller of a site, over its interface', function () {
  this.timeout(20_000);
  let stage: Stage;
  before(async () => {
    stage = await startStage({
      nodes: [...NODES],
      site: { policyId: 'site-vehicles-first-sharing' },
      loads: [
        { loadId: 'outlet', nodeId: 'outlet', aloneW: 0n, claims: [] },
        { loadId: 'servers', nodeId: 'cabinet', aloneW: 0n, claims: [] },
      ],
    });
  });
  after(() => stage.close());

  const serversAsk = (maxW: bigint, more = {}): void => {
    const servers = stage.plant.loads.get('servers');
    assert.ok(servers);
    servers.claims = [
      claimOf('tasks', 'cabinet', maxW, { kind: 'compute', standbyW: 20n, criticalW: 5_000n, ...more }),
    ];
  };
  const carAsks = (maxW: bigint, more = {}): void => {
    const outlet = stage.plant.loads.get('outlet');
    assert.ok(outlet);
    outlet.claims = maxW === 0n ? [] : [claimOf('car', 'outlet', maxW, more)];
  };
  let changes = 0;
  const setPolicy = async (policyId: string): Promise<void> => {
    const { settings } = await stage.view();
    changes += 1;
    const changed = await stage.change(`policy-${changes}`, { fromVersion: settings.version, policyId });
    assert.equal(changed.outcome, 'applied');
  };

  it('leaves the servers 735, 105 and 735 kW while a fast charge starts, goes on and finishes', async () => {
    serversAsk(800_000n);
    const seen = [];
    for (const state of ['starting', 'in-progress', 'finishing'] satisfies ChargingState[]) {
      carAsks(800_000n, { mode: 'fast', state });
      await stage.step();
      seen.push(await stage.granted());
      assert.equal(stage.plant.takesW('outlet') + stage.plant.takesW('servers'), 755_000n);
    }
    assert.deepEqual(seen, [
      { car: 20_000n, tasks: 735_000n },
      { car: 650_000n, tasks: 105_000n },
      { car: 20_000n, tasks: 735_000n },
    ]);
  });

  it('takes the power of each source and no more, and says why each got what it got', async () => {
    carAsks(800_000n, { mode: 'fast', state: 'in-progress' });
    await stage.step();
    const view = await stage.view();
    assert.deepEqual(
      view.sources.map(({ sourceId, shareW, measuredW }) => [sourceId, shareW, measuredW]),
      [
        ['grid', 500_000n, 500_000n],
        ['sun', 155_000n, 155_000n],
        ['battery', 100_000n, 100_000n],
      ],
    );
    const [outlet, servers] = view.loads;
    assert.deepEqual(
      [outlet?.claims[0]?.mode, outlet?.claims[0]?.state, outlet?.claims[0]?.reasons[0]?.code],
      ['fast', 'in-progress', 'LIMITED_BY_MODE'],
    );
    assert.deepEqual(
      servers?.claims[0]?.reasons.map(({ code }) => code),
      ['LIMITED_BY_SOURCES'],
    );
    assert.equal(view.countedW, 755_000n);
  });

  it('suspends, shares, slows down and flips by the policy that an operator chooses', async () => {
    serversAsk(200_000n);
    carAsks(800_000n, { mode: 'fast', state: 'in-progress' });
    await setPolicy('site-vehicles-first');
    await stage.step();
    assert.deepEqual(await stage.granted(), { car: 650_000n, tasks: 20n });
    serversAsk(200_000n, { urgency: 'high' });
    await stage.step();
    assert.deepEqual(await stage.granted(), { car: 99_999n, tasks: 200_000n });
    assert.equal((await stage.view()).loads[0]?.claims[0]?.ruledMode, 'slow');
    serversAsk(200_000n);
    await setPolicy('site-servers-first');
    await stage.step();
    assert.deepEqual(await stage.granted(), { car: 555_000n, tasks: 200_000n });
    carAsks(800_000n, { mode: 'fast', state: 'in-progress', urgency: 'urgent' });
    await stage.step();
    assert.deepEqual(await stage.granted(), { car: 650_000n, tasks: 5_000n });
    await setPolicy('site-vehicles-first-sharing');
  });

  it('grants, offers a part, makes room for an urgent one and denies, and says what is left', async () => {
    carAsks(0n);
    serversAsk(635_000n);
    await setPolicy('plain');
    await stage.step();
    const ask = (id: string, loadId: string, nodeId: string, watts: bigint, more: object = {}) =>
      stage.request(id, {
        loadId,
        claim: {
          ...{ kind: loadId === 'servers' ? 'compute' : 'charge', nodeId, minW: '1', maxW: watts.toString() },
          ...more,
        },
      });
    const compute = await ask('req-90', 'servers', 'cabinet', 90_000n);
    assert.deepEqual([compute.outcome, compute.watts, compute.residualW], ['granted', 90_000n, 120_000n]);
    const partial = await ask('req-60', 'outlet', 'outlet', 60_000n);
    assert.deepEqual([partial.outcome, partial.state, partial.watts], ['partial', 'offered', 30_000n]);
    assert.deepEqual(await ask('req-60', 'outlet', 'outlet', 60_000n), partial);
    const accepted = await stage.ask('POST', '/operator/v1/sites/s1/requests/req-60/answer', {
      accept: true,
    });
    assert.equal(accepted.status, 200);
    await stage.step();
    assert.equal((await stage.view()).grantedW, 755_000n);
    const room = await ask('req-urgent', 'outlet', 'outlet', 60_000n, { urgency: 'urgent' });
    assert.equal(room.outcome, 'room-made');
    assert.ok(
      room.losers.length > 0 && room.losers.every(({ fromW, toW }) => toW < fromW),
      'losers are named',
    );
    await stage.step();
    assert.equal((await stage.view()).grantedW, 755_000n);
    const denied = await ask('req-200', 'outlet', 'outlet', 200_000n);
    assert.deepEqual([denied.outcome, denied.state, denied.residualW], ['denied', 'denied', 0n]);
    const wrong = await stage.ask('PUT', '/operator/v1/sites/s1/requests/req-13', {
      loadId: 'outlet',
      claim: { kind: 'charge', nodeId: 'outlet', minW: '0', maxW: '13000', mode: 'residential' },
    });
    assert.equal(wrong.status, 422);
    await setPolicy('site-vehicles-first-sharing');
    for (const id of ['req-90', 'req-60', 'req-urgent'])
      await stage.ask('DELETE', `/operator/v1/sites/s1/requests/${id}`);
  });

  it('is told by operators alone', async () => {
    for (const [method, path, body] of [
      ['GET', '/operator/v1/sites'],
      ['GET', '/operator/v1/sites/s1'],
      ['PUT', '/operator/v1/sites/s1/changes/c-1', { fromVersion: 0 }],
    ] as const)
      assert.equal((await stage.ask(method, path, body, freshKey('stranger-1'))).status, 401);
  });

  it('keeps decisions, and goes on from what it kept', async () => {
    const decisions = await stage.decisions();
    assert.ok(decisions.length > 8);
    assert.ok(
      decisions.every(({ grants }) => grants.reduce((sum, { grantedW }) => sum + grantedW, 0n) <= 755_000n),
    );
    await stage.startAnew();
    assert.equal((await stage.view()).settings.policyId, 'site-vehicles-first-sharing');
    assert.equal(SITE_SOURCES.length, 3);
  });
});
