import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startAgent, type RunningAgent } from '@roamgrid/compute-agent';
import { CONTROLLER, makeNeighbours, primesProgram, type Neighbours } from '@roamgrid/compute-agent/samples';
import { allocate, growTree, VEHICLES_FIRST, type Claim } from '@roamgrid/domain/power';
import { jobStatus, type CabinetEvent, type jobOrder, type JobOrder, type JobStatus } from '@roamgrid/wire';
import type { z } from 'zod';
import { AdapterError, type LoadAdapter, type LoadReading } from '../adapter.ts';
import { createServerCabinet } from './server-cabinet.ts';

const LONG = ['99999999', '0'];

describe('a cabinet of servers as a load', () => {
  let folder: string;
  let neighbours: Neighbours;
  let agent: RunningAgent;
  let cabinet: LoadAdapter;
  const heard: CabinetEvent[] = [];
  let takes = true;
  let signal: AbortSignal;
  beforeEach(() => {
    signal = AbortSignal.timeout(30_000);
  });

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'server-cabinet-'));
    const programs = [
      primesProgram(),
      primesProgram({ name: 'critical', isCritical: true, runningW: '40', coreW: '20' }),
    ];
    neighbours = await makeNeighbours({
      folder,
      cabinetIds: ['s1'],
      changes: { programs, cabinet: { badgeMs: 50 } },
    });
    agent = await startAgent(neighbours.settingsOf('s1'));
    cabinet = createServerCabinet({
      loadId: 'servers',
      nodeId: 'rack',
      cabinetId: 's1',
      url: agent.url,
      identity: await neighbours.identityOf(CONTROLLER),
      nowMs: Date.now,
      onRefused: () => undefined,
      onEvent: (event) => {
        if (!takes) return Promise.reject(new Error('the store is away'));
        heard.push(event);
        return Promise.resolve();
      },
    });
  });
  after(async () => {
    await cabinet.close();
    await agent.closeWith('end');
    rmSync(folder, { recursive: true });
  });

  const tell = async (body: z.input<typeof jobOrder>): Promise<void> => {
    const client = await neighbours.ask(CONTROLLER, 's1');
    const told = await client.ask({
      method: 'POST',
      path: '/v1/jobs',
      body,
      answer: jobStatus,
      timeoutMs: 5_000,
    });
    await client.close();
    assert.equal(told.ok, true);
  };
  const stateOf = async (jobId: JobOrder['jobId']): Promise<JobStatus['state'] | undefined> => {
    const client = await neighbours.ask(CONTROLLER, 's1');
    const asked = await client.ask({
      method: 'GET',
      path: `/v1/jobs/${jobId}`,
      answer: jobStatus,
      timeoutMs: 5_000,
    });
    await client.close();
    return asked.ok ? asked.value.state : undefined;
  };
  const comesTo = async (jobId: string, state: JobStatus['state']): Promise<void> => {
    for (let tries = 0; (await stateOf(jobId)) !== state; tries += 1) {
      assert.ok(tries < 100, `${jobId} did not come to be ${state}`);
      await sleep(30);
    }
  };
  const claimOf = ({ claims }: LoadReading, claimId: string): Claim | undefined =>
    claims.find((claim) => claim.claimId === claimId);
  const order = (claimId: string, watts: bigint, forMs = 60_000) => ({
    claimId,
    watts,
    laneW: [watts],
    lapsesAtMs: Date.now() + forMs,
  });

  it('asks for what its jobs can take, by how much they matter', async () => {
    const deadlineMs = Date.now() + 3_600_000;
    await tell({ jobId: 'bulk', program: 'primes', arguments: LONG, kind: 'peripheral' });
    await tell({ jobId: 'now', program: 'primes', arguments: LONG, kind: 'urgent', deadlineMs, priority: 1 });
    await tell({ jobId: 'guard', program: 'critical', arguments: LONG, kind: 'time-sensitive' });
    const reading = await cabinet.read(signal);
    const ordinary = claimOf(reading, 'servers');
    assert.deepEqual(
      [ordinary?.minW, ordinary?.maxW, ordinary?.standbyW, ordinary?.criticalW, ordinary?.urgency],
      [20n, 120n, 20n, 20n, 'ordinary'],
    );
    const urgent = claimOf(reading, 'servers:urgent');
    assert.deepEqual([urgent?.minW, urgent?.maxW, urgent?.urgency], [100n, 100n, 'urgent']);
    assert.deepEqual([urgent?.deadlineMs, urgent?.priority], [deadlineMs, 1]);
    const high = claimOf(reading, 'servers:high');
    assert.deepEqual(
      [high?.maxW, high?.criticalW, high?.preemptible, high?.urgency],
      [40n, 40n, false, 'high'],
    );
    for (const claim of reading.claims) assert.deepEqual([claim.kind, claim.nodeId], ['compute', 'rack']);
    assert.equal(reading.facts?.['state'], 'standby');
  });

  it('runs what the power core divides, and gives way to a fast charge', async () => {
    const grown = growTree(
      [
        { nodeId: 'site', kind: 'connection', hard: { totalW: 1_000n } },
        { nodeId: 'rack', kind: 'feeder', parentId: 'site' },
      ],
      { volts: 240n, lanes: 1 },
    );
    assert.ok(grown.ok);
    const divide = async (charges: readonly Claim[], availableW: bigint): Promise<void> => {
      const { claims } = await cabinet.read(signal);
      const state = {
        tree: grown.value,
        sources: [{ sourceId: 'grid', kind: 'grid' as const, nodeId: 'site', availableW }],
        claims: [...claims, ...charges],
        signals: {},
        policy: VEHICLES_FIRST,
        tickMs: 60_000,
      };
      const { grants } = allocate(state, Date.now());
      const orders = grants.filter(({ claimId }) => claimId.startsWith('servers'));
      await cabinet.grant(
        orders.map(({ claimId, grantedW: watts, laneW }) => ({
          ...{ claimId, watts, laneW },
          lapsesAtMs: Date.now() + 60_000,
        })),
        signal,
      );
    };
    await divide([], 260n);
    for (const jobId of ['bulk', 'now', 'guard']) await comesTo(jobId, 'running');
    const charge: Claim = {
      ...{ claimId: 'car', kind: 'charge', nodeId: 'site', minW: 0n, maxW: 100n, arrivedMs: Date.now() },
      urgency: 'urgent',
    };
    await divide([charge], 260n);
    await comesTo('bulk', 'held');
    await comesTo('now', 'running');
    await divide([], 260n);
    await comesTo('bulk', 'running');
  });

  it('goes to standby when it is made safe, and comes back by a grant', async () => {
    await cabinet.grant(
      [order('servers', 120n), order('servers:urgent', 100n), order('servers:high', 40n)],
      signal,
    );
    for (const jobId of ['bulk', 'now', 'guard']) await comesTo(jobId, 'running');
    await cabinet.makeSafe(signal);
    for (const jobId of ['bulk', 'now', 'guard']) await comesTo(jobId, 'held');
    assert.equal((await cabinet.read(signal)).facts?.['grantedW'], '20');
    await cabinet.grant([order('servers:high', 40n), order('servers', 20n)], signal);
    await comesTo('guard', 'running');
    assert.equal(await stateOf('now'), 'held');
    assert.equal((await cabinet.read(signal)).facts?.['state'], 'critical-only');
  });

  it('falls back by itself when it is not told anew, and claims that are not named keep what they have', async () => {
    await cabinet.grant([order('servers', 120n)], signal);
    await cabinet.grant([order('servers:high', 40n, 500)], signal);
    await comesTo('guard', 'running');
    await comesTo('guard', 'held');
    assert.equal(await stateOf('bulk'), 'running');
    await cabinet.grant([order('servers', 120n, 300), order('another', 1_000n)], signal);
    await comesTo('bulk', 'held');
  });

  it('tells each anomaly once, also one that could not be taken at first', async () => {
    const door = await neighbours.ask({ role: 'sensor', id: 's1-door' }, 's1');
    const say = (body: unknown) => door.ask({ method: 'PUT', path: '/v1/sensor', body, timeoutMs: 5_000 });
    takes = false;
    assert.equal((await say({ door: 'open' })).ok, true);
    await sleep(300);
    const untold = await cabinet.read(signal);
    assert.equal(untold.facts?.['eventsUntold'], 'the store is away');
    assert.equal(untold.facts['anomalies'], 'DOOR_WITHOUT_BADGE');
    takes = true;
    for (let again = 0; again < 3; again += 1) {
      await say({ door: 'open' });
      assert.equal((await cabinet.read(signal)).facts?.['anomalies'], 'DOOR_WITHOUT_BADGE');
    }
    assert.deepEqual(
      heard.map(({ code, cabinetId }) => [code, cabinetId]),
      [['DOOR_WITHOUT_BADGE', 's1']],
    );
    await door.close();
  });

  it('says what is wrong when the cabinet is away, and when another one answers in its place', async () => {
    const identity = await neighbours.identityOf(CONTROLLER);
    const shared = { loadId: 'x', nodeId: 'rack', nowMs: Date.now, onRefused: () => undefined, identity };
    const away = createServerCabinet({ ...shared, cabinetId: 's1', url: 'https://localhost:9' });
    const other = createServerCabinet({ ...shared, cabinetId: 's2', url: agent.url });
    for (const each of [away, other]) {
      await assert.rejects(
        each.read(signal),
        (thrown) => thrown instanceof AdapterError && thrown.code === 'UNREACHABLE',
      );
      await each.close();
    }
  });
});
