import type { Allocation, Claim, PowerState, Solver } from '@roamgrid/domain/power';
import type { Logger } from '@roamgrid/service-kit';
import type { CarPlan, ChargeTerms, EnergySignal, HomePlanMessage, HomeView } from '@roamgrid/wire';
import { expectedAt, type Expected } from '../home/expected.ts';
import type { GatewayDoor } from '../gateway/gateway-door.ts';
import { controllerError } from '../problems.ts';
import type { SignalBook } from '../signals/signal-book.ts';
import type { LoadSpec } from '../site/spec.ts';
import { decideByPlan } from './by-plan.ts';
import { termsOf } from './charge-terms.ts';
import type { HomeConfig } from './config.ts';
import { pricesOf } from './form-home.ts';
import { openOf, openPermille, shiftEndMs } from './groups.ts';
import { History } from './history.ts';
import { planHome } from './plan-home.ts';
import type { HomeStore } from './store.ts';
import { TariffBook } from './tariff-book.ts';
import { capsOf, demandAt, drEventsOf, surgesOf } from './told-world.ts';
import { Watch, type Cause } from './watch.ts';
import { Weather } from './weather.ts';
import { laterCharges, wished } from './wishes.ts';

export interface HomeParts {
  readonly siteId: string;
  readonly config: HomeConfig;
  readonly loads: readonly LoadSpec[];
  readonly store: HomeStore;
  readonly solver: Solver;
  readonly signals: Pick<SignalBook, 'all' | 'onChange'>;
  readonly door: GatewayDoor | undefined;
  readonly nowMs: () => number;
  readonly log: Logger;
  /** A new plan is there: it is to be followed at once. */
  readonly onPlan: () => Promise<void>;
  /** Tells a charger how its charge is planned. */
  readonly inform: (loadId: string, terms: ChargeTerms) => Promise<void>;
}

/** What a column of versions holds. */
const MAX_VERSION = 2_147_483_647;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** So many days say how much public chargers are used. */
const USE_DAYS = 7;

/** What was kept before. */
interface Restored {
  readonly plan: HomePlanMessage | undefined;
  readonly cars: ReadonlyMap<string, CarPlan>;
}

/**
 * A house that plans: its plan over the slots to come, followed tick by tick, and made anew by itself when something says that it is old. A
 * decision never waits for a plan. Spec: HOME-1 to HOME-5, HOME-7
 */
export class Home {
  readonly #parts: HomeParts;
  readonly #tariffs: TariffBook | undefined;
  readonly #history: History;
  readonly #weather: Weather;
  readonly #watch: Watch;
  readonly #stopHearing: () => void;
  #cars: ReadonlyMap<string, CarPlan>;
  #plan: HomePlanMessage | undefined;
  #state: PowerState | undefined;
  /** Charges as they were there last, and the loads at which they were. */
  readonly #seen = new Map<string, Claim>();
  #publicUsed = 0;
  /** The grid was short when its demand was told last. */
  #isShort = false;
  #pending: Cause | undefined;
  #working: Promise<void> | undefined;
  #isClosed = false;

  private constructor(parts: HomeParts, { plan, cars }: Restored) {
    const { config, store, door, nowMs } = parts;
    this.#parts = parts;
    this.#plan = plan;
    this.#cars = cars;
    this.#history = new History({ store, slotMs: config.slotMs });
    this.#weather = new Weather(config);
    this.#watch = new Watch(config);
    this.#tariffs =
      config.tariff === undefined || door === undefined
        ? undefined
        : new TariffBook({ ...config.tariff, timeZone: config.timeZone }, door, nowMs);
    this.#weather.hear(parts.signals.all(nowMs()), nowMs());
    this.#stopHearing = parts.signals.onChange((signal) => {
      this.#hear(signal);
    });
  }

  static async open(parts: HomeParts): Promise<Home> {
    const [plan] = await parts.store.plans(MAX_VERSION, 1);
    const home = new Home(parts, { plan, cars: await parts.store.carPlans() });
    await home.#tariffs?.look();
    return home;
  }

  get store(): HomeStore {
    return this.#parts.store;
  }

  get view(): HomeView {
    return {
      ...{
        siteId: this.#parts.siteId,
        nowMs: this.#parts.nowMs(),
        isSolving: this.#working !== undefined,
      },
      ...(this.#plan !== undefined && { plan: this.#plan }),
      cars: [...this.#cars].map(([claimId, plan]) => ({ claimId, plan })),
      tariffs: (this.#tariffs?.versions ?? []).map(({ tariffId, version, validFromMs, validUntilMs }) => ({
        ...{ tariffId, version, validFromMs, validUntilMs },
      })),
    };
  }

  /** The decision of an instant, by the plan as far as there is one. What makes the plan old is seen here. */
  decide(state: PowerState, nowMs: number): Allocation {
    this.#state = state;
    for (const claim of state.claims)
      if (claim.kind === 'charge' && !isPin(claim)) this.#seen.set(claim.claimId, claim);
    const cause = this.#watch.causeOf(state, this.#plan, nowMs);
    if (cause !== undefined) this.#want(cause);
    else if (this.#pending !== undefined) this.#work();
    const signals = { ...state.signals, drEvents: drEventsOf(this.#plan?.caps ?? []) };
    return decideByPlan({ ...this.#prepared(state, nowMs), signals }, this.#plan, nowMs);
  }

  /** Takes up what flows in from the grid: a plan that is not what comes is made anew. */
  measured(gridW: bigint, nowMs: number): void {
    const cause = this.#watch.measured(gridW, this.#plan, nowMs);
    if (cause !== undefined) this.#want(cause);
  }

  /** What a user wants of a car, from now on. @throws ServiceError CHANGE_CONFLICT, VERSION_OLD */
  async setCar(claimId: string, plan: CarPlan, operator: string): Promise<'taken' | 'known'> {
    const { store, nowMs } = this.#parts;
    const outcome = await store.keepCar(claimId, plan, { operator, atMs: nowMs() });
    if (outcome === 'conflict')
      throw controllerError('CHANGE_CONFLICT', `version ${plan.version} of ${claimId} said something else`);
    if (outcome === 'older')
      throw controllerError('VERSION_OLD', `a later version than ${plan.version} of ${claimId} holds`);
    if (outcome === 'known') return outcome;
    this.#cars = new Map([...this.#cars, [claimId, plan]]);
    this.#want({
      cause: 'plan-change',
      detail: `${claimId}: version ${plan.version} of what its user wants`,
    });
    return outcome;
  }

  /** Looks for a later version of the tariff. */
  async look(): Promise<void> {
    const version = await this.#tariffs?.look();
    if (version !== undefined)
      this.#want({ cause: 'price', detail: `version ${version} of the tariff is on the ledger` });
  }

  /** Until nothing is planned any more. */
  async idle(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopHearing();
    await this.idle();
  }

  #hear(signal: EnergySignal): void {
    const { signals, nowMs: clock } = this.#parts;
    const nowMs = clock();
    const said = `${signal.kind} ${signal.signalId}, version ${signal.version}, of ${signal.by}`;
    switch (signal.kind) {
      case 'price':
        // Where the ledger says what is billed nothing else is a price.
        if (this.#tariffs === undefined) this.#want({ cause: 'price', detail: said });
        break;
      case 'dr-event':
        this.#want({ cause: 'event', detail: said });
        break;
      case 'grid-demand': {
        const isSurge = surgesOf([signal], this.#parts.config).length > 0;
        if (!isSurge && !this.#isShort) break;
        this.#isShort = isSurge;
        this.#want({
          ...{ cause: 'event', detail: said },
          ...(isSurge && {
            notice: {
              ...{ key: `surge ${signal.by} ${signal.signalId}`, atMs: nowMs, code: 'GRID_SURGE' },
              text: `The grid is short (${signal.demandPermille / 10} %): charging waits where it can.`,
            },
          }),
        });
        break;
      }
      case 'temperature': {
        const drop = this.#weather.hear(signals.all(nowMs), nowMs);
        if (drop === undefined) break;
        this.#want({
          ...{ cause: 'event', detail: said },
          notice: {
            ...{ key: drop.key, atMs: nowMs, code: 'TEMPERATURE_DROP' },
            text: `It has become ${drop.byMilliC / 1_000} degrees colder: charging is planned anew beside the heating.`,
          },
        });
      }
    }
  }

  #want(cause: Cause): void {
    this.#pending = this.#pending === undefined ? cause : { ...this.#pending, ...cause };
    this.#work();
  }

  /** One plan after the other; what comes meanwhile has the next one made. */
  #work(): void {
    if (this.#working !== undefined || this.#isClosed || this.#state === undefined) return;
    this.#working = this.#workOff().finally(() => {
      this.#working = undefined;
    });
  }

  async #workOff(): Promise<void> {
    const { log, siteId, store } = this.#parts;
    while (this.#pending !== undefined && !this.#isClosed) {
      const cause = this.#pending;
      this.#pending = undefined;
      try {
        if (cause.notice !== undefined) await store.keepNotice(cause.notice);
        await this.#make(cause);
      } catch (err) {
        log.error({ err, siteId }, 'no plan could be made');
        return;
      }
    }
  }

  async #make({ cause, detail }: Cause): Promise<void> {
    const { config, solver, signals: book, nowMs: clock, store } = this.#parts;
    const state = this.#state;
    if (state === undefined) return;
    const nowMs = clock();
    const before = this.#plan;
    if (before !== undefined && before.stale === undefined) {
      this.#plan = { ...before, stale: { atMs: nowMs, cause, detail } };
      await store.keepPlan(this.#plan);
    }
    const startMs = Math.floor(nowMs / config.slotMs) * config.slotMs;
    const signals = book.all(nowMs);
    await this.#learnUse(nowMs);
    const ledgerPrice = (fromMs: number, untilMs: number) => this.#tariffs?.priceIn(fromMs, untilMs);
    const prepared = this.#prepared(state, nowMs);
    const untilMs = startMs + config.slots * config.slotMs;
    const later = laterCharges(this.#seen, this.#cars, { nowMs, untilMs });
    const planned = { ...prepared, claims: [...prepared.claims, ...later] };
    const made = await planHome(
      {
        ...{ state: planned, config, signals, startMs },
        prices: pricesOf({ config, signals, ledgerPrice }, startMs),
        expected: await this.#expected(planned, nowMs),
        caps: capsOf(signals, before),
      },
      solver,
    );
    const plan: HomePlanMessage = {
      ...{ version: (before?.version ?? 0) + 1, madeAtMs: nowMs, cause, detail },
      ...made,
    };
    await store.keepPlan(plan);
    this.#plan = plan;
    this.#watch.begin(state);
    await this.#parts.onPlan();
    await this.#tell(plan);
  }

  /** How much of the public chargers was used at this hour on the days before: most of what they can take. */
  async #learnUse(nowMs: number): Promise<void> {
    const { loads, store } = this.#parts;
    const open = [...this.#seen.values()].filter(({ group }) => group === 'public');
    const mostW = open.reduce((sum, { maxW }) => sum + maxW, 0n);
    if (mostW === 0n) return;
    const nodes = new Set(open.map(({ nodeId }) => nodeId));
    const devices = loads.filter(({ nodeId }) => nodes.has(nodeId)).map(({ loadId }) => loadId);
    const used = await store.measured(devices, {
      ...{ fromMs: nowMs - USE_DAYS * DAY_MS, untilMs: nowMs, slotMs: HOUR_MS },
    });
    const byHour = new Map<number, bigint>();
    const hourOf = (atHour: number): number => atHour % (DAY_MS / HOUR_MS);
    for (const { slot, watts } of used)
      if (hourOf(slot) === hourOf(Math.floor(nowMs / HOUR_MS)))
        byHour.set(slot, (byHour.get(slot) ?? 0n) + watts);
    const most = [...byHour.values()].reduce((a, b) => (a > b ? a : b), 0n);
    this.#publicUsed = Number((most * 1_000n) / mostW);
  }

  /** How load and sun may go on: by the days before, or as they are now while there are not two. */
  async #expected(state: PowerState, nowMs: number): Promise<readonly Expected[]> {
    const { config, loads } = this.#parts;
    const circuits = state.claims.filter(({ kind }) => kind === 'circuit' || kind === 'compute');
    const nodes = new Set(circuits.map(({ nodeId }) => nodeId));
    const roofs = state.sources.filter(({ kind }) => kind === 'renewable');
    const course = await this.#history.upTo(nowMs, {
      loads: loads.filter(({ nodeId }) => nodes.has(nodeId)).map(({ loadId }) => loadId),
      roofs: roofs.map(({ sourceId }) => sourceId),
    });
    const found =
      course === undefined
        ? []
        : expectedAt(course, course.loadW.length, {
            ...{ courses: config.courses, perDay: Math.floor(DAY_MS / config.slotMs) },
          });
    const heatingW = this.#weather.heatingW;
    const asNow: Expected = {
      loadW: [circuits.reduce((total, { runningW, maxW }) => total + (runningW ?? maxW), 0n)],
      solarW: [roofs.reduce((total, { availableW }) => total + availableW, 0n)],
    };
    return (found.length === 0 ? [asNow] : found).map(({ loadW, solarW }) => ({
      ...{ loadW: loadW.map((watts) => watts + heatingW), solarW },
    }));
  }

  #prepared(state: PowerState, nowMs: number): PowerState {
    const { config, signals } = this.#parts;
    const { commercial, public: open } = config.groups;
    const endMs = commercial.length === 0 ? undefined : shiftEndMs(commercial, config.timeZone, nowMs);
    const claims = state.claims.map((claim) =>
      claim.group === 'commercial' && claim.kind === 'charge' && endMs !== undefined
        ? { ...claim, deadlineMs: Math.min(claim.deadlineMs ?? endMs, endMs) }
        : claim,
    );
    const chargers = [...this.#seen.values()].filter(({ group }) => group === 'public').length;
    const demandPermille = demandAt(signals.all(nowMs), nowMs);
    const permille = openPermille(open, { usedPermille: this.#publicUsed, demandPermille });
    return wished({ ...state, claims: openOf(claims, { chargers, permille }) }, this.#cars, nowMs);
  }

  /** Chargers are told what they cannot ask: they charge as well without it. */
  async #tell(plan: HomePlanMessage): Promise<void> {
    const { loads, config, inform, log, siteId } = this.#parts;
    await Promise.all(
      loads.flatMap(({ loadId, nodeId }) =>
        [...this.#seen.values()]
          .filter(
            (claim) =>
              claim.nodeId === nodeId && this.#state?.claims.some(({ claimId }) => claimId === claim.claimId),
          )
          .map(({ claimId }) =>
            inform(
              loadId,
              termsOf(plan, claimId, {
                contractId: config.contractId,
                sources: this.#state?.sources ?? [],
              }),
            ).catch((err: unknown) => {
              log.warn({ err, siteId, loadId }, 'a charger did not take its terms');
            }),
          ),
      ),
    );
  }
}

const isPin = ({ claimId }: Claim): boolean => claimId.includes('~');
