import assert from 'node:assert/strict';
import {
  growTree,
  SERVERS_FIRST,
  VEHICLES_FIRST,
  VEHICLES_FIRST_SHARING,
  type Claim,
  type PowerNode,
} from '@roamgrid/domain/power';
import { unwrap } from '@roamgrid/domain';
import { AdapterError, type GrantOrder, type LoadAdapter, type SourceAdapter } from '../adapters/adapter.ts';
import { Plant } from '../adapters/http/simulator/plant.ts';
import { seededChance } from '@roamgrid/domain/chance';
import { claimOf, NOW, SITE_SOURCES } from '../stage/stage.ts';
import type { Order } from './commitments.ts';
import type { SiteSettings } from './settings.ts';
import type { SiteSpec } from './spec.ts';
import { Ticker } from './ticker.ts';

/** `ROAMGRID_SITE_STEPS=1000000` for the long run, `ROAMGRID_LAWS_SEED` for another path. */
const STEPS = Number(process.env['ROAMGRID_SITE_STEPS'] ?? 600);
const SEED = Number(process.env['ROAMGRID_LAWS_SEED'] ?? 1);

const NODES: readonly PowerNode[] = [
  { nodeId: 'site', kind: 'connection', hard: { totalW: 450_000n } },
  { nodeId: 'feeder', kind: 'feeder', parentId: 'site', hard: { totalW: 400_000n } },
  { nodeId: 'outlet-1', kind: 'outlet', parentId: 'feeder' },
  { nodeId: 'outlet-2', kind: 'outlet', parentId: 'feeder', hard: { totalW: 350_000n } },
  { nodeId: 'cabinet', kind: 'circuit', parentId: 'site' },
];
const LOADS = [
  { loadId: 'l1', nodeId: 'outlet-1', aloneW: 4_000n },
  { loadId: 'l2', nodeId: 'outlet-2', aloneW: 0n },
  { loadId: 'servers', nodeId: 'cabinet', aloneW: 10_000n },
];
const ALONE_W = LOADS.reduce((sum, { aloneW }) => sum + aloneW, 0n);
const TIMES = { tickMs: 1_000, readMs: 50, tellMs: 50, grantMs: 10_000, slackMs: 1_000 };
/** A source that has less and does not tell it is believed for so long, and then whoever cannot be told keeps what it has. */
const STALE_MS = 5_000;
const SETTLES_MS = STALE_MS + TIMES.grantMs + 2 * TIMES.slackMs + 2 * TIMES.tickMs;
const SPEC: SiteSpec = {
  ...{ siteId: 's1', volts: 240n, lanes: 1, nodes: NODES, loads: LOADS, times: TIMES, planning: undefined },
  sources: SITE_SOURCES.map(({ source: { sourceId } }) => ({ sourceId, staleAfterMs: STALE_MS })),
  guard: { everyMs: 1_000, toleranceMs: 1_000, marginPermille: 0n, blindMs: 5_000, coolDownMs: undefined },
};

/** How a device treats what it is told. */
type Manner = 'obeys' | 'loses-order' | 'loses-answer' | 'late' | 'refuses' | 'silent';
const MANNERS: readonly Manner[] = ['obeys', 'loses-order', 'loses-answer', 'late', 'refuses', 'silent'];

describe('any sequence of requests, releases, outages, failures and falls', function () {
  this.timeout(0);

  it(`never lets devices take more than limits and sources allow, in ${STEPS} steps`, async () => {
    const chance = seededChance(SEED);
    /** A whole number below `below`. */
    const next = (below: number): number => Math.floor(chance() * below);
    let nowMs = NOW;
    const plant = new Plant(() => nowMs);
    for (const source of SITE_SOURCES) plant.addSource({ ...source });
    for (const { loadId, aloneW } of LOADS) plant.addLoad({ loadId, aloneW, claims: [] });
    const tree = unwrap(growTree(NODES, { volts: 240n, lanes: 1 }));

    const manners = new Map<string, Manner>();
    const late: { atMs: number; loadId: string; orders: readonly GrantOrder[] }[] = [];
    const unreachable = (): never => {
      throw new AdapterError('UNREACHABLE', 'no answer');
    };
    const arriveLate = (): void => {
      for (const one of late.splice(0)) {
        if (one.atMs > nowMs) late.push(one);
        else plant.grant(one.loadId, one.orders);
      }
    };
    let isFalling = false;
    let told = 0;
    /** What is really taken and given at this instant, after each single order. */
    const check = (): void => {
      told += 1;
      if (nowMs < settlesAtMs) return;
      const usedW = new Map<number, bigint>();
      for (const { loadId, nodeId } of LOADS)
        for (const index of tree.byId.get(nodeId)?.path ?? [])
          usedW.set(index, (usedW.get(index) ?? 0n) + plant.takesW(loadId));
      const where = `step ${step}, seed ${SEED}`;
      const hereW = plant.givesW('sun') + plant.givesW('battery');
      for (const { node, index, parent, hardTotalW } of tree.nodes) {
        const flowW = (usedW.get(index) ?? 0n) - (parent === -1 ? hereW : 0n);
        assert.ok(flowW <= hardTotalW, `${node.nodeId} at ${flowW} of ${hardTotalW} W, ${where}`);
      }
      for (const [sourceId, { source }] of plant.sources) {
        const outW = plant.givesW(sourceId);
        assert.ok(outW <= source.availableW, `${sourceId} at ${outW} of ${source.availableW} W, ${where}`);
      }
    };
    let settlesAtMs = 0;
    const tell = (id: string, apply: () => void): Promise<void> => {
      if (isFalling && next(2) === 0) throw new Error('the process fell');
      switch (manners.get(id) ?? 'obeys') {
        case 'obeys':
          apply();
          check();
          return Promise.resolve();
        case 'loses-answer':
          apply();
          check();
          return unreachable();
        case 'refuses':
          throw new AdapterError('REFUSED', 'not now');
        case 'late':
        case 'loses-order':
        case 'silent':
          return unreachable();
      }
    };
    const loads = LOADS.map(({ loadId }): LoadAdapter => ({
      loadId,
      read: () =>
        manners.get(loadId) === 'silent' ? unreachable() : Promise.resolve(plant.readLoad(loadId)),
      async grant(orders) {
        if (manners.get(loadId) === 'late') late.push({ atMs: nowMs + 1_000 * next(12), loadId, orders });
        await tell(loadId, () => {
          plant.grant(loadId, orders);
        });
      },
      makeSafe: () => {
        plant.makeSafe(loadId);
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    }));
    const sources = SITE_SOURCES.map(({ source: { sourceId }, isTold }): SourceAdapter => ({
      sourceId,
      read: () =>
        manners.get(sourceId) === 'silent' ? unreachable() : Promise.resolve(plant.readSource(sourceId)),
      ...(isTold && {
        setW: (order: { readonly watts: bigint; readonly lapsesAtMs: number }) =>
          tell(sourceId, () => {
            plant.setW(sourceId, order);
          }),
      }),
      close: () => Promise.resolve(),
    }));

    let kept: readonly Order[] = [];
    const journal = {
      keep: (_atMs: number, orders: readonly Order[]): Promise<void> => {
        if (isFalling && next(3) === 0) throw new Error('the process fell');
        kept = structuredClone(orders);
        return Promise.resolve();
      },
    };
    const start = (): Ticker =>
      new Ticker({ spec: SPEC, loads, sources, journal, nowMs: () => nowMs, orders: kept });
    let ticker = start();
    const policies = [VEHICLES_FIRST, VEHICLES_FIRST_SHARING, SERVERS_FIRST];
    let settings: SiteSettings = {
      version: 1,
      policy: VEHICLES_FIRST,
      limits: {},
      priorities: {},
      signals: {},
    };
    let step = 0;
    let falls = 0;
    let served = 0;
    for (; step < STEPS; step += 1) {
      nowMs += 1_000;
      arriveLate();
      const { loadId = 'l1', nodeId = 'outlet-1' } = LOADS[next(LOADS.length)] ?? {};
      const load = plant.loads.get(loadId);
      assert.ok(load);
      const what = next(20);
      plant.settle();
      if (what < 7) {
        const request: Claim = claimOf(`c${step}`, nodeId, BigInt(next(500_000)), {
          kind: loadId === 'servers' ? 'compute' : 'charge',
          minW: BigInt(next(3) * 5_000),
          urgency: (['ordinary', 'ordinary', 'high', 'urgent'] as const)[next(4)] ?? 'ordinary',
          preemptible: next(4) > 0,
          arrivedMs: nowMs,
        });
        load.claims = [...load.claims, request].slice(-3);
      } else if (what < 11) load.claims = load.claims.slice(1);
      else if (what === 11) settings = { ...settings, policy: policies[next(3)] ?? VEHICLES_FIRST };
      else if (what === 12) {
        // A source has less or more: what is taken follows within a tick of everybody who can be told.
        const [sourceId, most] = (
          [
            ['grid', 500_000],
            ['sun', 155_000],
            ['battery', 100_000],
          ] as const
        )[next(3)] ?? ['grid', 500_000];
        const one = plant.sources.get(sourceId);
        assert.ok(one);
        // What loads take alone, when nobody can be told anything, is always there.
        const leastW = sourceId === 'grid' ? ALONE_W : 0n;
        const restW = next(4) === 0 ? 0n : BigInt(next(most - 14_000));
        one.source = { ...one.source, availableW: leastW + restW };
        settlesAtMs = nowMs + SETTLES_MS;
      } else if (what < 17) {
        const id = ['l1', 'l2', 'servers', 'battery', 'grid', 'sun'][next(6)] ?? 'l1';
        manners.set(id, next(2) === 0 ? 'obeys' : (MANNERS[next(MANNERS.length)] ?? 'obeys'));
      }
      isFalling = next(25) === 0;
      try {
        await ticker.tick({
          settings,
          kept: [],
          connectionW: undefined,
          untilMs: undefined,
          isTripped: () => false,
        });
      } catch (thrown) {
        if (!isFalling) throw thrown;
      }
      if (isFalling) {
        falls += 1;
        isFalling = false;
        ticker = start();
      }
      check();
      const counted = ticker.counted().reduce((sum, { laneW }) => sum + (laneW[0] ?? 0n), 0n);
      assert.ok(counted >= 0n);
      if (plant.takesW('l1') > 0n) served += 1;
    }
    assert.ok(told > STEPS && falls > 0 && served > STEPS / 20, `${told} ${falls} ${served}`);
  });
});
