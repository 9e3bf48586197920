import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startAgent, type RunningAgent } from '@roamgrid/compute-agent';
import { CONTROLLER, makeNeighbours, type Neighbours } from '@roamgrid/compute-agent/samples';
import { SESSION_ID } from '@roamgrid/station-kit/testing';
import { jobStatus } from '@roamgrid/wire';
import { startChargingOutlet, type ChargingOutlet } from '../adapters/testing/charging-outlet.ts';
import { ManualClock } from '../adapters/testing/manual-clock.ts';
import { SitePhysics } from '../adapters/modbus/simulator/site-physics.ts';
import { serveSite, type SiteServers } from '../adapters/modbus/simulator/site-servers.ts';
import { NOW, startStage, type Stage } from '../stage/stage.ts';

const SECRET = 'the-controller-of-this-site-is-known-by-it';
const CALL_MS = 5_000;

describe('a site of an own station’s outlet, a cabinet of servers and a meter by Modbus', function () {
  this.timeout(30_000);
  const folder = mkdtempSync(join(tmpdir(), 'adapter-kinds-'));
  const clock = new ManualClock(NOW);
  const physics = new SitePhysics(
    { gridW: 50_000n, sunPeakW: 0n, batteryW: 0n, batteryCapacityWh: 1n, batteryStoredWh: 0n },
    NOW,
  );
  let neighbours: Neighbours;
  let agent: RunningAgent;
  let station: ChargingOutlet;
  let feeds: SiteServers;
  let stage: Stage;

  before(async () => {
    neighbours = await makeNeighbours({ folder, cabinetIds: ['s1'] });
    agent = await startAgent(neighbours.settingsOf('s1'));
    station = await startChargingOutlet(clock, SECRET);
    await station.begin();
    feeds = await serveSite(physics);
    const meter = { kind: 'modbus', sourceKind: 'grid', host: '127.0.0.1', port: feeds.ports.meter } as const;
    const identity = await neighbours.identityOf(CONTROLLER);
    stage = await startStage({
      nodes: [
        { nodeId: 'site', kind: 'connection' },
        { nodeId: 'outlet', kind: 'outlet', parentId: 'site' },
        { nodeId: 'rack', kind: 'circuit', parentId: 'site' },
      ],
      ...{ sources: [], loads: [] },
      site: {
        policyId: 'site-servers-first',
        guard: { toleranceMs: 1_000 },
        sources: [
          {
            ...{ sourceId: 'grid', nodeId: 'site', staleAfterMs: 5_000 },
            adapter: { ...meter, device: 'sunspec-meter', mostW: '50000' },
          },
        ],
        loads: [
          {
            ...{ loadId: 'outlet', nodeId: 'outlet', aloneW: '11000' },
            adapter: { kind: 'outlet', url: station.url, secret: SECRET },
          },
          {
            ...{ loadId: 'servers', nodeId: 'rack', aloneW: '20' },
            adapter: { kind: 'servers', cabinetId: 's1', url: agent.url, identity },
          },
        ],
      },
    });
  });
  after(async () => {
    await stage.close();
    await feeds.close();
    await station.close();
    await agent.closeWith('end');
    rmSync(folder, { recursive: true });
  });

  const step = async (): Promise<void> => {
    clock.moveTo(stage.nowMs() + 1_000);
    await stage.step();
  };
  const ask = async (method: 'GET' | 'POST', path: string, body?: unknown) => {
    const client = await neighbours.ask(CONTROLLER, 's1');
    const asked = await client.ask({ method, path, body, answer: jobStatus, timeoutMs: CALL_MS });
    await client.close();
    assert.ok(asked.ok, asked.ok ? '' : asked.failure.kind);
    return asked.value.state;
  };
  const comesTo = async (state: string): Promise<void> => {
    for (let tries = 0; (await ask('GET', '/v1/jobs/bulk')) !== state; tries += 1) {
      assert.ok(tries < 100, `the job did not come to be ${state}`);
      await sleep(30);
    }
  };
  const loadsOf = async () => {
    const { loads } = await stage.view();
    return Object.fromEntries(loads.map((load) => [load.loadId, load]));
  };

  it('gives the car what the servers leave, each by its own protocol', async () => {
    await ask('POST', '/v1/jobs', {
      ...{ jobId: 'bulk', program: 'primes', arguments: ['99999999', '0'], kind: 'peripheral' },
    });
    await step();
    await step();
    await comesTo('running');
    const { outlet, servers } = await loadsOf();
    assert.deepEqual(
      outlet?.claims.map(({ claimId, grantedW }) => [claimId, grantedW]),
      [[SESSION_ID, 49_880n]],
    );
    assert.deepEqual(
      servers?.claims.map(({ claimId, grantedW }) => [claimId, grantedW]),
      [['servers', 120n]],
    );
    await step();
    assert.equal((await loadsOf())['outlet']?.measuredW, 49_880n);
  });

  it('uses no meter that was silent for as long as the site says', async () => {
    await feeds.close();
    for (let second = 0; second < 7; second += 1) await step();
    const { sources } = await stage.view();
    assert.deepEqual(
      sources.map(({ sourceId, state, shareW, reasons }) => [sourceId, state, shareW, reasons[0]?.code]),
      [['grid', 'silent', 0n, 'STALE']],
    );
    feeds = await serveSite(physics, feeds.ports);
    await step();
    assert.equal((await loadsOf())['outlet']?.claims[0]?.grantedW, 49_880n);
  });

  it('makes all of them safe, by its own clock, when the meter is above what is agreed', async () => {
    physics.loadW = 60_000n;
    const look = async (): Promise<void> => {
      stage.pass(1_000);
      clock.moveTo(stage.nowMs());
      await stage.controller.sites.get('s1')?.guard.look();
    };
    await look();
    await look();
    const { guard } = await stage.view();
    assert.deepEqual([guard.state, guard.trip?.of, guard.unsafeLoads], ['tripped', 'grid', []]);
    await comesTo('held');
    assert.equal(station.outlet.state.screen, 'charging');
    await step();
    assert.equal((await loadsOf())['outlet']?.measuredW, 0n);
  });
});
