import type { PowerState, Solver } from '@roamgrid/domain/power';
import type { Logger } from '@roamgrid/service-kit';
import { startRounds, type PrivateJwk, type Rounds } from '@roamgrid/service-kit/runtime';
import { InTurn } from '@roamgrid/station-kit';
import type { SiteDecisionMessage } from '@roamgrid/wire';
import type { LoadAdapter, SourceAdapter } from '../adapters/adapter.ts';
import { bookedOf } from '../cloud/booked.ts';
import { CloudFollower, type KeptLease } from '../cloud/follower.ts';
import { bookingLine, type BookingLine } from '../booking/line.ts';
import type { GatewayDoor } from '../gateway/gateway-door.ts';
import type { HousePanel } from '../panel/house-panel.ts';
import { Home } from '../hems/home.ts';
import { HomeStore } from '../hems/store.ts';
import { Recorder } from '../record/recorder.ts';
import { HouseRecorder } from '../record/house/house-recorder.ts';
import { HouseStore } from '../record/house/house-store.ts';
import { RecordStore } from '../record/record-store.ts';
import type { SignalBook } from '../signals/signal-book.ts';
import { SiteStore } from '../store/site-store.ts';
import type { Db } from '../store/tables.ts';
import { Changes } from './changes.ts';
import type { Order } from './commitments.ts';
import type { Decision } from './decision.ts';
import { decisionMessage, isSameDecision } from './decision-message.ts';
import { Guard, type Trip } from './guard.ts';
import { createPlanner } from './planner.ts';
import { Requests } from './requests.ts';
import { Sampler } from './sampler.ts';
import { treeOf } from './settings.ts';
import { policiesOf, specOf, type SiteConfig } from './site-config.ts';
import type { SiteSpec } from './spec.ts';
import { Ticker } from './ticker.ts';
import { sumW } from './watts.ts';
import { within } from './within.ts';

/** A limit of the connection that is not the site's own. */
export interface ConnectionLimit {
  readonly limitW: bigint;
  readonly by: 'cloud' | 'local-rule';
  readonly lapsesAtMs?: number;
}

export interface SiteParts {
  readonly config: SiteConfig;
  readonly loads: readonly LoadAdapter[];
  readonly sources: readonly SourceAdapter[];
  readonly db: Db;
  readonly solver: Solver;
  readonly nowMs: () => number;
  readonly log: Logger;
  readonly utilityId: string;
  /** What it is told by utilities, markets and sensors. */
  readonly signals: SignalBook;
  /** The way to the ledger. */
  readonly door?: GatewayDoor;
  /** By which the site proves itself to the cloud. */
  readonly key?: PrivateJwk;
  /** Where it is a house. */
  readonly panel?: HousePanel;
}

/** What was kept before. */
interface Restored {
  readonly orders: readonly Order[];
  readonly trip: Trip | undefined;
  readonly lease: KeptLease | undefined;
}

/** A decision is kept when it differs from the last one, and once in so long all the same, ms. */
const KEEP_AGAIN_MS = 60_000;
/** How often the transfer switch of a house is seen to be where it is to be, ms. */
const SWITCH_MS = 500;

/** One site that is run: its ticks, its guard, what operators set and what is asked for. */
export class Site {
  readonly spec: SiteSpec;
  readonly config: SiteConfig;
  readonly store: SiteStore;
  readonly changes: Changes;
  readonly requests: Requests;
  readonly guard: Guard;
  /** Its line to the cloud, where it shares a feed. */
  readonly cloud: CloudFollower | undefined;
  /** Where its slots are recorded on the ledger. */
  readonly recorder: Recorder | undefined;
  readonly records: RecordStore;
  /** How it plans, where it is a house that does. */
  readonly home: Home | undefined;
  /** Where what its panel did is recorded, when it is a house. */
  readonly house: HouseRecorder | undefined;
  /** What drivers booked there, and what they have to know of it. */
  readonly booking: BookingLine;
  readonly panel: HousePanel | undefined;
  readonly #parts: SiteParts;
  readonly #ticker: Ticker;
  readonly #sampler: Sampler;
  readonly #turns = new InTurn();
  #decision: Decision | undefined;
  #keptDecision: { readonly message: SiteDecisionMessage; readonly atMs: number } | undefined;
  #rounds: readonly Rounds[] = [];

  private constructor(parts: SiteParts, store: SiteStore, restored: Restored, home: Home | undefined) {
    const { config, db, nowMs, loads, sources, solver, log } = parts;
    this.#parts = parts;
    this.home = home;
    this.config = config;
    this.panel = parts.panel;
    this.spec = specOf(config);
    this.store = store;
    this.#sampler = new Sampler(config.sampleMs);
    this.#ticker = new Ticker({
      ...{ spec: this.spec, loads, sources, nowMs },
      journal: { keep: (atMs, orders) => store.keepOrders(atMs, orders) },
      ...(this.spec.planning !== undefined && {
        decide: createPlanner(this.spec.planning, solver),
      }),
      ...(home !== undefined && { decide: (state, atMs) => home.decide(state, atMs) }),
      orders: restored.orders,
    });
    this.guard = new Guard({
      ...{ loads, sources, spec: this.spec.guard, times: this.spec.times, nowMs },
      connectionW: () => this.#connectionW(),
      keepTrip: (trip) =>
        store.keepTrip(trip, {
          ...{ atMs: trip.atMs, kind: 'trip' },
          detail: `${trip.cause}: ${trip.of} at ${trip.measuredW} W of ${trip.budgetW} W`,
        }),
      keepReset: (by, atMs) => store.keepTrip(undefined, { atMs, kind: 'reset', by, detail: 'guard reset' }),
      onFault: (err) => {
        log.error({ err, siteId: config.siteId }, 'a trip could not be kept');
      },
      ...(restored.trip !== undefined && { trip: restored.trip }),
    });
    this.changes = new Changes({
      ...{
        db,
        spec: this.spec,
        policies: policiesOf(config),
        firstPolicyId: config.policyId,
        nowMs,
      },
      resetGuard: (by) => this.guard.reset(by),
      isTripped: () => this.guard.isTripped,
    });
    this.cloud = this.#follower(restored.lease);
    this.records = new RecordStore(db, config.siteId);
    this.recorder = this.#recorder();
    this.house = this.#house();
    this.requests = new Requests({ db, spec: this.spec, nowMs, state: () => this.#stateNow() });
    this.booking = this.#booking();
  }

  /** With what was kept before. From now on this process alone tells the site's devices anything. */
  static async open(parts: SiteParts): Promise<Site> {
    const store = new SiteStore(parts.db, parts.config.siteId);
    const nowMs = parts.nowMs();
    const orders = await store.takeOver(nowMs);
    const restored = { orders, trip: await store.trip(), lease: await store.lease() };
    const home = await openHome(parts, () => site.tick());
    const site: Site = new Site(parts, store, restored, home);
    await site.changes.load();
    await site.requests.load();
    await store.keepEvent({
      atMs: nowMs,
      kind: 'start',
      detail: `${orders.length} orders may be in force`,
    });
    return site;
  }

  get decision(): Decision | undefined {
    return this.#decision;
  }

  get heard(): Ticker['heard'] {
    return this.#ticker.heard;
  }

  get connectionLimit(): ConnectionLimit | undefined {
    return this.cloud?.limit;
  }

  get nowMs(): number {
    return this.#parts.nowMs();
  }

  counted(): ReturnType<Ticker['counted']> {
    return this.#ticker.counted();
  }

  /** One after the other: what changes who is served. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.run('site', work);
  }

  /** Begins to decide and to watch. */
  start(): void {
    const { log } = this.#parts;
    this.#rounds = [
      startRounds(`tick ${this.spec.siteId}`, this.spec.times.tickMs, () => this.tick(), log),
      startRounds(`guard ${this.spec.siteId}`, this.spec.guard.everyMs, () => this.guard.look(), log),
      ...this.#cloudRounds(),
      ...this.#ledgerRounds(),
      ...this.#switchRounds(),
    ];
  }

  /** One decision. @throws when orders could not be kept: then nobody was told. */
  async tick(): Promise<void> {
    await this.inTurn(async () => {
      await this.requests.expire();
      const limit = this.connectionLimit;
      const { panel } = this;
      const decision = await this.#ticker.tick({
        settings: this.changes.settings,
        kept: this.requests.kept,
        connectionW: limit?.limitW,
        // What is told under the cloud's word does not outlive it.
        untilMs: limit?.by === 'cloud' ? limit.lapsesAtMs : undefined,
        isTripped: () => this.guard.isTripped,
        ...(panel !== undefined && { adapt: (state, nowMs) => panel.adapt(state, nowMs) }),
      });
      this.#decision = decision;
      await panel?.after(decision);
      await this.#keep(decision);
    });
  }

  async stop(): Promise<void> {
    await Promise.all(this.#rounds.map((rounds) => rounds.stop()));
    await this.home?.close();
    await this.#turns.idle();
    const { loads, sources } = this.#parts;
    await Promise.all([...loads, ...sources].map((adapter) => adapter.close()));
  }

  async #keep(decision: Decision): Promise<void> {
    const message = decisionMessage(decision);
    const last = this.#keptDecision;
    const isDue = last === undefined || decision.atMs - last.atMs >= KEEP_AGAIN_MS;
    if (isDue || !isSameDecision(last.message, message)) {
      await this.store.keepDecision(decision.atMs, message);
      this.#keptDecision = { message, atMs: decision.atMs };
    }
    await this.store.keepSamples(this.#sampler.add(decision.atMs, this.heard));
    this.#measureHome(decision.atMs);
    const { state } = this.#ticker;
    if (state === undefined) return;
    await this.recorder?.note(state, decision.allocation, decision.atMs);
    await this.house?.note(state, decision.allocation, decision.atMs);
  }

  /** Of what is bought its plan hears while a meter tells it. */
  #measureHome(atMs: number): void {
    const grids = [...this.heard.sources.values()].filter(({ reading }) => reading?.source.kind === 'grid');
    if (this.home === undefined || grids.length === 0 || grids.some(({ isFresh }) => !isFresh)) return;
    this.home.measured(sumW(grids.map(({ reading }) => reading?.measuredW ?? 0n)), atMs);
  }

  #cloudRounds(): readonly Rounds[] {
    const { cloud } = this;
    const { log, config } = this.#parts;
    if (cloud === undefined || config.cloud === undefined) return [];
    return [startRounds(`cloud ${config.siteId}`, config.cloud.reportMs, () => cloud.look(), log)];
  }

  #switchRounds(): readonly Rounds[] {
    const { panel } = this;
    const { log, config } = this.#parts;
    if (panel === undefined || config.panel?.transfer === undefined) return [];
    return [startRounds(`switch ${config.siteId}`, SWITCH_MS, () => panel.followSwitch(), log)];
  }

  #ledgerRounds(): readonly Rounds[] {
    const { recorder, booking, house } = this;
    const { log, config } = this.#parts;
    const { siteId, record } = config;
    const rounds: Rounds[] = [];
    if (recorder !== undefined && record !== undefined)
      rounds.push(startRounds(`record ${siteId}`, record.everyMs, () => recorder.look(), log));
    const { home } = this;
    if (home !== undefined && config.home?.tariff !== undefined)
      rounds.push(startRounds(`tariff ${siteId}`, config.home.tariff.everyMs, () => home.look(), log));
    if (house !== undefined && config.house !== undefined)
      rounds.push(startRounds(`house ${siteId}`, config.house.everyMs, () => house.look(), log));
    rounds.push(...booking.rounds());
    return rounds;
  }

  #booking(): BookingLine {
    const { config, door, nowMs, log, loads } = this.#parts;
    const { spec, requests } = this;
    const inTurn = <T>(work: () => Promise<T>): Promise<T> => this.inTurn(work);
    return bookingLine({ config: config.booking, door, spec, requests, loads, nowMs, log, inTurn });
  }

  #recorder(): Recorder | undefined {
    const { config, door, utilityId, loads, sources, nowMs, log } = this.#parts;
    if (config.record === undefined || door === undefined) return undefined;
    const { spec, records: store } = this;
    const devices = { loads, sources };
    return new Recorder({
      config: config.record,
      spec,
      utilityId,
      ...devices,
      store,
      door,
      nowMs,
      log,
    });
  }

  #house(): HouseRecorder | undefined {
    const { config, door, db, sources, nowMs, log } = this.#parts;
    const { house, siteId } = config;
    if (house === undefined || door === undefined) return undefined;
    const store = new HouseStore(db, siteId, house.body.houseRef);
    return new HouseRecorder({ config: house, sources, store, door, nowMs, log });
  }

  #follower(kept: KeptLease | undefined): CloudFollower | undefined {
    const { config, nowMs, utilityId, key } = this.#parts;
    if (config.cloud === undefined || key === undefined) return undefined;
    return new CloudFollower({
      ...{ line: { ...config.cloud, siteId: config.siteId, utilityId, key }, nowMs, kept },
      keep: (lease) => this.store.keepLease(lease),
      isWithin: (limitW) => this.#drawnW(limitW) <= limitW,
      report: () => ({
        wantedW: this.#wantedW(),
        measuredW: this.#fromFeedW(),
        reservations: bookedOf(this.requests.kept),
      }),
    });
  }

  /** What devices may be taking from the feed by the last decision; no limit before one was made at this limit. */
  #drawnW(limitW: bigint): bigint {
    const decision = this.#decision;
    if (decision?.connectionW === undefined || decision.connectionW > limitW) return limitW + 1n;
    const own = decision.allocation.sourceShares.filter(({ kind }) => kind !== 'grid');
    const drawnW = decision.countedW - sumW(own.map(({ deliveredW }) => deliveredW));
    return drawnW > 0n ? drawnW : 0n;
  }

  /** What the feed gives by its meters that answer: sources of the site's own are not on it. Nothing while it is given back. */
  #fromFeedW(): bigint {
    const drawnW = sumW(
      [...this.heard.sources.values()].flatMap(({ reading, isFresh }) =>
        isFresh && reading?.source.kind === 'grid' ? [reading.measuredW] : [],
      ),
    );
    return drawnW > 0n ? drawnW : 0n;
  }

  /** What the site would take of the feed without its limit. */
  #wantedW(): bigint {
    const { grants = [], shortfall = [], sourceShares = [] } = this.#decision?.allocation ?? {};
    const askedW =
      sumW(grants.map(({ grantedW }) => grantedW)) + sumW(shortfall.map(({ missingW }) => missingW));
    const ownW = sumW(sourceShares.map(({ kind, deliveredW }) => (kind === 'grid' ? 0n : deliveredW)));
    return askedW > ownW ? askedW - ownW : 0n;
  }

  #connectionW(): bigint | undefined {
    const limitW = this.connectionLimit?.limitW;
    const tree = treeOf(this.spec, this.changes.settings.limits, limitW);
    const root = tree.ok ? tree.value.nodes[0] : undefined;
    const given = root?.node.hard;
    if (root === undefined || given === undefined) return undefined;
    const lanesW = root.hardW.reduce((sum, laneW) => sum + laneW, 0n);
    return lanesW < root.hardTotalW ? lanesW : root.hardTotalW;
  }

  /** Of the last decision, with what was granted since. */
  #stateNow(): PowerState | undefined {
    const state = this.#ticker.state;
    if (state === undefined) return undefined;
    const known = new Set(state.claims.map(({ claimId }) => claimId));
    const since = this.requests.kept.filter(({ claim }) => !known.has(claim.claimId));
    return { ...state, claims: [...state.claims, ...since.map(({ claim }) => claim)] };
  }
}

/** The home of a site that plans as one. @param onPlan follows a new plan at once */
const openHome = async (parts: SiteParts, onPlan: () => Promise<void>): Promise<Home | undefined> => {
  const { config, db, solver, signals, door, nowMs, log, loads } = parts;
  if (config.home === undefined) return undefined;
  const { siteId, tellMs } = config;
  return Home.open({
    ...{ siteId, config: config.home, solver, signals, door, nowMs, log, onPlan },
    loads: specOf(config).loads,
    store: new HomeStore(db, siteId),
    inform: async (loadId, terms) => {
      const load = loads.find((one) => one.loadId === loadId);
      if (load?.inform === undefined) return;
      const told = await within(
        tellMs,
        loadId,
        (signal) => load.inform?.(terms, signal) ?? Promise.resolve(),
      );
      if (!told.ok) throw told.error;
    },
  });
};
