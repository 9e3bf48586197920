import { allocate, PLAIN_POLICY, type Allocation, type PowerState } from '@roamgrid/domain/power';
import type { LoadAdapter, SourceAdapter } from '../adapters/adapter.ts';
import { Commitments, type Order } from './commitments.ts';
import type { Decision } from './decision.ts';
import { hearAll, NOTHING_HEARD, type Heard } from './heard.ts';
import {
  aloneIn,
  isAlone,
  liveClaims,
  pinsOf,
  stateOf,
  type KeptClaim,
  type LiveClaim,
  type Scene,
} from './scene.ts';
import { treeOf, type SiteSettings } from './settings.ts';
import type { SiteSpec } from './spec.ts';
import { tellGone, tellLoads } from './tell.ts';
import { higherW, isAboveW, lowerW, sumW } from './watts.ts';
import { SourceOrders } from './source-orders.ts';
import { silentOf } from './told.ts';

/** Where orders stand before anybody is told them. */
export interface OrderJournal {
  /** @throws when it is not kept: then nobody is told. */
  keep(atMs: number, orders: readonly Order[]): Promise<void>;
}

/** What may change from tick to tick. */
export interface TickInputs {
  readonly settings: SiteSettings;
  readonly kept: readonly KeptClaim[];
  /** Of the cloud's word or the local rule, W. */
  readonly connectionW: bigint | undefined;
  /** Nobody is told anything for longer, ms: then the connection's limit may be a lower one. */
  readonly untilMs: number | undefined;
  /** The guard has tripped: nobody is told anything, also when it does so in the middle of a tick. */
  readonly isTripped: () => boolean;
  /** What is decided on, where somebody knows more of it than devices and operators say. */
  readonly adapt?: (state: PowerState, nowMs: number) => PowerState;
}

export interface TickerParts {
  readonly spec: SiteSpec;
  readonly loads: readonly LoadAdapter[];
  readonly sources: readonly SourceAdapter[];
  readonly journal: OrderJournal;
  readonly nowMs: () => number;
  readonly decide?: (state: PowerState, nowMs: number) => Allocation;
  /** As kept before. */
  readonly orders?: readonly Order[];
}

/** Whoever does not confirm changes what others may have; more often than this within a tick nothing is raised. */
const MAX_PASSES = 4;

const LIMITS_ALONE = { ...PLAIN_POLICY, policyId: 'limits-alone' };

/**
 * Decides and tells, tick by tick. What devices may be taking is never above the limits while a decision goes out: sources confirm what
 * they are to give first, then loads are lowered, then what those that did not confirm may be taking is counted again, and only what is
 * left is raised. Orders are kept before they are told.
 */
export class Ticker {
  readonly #parts: TickerParts;
  readonly #loads: ReadonlyMap<string, LoadAdapter>;
  readonly #commitments: Commitments;
  readonly #sourceOrders: SourceOrders;
  #heard: Heard = NOTHING_HEARD;
  /** Loads that did not confirm what they were told in the last tick. */
  #doubted: ReadonlySet<string> = new Set();
  #state: PowerState | undefined;

  constructor(parts: TickerParts) {
    this.#parts = parts;
    this.#loads = new Map(parts.loads.map((load) => [load.loadId, load]));
    this.#commitments = Commitments.restored(parts.orders ?? []);
    this.#sourceOrders = new SourceOrders(parts.sources, parts.spec.times);
  }

  get heard(): Heard {
    return this.#heard;
  }

  /** The state of the last decision. */
  get state(): PowerState | undefined {
    return this.#state;
  }

  /** Most that claims may be taking now by what they were told. */
  counted(): readonly Order[] {
    this.#commitments.expire(this.#parts.nowMs(), this.#parts.spec.times);
    return this.#commitments.counted();
  }

  /** Every order that may be in force. */
  orders(): readonly Order[] {
    return this.#commitments.all();
  }

  async tick({
    settings,
    kept,
    connectionW,
    untilMs = Infinity,
    isTripped,
    adapt,
  }: TickInputs): Promise<Decision> {
    const { spec, loads, sources, nowMs: clock } = this.#parts;
    const { times } = spec;
    this.#heard = await hearAll({ loads, sources }, times.readMs, this.#heard);
    const nowMs = clock();
    this.#commitments.expire(nowMs, times);
    const tree = treeOf(spec, settings.limits, connectionW);
    if (!tree.ok) throw new Error(`${spec.siteId}: ${tree.error.message}`);
    const scene: Scene = {
      ...{ spec, tree: tree.value, settings, heard: this.#heard, kept },
      commitments: this.#commitments,
    };
    const live = liveClaims(scene);
    // Whether another process has taken over is known before any source is told; loads are told after the journal in any case.
    if (sources.some(({ setW }) => setW !== undefined)) await this.#keep([], nowMs);
    if (!isTripped()) await tellGone(this.#loads, this.#gone(live, nowMs), this.#commitments, times.tellMs);
    const held = { loads: new Set<string>(), sources: new Set<string>() };
    const unconfirmed = new Set<string>();
    const isDoubted = ({ loadId }: Order): boolean => this.#doubted.has(loadId);
    let isSettled = false;
    let allocation: Allocation | undefined;
    let targets: readonly Order[] = [];
    for (let pass = 0; pass < MAX_PASSES && !isSettled; pass += 1) {
      const state = stateOf(scene, live, held);
      this.#state = adapt?.(state, nowMs) ?? state;
      allocation = (this.#parts.decide ?? allocate)(this.#state, nowMs);
      if (isTripped()) {
        // Said of what is asked, and given to nobody.
        allocation = { ...allocation, grants: [], discharges: [], holds: [], sourceShares: [], actions: [] };
        break;
      }
      targets = this.#targets(allocation, live, held.loads, nowMs, untilMs);
      const isLast = pass === MAX_PASSES - 1;
      const unsureSources = await this.#sourceOrders.raise(allocation, this.#heard, nowMs, held.sources);
      for (const sourceId of unsureSources) held.sources.add(sourceId);
      if (unsureSources.size > 0 && !isLast) continue;
      // By how much others have to go down depends on those that did not follow before: they are asked first.
      const [doubted, others] = [targets.filter(isDoubted), targets.filter((order) => !isDoubted(order))];
      const unsureLoads = await this.#lower(doubted, nowMs, unconfirmed);
      if (unsureLoads.size === 0 || isLast)
        for (const loadId of await this.#lower(others, nowMs, unconfirmed)) unsureLoads.add(loadId);
      for (const loadId of unsureLoads) held.loads.add(loadId);
      isSettled = unsureLoads.size === 0 && unsureSources.size === 0;
    }
    const fits = !isTripped() && isSettled && this.#fits(targets);
    const unraised = fits ? await this.#raise(targets, nowMs) : new Set<string>();
    if (fits && held.loads.size + unraised.size === 0 && allocation !== undefined)
      await this.#sourceOrders.lower(allocation, nowMs);
    this.#doubted = new Set([...unconfirmed, ...unraised]);
    if (allocation === undefined) throw new Error(`${spec.siteId}: no decision was made`);
    return {
      atMs: nowMs,
      allocation,
      connectionW,
      silentLoads: silentOf(this.#heard.loads, [...held.loads, ...unraised]),
      silentSources: silentOf(this.#heard.sources, held.sources),
      countedW: sumW(this.#commitments.counted().map(({ laneW }) => sumW(laneW))) + aloneIn(this.#state),
      isHeldBack: !isTripped() && !fits,
    };
  }

  /** What each claim that can be told is to have. Those below what their load may take alone keep it longer than others more. */
  #targets(
    { grants }: Allocation,
    live: ReadonlyMap<string, LiveClaim>,
    held: ReadonlySet<string>,
    nowMs: number,
    untilMs: number,
  ): readonly Order[] {
    const { spec } = this.#parts;
    const { grantMs, slackMs } = spec.times;
    const granted = new Map(grants.map((grant) => [grant.claimId, grant.laneW]));
    const aloneOf = new Map(spec.loads.map(({ loadId, aloneW }) => [loadId, aloneW]));
    return [...live.values()].flatMap(({ loadId, claim, isKept }): readonly Order[] => {
      const { claimId, nodeId, kind } = claim;
      if (held.has(loadId) || kind === 'discharge' || kind === 'export') return [];
      const laneW = granted.get(claimId) ?? Array.from({ length: spec.lanes }, () => 0n);
      const isNothing = sumW(laneW) === 0n;
      // A device that has not shown up is told nothing before it has something.
      if (isKept && isNothing && this.#commitments.countedOf(claimId).length === 0) return [];
      const longerMs = sumW(laneW) < (aloneOf.get(loadId) ?? 0n) ? slackMs : 0;
      return [{ claimId, loadId, nodeId, laneW, lapsesAtMs: Math.min(nowMs + grantMs, untilMs) + longerMs }];
    });
  }

  async #keep(orders: readonly Order[], nowMs: number): Promise<void> {
    this.#commitments.tell(orders);
    try {
      await this.#parts.journal.keep(nowMs, this.#commitments.all());
    } catch (thrown) {
      // Nobody was told.
      this.#commitments.refuse(orders);
      throw thrown;
    }
  }

  /**
   * Tells whoever is to have less, also less than what it takes when nobody tells it anything: before others have that, it has to have
   * confirmed that it goes on without.
   * @param unconfirmed takes up the loads that did not confirm
   * @returns these, and the loads that may still hear something earlier
   */
  async #lower(targets: readonly Order[], nowMs: number, unconfirmed: Set<string>): Promise<Set<string>> {
    const { tellMs } = this.#parts.spec.times;
    const below = this.#belowAlone(targets);
    // Whoever was told something may take less than it may alone: for it, more than it was told is no less.
    const wasTold = new Set(this.#commitments.counted().map(({ loadId }) => loadId));
    const lowered = targets.flatMap((order): readonly Order[] => {
      const countedW = this.#commitments.countedOf(order.claimId);
      const lower = { ...order, laneW: lowerW(order.laneW, countedW) };
      if (isAboveW(countedW, order.laneW)) return [lower];
      if (!below.has(order.loadId) || this.#commitments.isTold(order)) return [];
      return [wasTold.has(order.loadId) ? lower : order];
    });
    const unsure = new Set<string>();
    if (lowered.length === 0) return unsure;
    await this.#keep(lowered, nowMs);
    for (const loadId of await tellLoads(this.#loads, lowered, this.#commitments, tellMs)) {
      unsure.add(loadId);
      unconfirmed.add(loadId);
    }
    // What was told before and not confirmed may still arrive.
    for (const { loadId, claimId, laneW } of lowered)
      if (isAboveW(this.#commitments.countedOf(claimId), laneW)) unsure.add(loadId);
    return unsure;
  }

  /** Loads that are to have less than they may take alone. */
  #belowAlone(targets: readonly Order[]): ReadonlySet<string> {
    return new Set(
      this.#parts.spec.loads
        .filter(({ loadId, aloneW }) => {
          const own = targets.filter((order) => order.loadId === loadId);
          return aloneW > sumW(own.map(({ laneW }) => sumW(laneW)));
        })
        .map(({ loadId }) => loadId),
    );
  }

  /** Orders of nothing to claims that their load no longer has. */
  #gone(live: ReadonlyMap<string, LiveClaim>, nowMs: number): readonly Order[] {
    const { grantMs } = this.#parts.spec.times;
    return this.#commitments
      .counted()
      .filter(({ claimId, loadId }) => !live.has(claimId) && this.#heard.loads.get(loadId)?.isFresh === true)
      .map((order) => ({ ...order, laneW: order.laneW.map(() => 0n), lapsesAtMs: nowMs + grantMs }));
  }

  /**
   * Whether the raising keeps every limit, worked out from all that may be taken by the limits alone: the last word before anybody is
   * raised. Where a silent device is above a limit by itself, others elsewhere still have theirs.
   */
  #fits(targets: readonly Order[]): boolean {
    const before = new Map(this.#commitments.counted().map((order) => [order.claimId, order]));
    const after = new Map(before);
    for (const order of targets) {
      const laneW = higherW(order.laneW, before.get(order.claimId)?.laneW ?? []);
      after.set(order.claimId, { ...order, laneW });
    }
    const missingW = this.#missingW(after.values());
    return missingW === 0n || missingW <= this.#missingW(before.values());
  }

  /** By how much what may be taken is above what limits and sources allow, W. */
  #missingW(orders: Iterable<Order>): bigint {
    const state = this.#state;
    if (state === undefined) return 0n;
    const others = state.claims.filter(({ kind, claimId }) => kind === 'discharge' || isAlone(claimId));
    const claims = [...[...orders].flatMap((order) => pinsOf(order, undefined)), ...others];
    const { shortfall } = allocate({ ...state, claims, policy: LIMITS_ALONE }, this.#parts.nowMs());
    return sumW(shortfall.map(({ missingW }) => missingW));
  }

  /** Tells everybody what they have from now on: more than before, or as much for longer. */
  async #raise(targets: readonly Order[], nowMs: number): Promise<ReadonlySet<string>> {
    const raised = targets.filter((order) => !this.#commitments.isTold(order));
    if (raised.length === 0) return new Set();
    await this.#keep(raised, nowMs);
    return tellLoads(this.#loads, raised, this.#commitments, this.#parts.spec.times.tellMs);
  }
}
