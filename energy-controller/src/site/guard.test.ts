import assert from 'node:assert/strict';
import { siteEvents } from '@roamgrid/wire';
import { Plant } from '../adapters/http/simulator/plant.ts';
import { claimOf, gridOf, NOW, startStage, type Stage } from '../stage/stage.ts';
import { Guard, type Trip } from './guard.ts';

const EVENTS = '/operator/v1/sites/s1/events';

describe('a site whose devices do not do what they are told', function () {
  this.timeout(20_000);
  let stage: Stage;
  before(async () => {
    stage = await startStage({
      nodes: [
        { nodeId: 'site', kind: 'connection', hard: { totalW: '100000' } },
        { nodeId: 'a', kind: 'outlet', parentId: 'site' },
        { nodeId: 'b', kind: 'outlet', parentId: 'site' },
      ],
      sources: [{ source: gridOf(200_000n), isTold: false }],
      site: {
        policyId: 'site-vehicles-first',
        grantMs: 5_000,
        guard: { toleranceMs: 3_000, blindMs: 4_000 },
      },
      loads: [
        { loadId: 'a', nodeId: 'a', aloneW: 0n, claims: [claimOf('car-a', 'a', 80_000n)] },
        { loadId: 'b', nodeId: 'b', aloneW: 0n, claims: [] },
      ],
    });
    await stage.step();
  });
  after(() => stage.close());

  const load = (loadId: string) => {
    const found = stage.plant.loads.get(loadId);
    assert.ok(found);
    return found;
  };
  const takenW = (): bigint => stage.plant.takesW('a') + stage.plant.takesW('b');
  const resetGuard = async (id: string): Promise<void> => {
    const change = { fromVersion: (await stage.view()).settings.version, resetGuard: true };
    const asked = await stage.change(id, change);
    assert.ok(asked.outcome === 'confirm');
    assert.equal(asked.because.length, 1);
    const { confirmation } = asked;
    const forged = `${confirmation.slice(0, -2)}xx`;
    const wrong = await stage.ask('PUT', `/operator/v1/sites/s1/changes/${id}`, {
      ...change,
      confirmation: forged,
    });
    assert.equal(wrong.status, 409);
    const done = await stage.change(id, { ...change, confirmation });
    assert.equal(done.outcome, 'applied');
    assert.deepEqual(await stage.change(id, change), done);
  };

  it('counts what was granted to a silent one as taken until its order lapsed', async () => {
    stage.server.faults.set('a', { isSilent: true });
    load('b').claims = [claimOf('car-b', 'b', 80_000n, { urgency: 'urgent' })];
    const seen: bigint[] = [];
    for (let second = 0; second < 9; second += 1) {
      await stage.step();
      assert.ok(takenW() <= 100_000n, `${takenW()} W`);
      seen.push((await stage.granted())['car-b'] ?? 0n);
    }
    assert.deepEqual([seen[0], seen.at(-1)], [20_000n, 80_000n]);
    const [a] = (await stage.view()).loads;
    assert.deepEqual([a?.state, a?.errorCode], ['silent', 'UNREACHABLE']);
    stage.server.faults.delete('a');
  });

  it('raises nobody before a lost lowering is confirmed or over', async () => {
    load('b').claims = [];
    load('a').claims = [claimOf('car-a2', 'a', 80_000n)];
    await stage.step();
    await stage.step();
    assert.equal(stage.plant.takesW('a'), 80_000n);
    stage.server.faults.set('a', { isDeaf: true });
    load('b').claims = [claimOf('car-b2', 'b', 80_000n, { urgency: 'urgent' })];
    for (let second = 0; second < 9; second += 1) {
      await stage.step();
      assert.ok(takenW() <= 100_000n, `${takenW()} W in second ${second}`);
    }
    assert.equal(stage.plant.takesW('b'), 80_000n);
    stage.server.faults.delete('a');
  });

  it('never exceeds the limit after a fall, whatever was told before it', async () => {
    await stage.step();
    load('a').claims = [claimOf('car-a3', 'a', 90_000n, { urgency: 'urgent' })];
    load('b').claims = [claimOf('car-b3', 'b', 90_000n)];
    await stage.step();
    stage.server.faults.set('a', { isSilent: true });
    await stage.startAnew();
    for (let second = 0; second < 4; second += 1) {
      await stage.step();
      assert.ok(takenW() <= 100_000n);
    }
    stage.server.faults.delete('a');
  });

  it('trips after the tolerance when measured power is above the budget, makes all loads safe, and stays so', async () => {
    load('a').stubbornW = 150_000n;
    const states: string[] = [];
    for (let second = 0; second < 5; second += 1) {
      await stage.step();
      states.push((await stage.view()).guard.state);
    }
    assert.deepEqual(states, ['watching', 'watching', 'watching', 'tripped', 'tripped']);
    assert.equal(takenW(), 0n);
    const { guard } = await stage.view();
    assert.deepEqual(
      [guard.trip?.cause, guard.trip?.of, guard.trip?.budgetW, guard.unsafeLoads],
      ['OVER_BUDGET', 'connection', 100_000n, []],
    );
    await stage.startAnew();
    await stage.step();
    assert.equal((await stage.view()).guard.state, 'tripped');
    assert.equal(takenW(), 0n);
  });

  it('gives power again after an operator reset it and confirmed that', async () => {
    await resetGuard('reset-1');
    await stage.step();
    assert.equal(takenW(), 100_000n);
    const { events } = siteEvents.parse((await stage.ask('GET', EVENTS)).body);
    assert.deepEqual(
      events
        .map(({ kind }) => kind)
        .filter((kind) => kind !== 'start')
        .slice(0, 3)
        .sort(),
      ['change', 'reset', 'trip'],
    );
  });

  it('trips when nobody measures for too long', async () => {
    for (const id of ['a', 'grid']) stage.server.faults.set(id, { isSilent: true });
    for (let second = 0; second < 5; second += 1) await stage.step();
    assert.equal((await stage.view()).guard.trip?.cause, 'BLIND');
    stage.server.faults.clear();
    await stage.step();
    await resetGuard('reset-2');
  });

  it('takes a lower limit at once, a higher one with a confirmation alone, and none above what is built', async () => {
    const version = async () => (await stage.view()).settings.version;
    const limit = (totalW: string) => ({ limits: { site: { hard: { totalW } } } });
    const lower = { fromVersion: await version(), ...limit('40000') };
    assert.equal((await stage.change('limit-1', lower)).outcome, 'applied');
    await stage.step();
    assert.equal(takenW(), 40_000n);
    const old = await stage.ask('PUT', '/operator/v1/sites/s1/changes/limit-2', lower);
    assert.equal(old.status, 409);
    const higher = { fromVersion: await version(), ...limit('900000') };
    const asked = await stage.change('limit-3', higher);
    assert.ok(asked.outcome === 'confirm');
    await stage.change('limit-3', { ...higher, confirmation: asked.confirmation });
    await stage.step();
    assert.equal(takenW(), 100_000n);
    assert.equal((await stage.view()).nodes[0]?.limitW, 100_000n);
  });
});

describe('a guard whose journal gives no answer', () => {
  it('makes loads safe without it, and tells it until it has the trip', async () => {
    let nowMs = NOW;
    const plant = new Plant(() => nowMs);
    plant.addLoad({ loadId: 'a', aloneW: 0n, claims: [], stubbornW: 9_000n });
    plant.addSource({ source: gridOf(1_000n), isTold: false });
    const told: Trip[] = [];
    let isAway = true;
    let faults = 0;
    const guard = new Guard({
      loads: [
        {
          loadId: 'a',
          read: () => Promise.resolve(plant.readLoad('a')),
          grant: () => Promise.resolve(),
          makeSafe: async () => {
            await Promise.resolve();
            plant.makeSafe('a');
          },
          close: () => Promise.resolve(),
        },
      ],
      sources: [
        {
          sourceId: 'grid',
          read: () => Promise.resolve(plant.readSource('grid')),
          close: () => Promise.resolve(),
        },
      ],
      spec: { everyMs: 1_000, toleranceMs: 1_000, marginPermille: 0n, blindMs: 5_000, coolDownMs: undefined },
      times: { tickMs: 1_000, readMs: 50, tellMs: 50, grantMs: 5_000, slackMs: 1_000 },
      connectionW: () => undefined,
      keepTrip: (trip) => {
        told.push(trip);
        return isAway ? new Promise(() => undefined) : Promise.resolve();
      },
      keepReset: () => Promise.resolve(),
      onFault: () => {
        faults += 1;
      },
      nowMs: () => nowMs,
    });
    const look = async (): Promise<void> => {
      nowMs += 1_000;
      await guard.look();
    };
    await look();
    await look();
    assert.deepEqual([guard.isTripped, plant.takesW('a'), told.length, faults], [true, 0n, 1, 1]);
    isAway = false;
    await look();
    await look();
    assert.deepEqual([told.length, faults, new Set(told).size], [2, 1, 1]);
  });
});
