import type { Policy } from '@roamgrid/domain/power';
import { AdapterError, type LoadAdapter } from '../adapters/adapter.ts';
import { Plant } from '../adapters/http/simulator/plant.ts';
import { claimOf, gridOf, NOW } from '../stage/stage.ts';
import type { Order } from './commitments.ts';
import type { SiteSpec } from './spec.ts';
import { Ticker } from './ticker.ts';

/** How a load treats what it is told: it does so, says no, or does so and nobody hears it. */
export type Manner = 'obeys' | 'refuses' | 'unheard';

/** A site on one grid, each load in a place of its own, and the controller that ticks there. */
export class OneGrid {
  readonly plant: Plant;
  readonly manners = new Map<string, Manner>();
  /** The most that was taken of the grid, after any single order and any tick. */
  mostW = 0n;
  #nowMs = NOW;
  #kept: readonly Order[] = [];
  #ticker: Ticker;
  readonly #spec: SiteSpec;

  constructor(gridW: bigint, loads: SiteSpec['loads']) {
    this.#spec = {
      ...{ siteId: 's1', volts: 240n, lanes: 1, loads, planning: undefined },
      nodes: [
        { nodeId: 'site', kind: 'connection' },
        ...loads.map(({ nodeId }) => ({ nodeId, kind: 'outlet' as const, parentId: 'site' })),
      ],
      times: { tickMs: 1_000, readMs: 50, tellMs: 50, grantMs: 10_000, slackMs: 1_000 },
      sources: [{ sourceId: 'grid', staleAfterMs: 5_000 }],
      guard: {
        everyMs: 1_000,
        toleranceMs: 1_000,
        marginPermille: 0n,
        blindMs: 5_000,
        coolDownMs: undefined,
      },
    };
    this.plant = new Plant(() => this.#nowMs);
    this.plant.addSource({ source: gridOf(gridW), isTold: false });
    for (const { loadId, aloneW } of loads) this.plant.addLoad({ loadId, aloneW, claims: [] });
    this.#ticker = this.#start();
  }

  /** A load asks for something, or for nothing any more. */
  claim(loadId: string, ...claims: Parameters<typeof claimOf>[]): void {
    const load = this.plant.loads.get(loadId);
    if (load === undefined) throw new Error(`no load ${loadId}`);
    load.claims = claims.map((claim) => claimOf(...claim));
  }

  /** The controller starts again, with what it kept. */
  startAgain(): void {
    this.#ticker = this.#start();
  }

  async live(ticks: number, policy: Policy): Promise<void> {
    for (let at = 0; at < ticks; at += 1) {
      await this.#ticker.tick({
        settings: { version: 1, policy, limits: {}, priorities: {}, signals: {} },
        ...{ kept: [], connectionW: undefined, untilMs: undefined, isTripped: () => false },
      });
      this.#nowMs += 1_000;
      this.#look();
    }
  }

  #look(): void {
    const takenW = this.plant.givesW('grid');
    if (takenW > this.mostW) this.mostW = takenW;
  }

  #start(): Ticker {
    return new Ticker({
      spec: this.#spec,
      loads: this.#spec.loads.map(({ loadId }) => this.#load(loadId)),
      sources: [
        {
          sourceId: 'grid',
          read: () => Promise.resolve(this.plant.readSource('grid')),
          close: () => Promise.resolve(),
        },
      ],
      journal: {
        keep: (_atMs, orders) => {
          this.#kept = structuredClone(orders);
          return Promise.resolve();
        },
      },
      nowMs: () => this.#nowMs,
      orders: this.#kept,
    });
  }

  #load(loadId: string): LoadAdapter {
    return {
      loadId,
      read: () => Promise.resolve(this.plant.readLoad(loadId)),
      grant: (orders) => {
        const manner = this.manners.get(loadId);
        if (manner === 'refuses') throw new AdapterError('REFUSED', 'not now');
        this.plant.grant(loadId, orders);
        this.#look();
        if (manner === 'unheard') throw new AdapterError('UNREACHABLE', 'no answer');
        return Promise.resolve();
      },
      makeSafe: () => Promise.resolve(),
      close: () => Promise.resolve(),
    };
  }
}
