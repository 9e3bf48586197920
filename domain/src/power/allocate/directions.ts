import { divide } from '../../rounding/index.ts';
import { chargingState, type ChargingMode, type ChargingState } from '../model/charging-mode.ts';
import type { Claim } from '../model/claim.ts';
import { minW } from '../model/phases.ts';
import type { Condition, Effect, Rule, Selector, SourceRank } from '../model/policy.ts';
import { isWithin } from '../model/signal.ts';
import { floorOf, type SourceKind } from '../model/source.ts';
import type { Action, Notice, PowerState, Reason } from '../model/state.ts';

/** What the rules made of one claim. */
export interface Direction {
  readonly claim: Claim;
  mode: ChargingMode | undefined;
  readonly state: ChargingState | undefined;
  /** Upper limit that rules set, and the rule that set it. */
  capW: bigint | undefined;
  cappedBy: string | undefined;
  scalePermille: bigint;
  band: number;
  bandBy: string | undefined;
  /** Set by the first rule that reduces it to standby, to critical operations, or off. */
  reducedTo: 'suspend' | 'critical-only' | 'switch-off' | undefined;
}

/** What the rules came to. */
export interface Directions {
  readonly of: ReadonlyMap<string, Direction>;
  readonly sourceOrder: readonly SourceRank[];
  readonly sourcesOff: ReadonlySet<SourceKind>;
  readonly actions: readonly Action[];
  readonly notices: readonly Notice[];
  readonly reasons: readonly Reason[];
}

/** What conditions need and rules do not change. */
export interface Scene {
  readonly state: PowerState;
  readonly nowMs: number;
  /** Claims that are there now. */
  readonly claims: readonly Claim[];
  /** What batteries can deliver now, W. */
  readonly batteriesW: bigint;
}

/** So urgent things go before the ordinary of either side. */
const BAND_OF = { ordinary: 0, high: 10, urgent: 20 } as const;
const DEFAULT_PRIORITY = 5;
const WHOLE_PERMILLE = 1000n;
const MS_PER_HOUR = 3_600_000n;

const isSelected = (select: Selector, { claim, mode, state }: Direction): boolean => {
  if (select.kind !== undefined && claim.kind !== select.kind) return false;
  if (select.urgency !== undefined && !select.urgency.includes(claim.urgency ?? 'ordinary')) return false;
  if (select.mode !== undefined && (mode === undefined || !select.mode.includes(mode))) return false;
  if (select.state !== undefined && (state === undefined || !select.state.includes(state))) return false;
  if (select.group !== undefined && claim.group !== select.group) return false;
  if (select.claimIds?.includes(claim.claimId) === false) return false;
  return select.priorityFrom === undefined || (claim.priority ?? DEFAULT_PRIORITY) >= select.priorityFrom;
};

/** What may not be interrupted is neither slowed nor suspended while it runs. */
const isKept = ({ claim }: Direction): boolean => claim.preemptible === false && (claim.runningW ?? 0n) > 0n;

/** What circuits and servers ask for together, W. */
const loadOf = ({ claims }: Scene): bigint =>
  claims.reduce((sum, { kind, maxW }) => (kind === 'circuit' || kind === 'compute' ? sum + maxW : sum), 0n);

/** The rules of a policy at work on one state, in their order. */
class RuleBook {
  readonly #scene: Scene;
  readonly #of = new Map<string, Direction>();
  #sourceOrder: readonly SourceRank[];
  #sourceRule: string | undefined;
  readonly #sourcesOff = new Set<SourceKind>();
  readonly #actions: Action[] = [];
  readonly #notices: Notice[] = [];
  readonly #reasons: Reason[] = [];

  constructor(scene: Scene) {
    this.#scene = scene;
    const { policy, sources } = scene.state;
    this.#sourceOrder = policy.sources;
    for (const claim of scene.claims) {
      const store = sources.find(({ sourceId }) => sourceId === claim.sourceId)?.store;
      const state = claim.state ?? (store === undefined ? undefined : chargingState(store, policy.modeTable));
      this.#of.set(claim.claimId, {
        claim,
        mode: claim.mode,
        state,
        capW: undefined,
        cappedBy: undefined,
        scalePermille: WHOLE_PERMILLE,
        band: (policy.bands[claim.kind] ?? 0) + BAND_OF[claim.urgency ?? 'ordinary'],
        bandBy: undefined,
        reducedTo: undefined,
      });
    }
  }

  read(): Directions {
    for (const rule of this.#scene.state.policy.rules) {
      if (!rule.when.every((condition) => this.#holds(condition))) continue;
      this.#reasons.push({ of: rule.name, code: 'RULE', rule: rule.name });
      for (const effect of rule.then) this.#apply(effect, rule);
    }
    return {
      of: this.#of,
      sourceOrder: this.#sourceOrder,
      sourcesOff: this.#sourcesOff,
      actions: this.#actions,
      notices: this.#notices,
      reasons: this.#reasons,
    };
  }

  #holds(condition: Condition): boolean {
    const { state, nowMs, batteriesW } = this.#scene;
    const { signals } = state;
    switch (condition.is) {
      case 'outage':
        return signals.outage === true;
      case 'peak-window':
        return isWithin(signals.peakWindows, nowMs);
      case 'dr-event':
        return isWithin(signals.drEvents, nowMs);
      case 'grid-demand-above':
        return (signals.gridDemandPermille ?? 0) > condition.permille;
      case 'price-above':
        return (signals.priceMicrosPerKWh ?? 0n) > condition.microsPerKWh;
      case 'temperature-outside': {
        const { temperatureMilliC: milliC } = signals;
        return milliC !== undefined && (milliC < condition.lowMilliC || milliC > condition.highMilliC);
      }
      case 'load-above-batteries':
        return loadOf(this.#scene) > batteriesW;
      case 'load-within-batteries':
        return loadOf(this.#scene) <= batteriesW;
      case 'load-below':
        return loadOf(this.#scene) < condition.limitW;
      case 'battery-below-floor':
        return this.#areBatteriesBelowFloor();
      case 'claim':
        return this.#selected(condition.select).length > 0;
      case 'no-claim':
        return this.#selected(condition.select).length === 0;
    }
  }

  #areBatteriesBelowFloor(): boolean {
    const stores = this.#scene.state.sources.flatMap(({ store }) => store ?? []);
    return stores.length > 0 && stores.every((store) => store.storedWh < floorOf(store, false));
  }

  #selected(select: Selector): readonly Direction[] {
    return [...this.#of.values()].filter((direction) => isSelected(select, direction));
  }

  #apply(effect: Effect, { name }: Rule): void {
    switch (effect.do) {
      case 'mode':
        for (const direction of this.#selected(effect.select)) this.#setMode(direction, effect.mode, name);
        break;
      case 'cap':
        for (const direction of this.#selected(effect.select)) {
          direction.capW = minW(direction.capW ?? effect.capW, effect.capW);
          direction.cappedBy ??= name;
        }
        break;
      case 'scale':
        for (const direction of this.#selected(effect.select)) {
          if (direction.scalePermille !== WHOLE_PERMILLE) continue;
          direction.scalePermille = effect.permille;
          direction.cappedBy ??= name;
        }
        break;
      case 'suspend':
      case 'critical-only':
        for (const direction of this.#selected(effect.select)) this.#reduce(direction, effect.do, name);
        break;
      case 'band':
        for (const direction of this.#selected(effect.select)) {
          if (direction.bandBy !== undefined) continue;
          direction.band += effect.band;
          direction.bandBy = name;
        }
        break;
      case 'switch-off-empty':
        this.#switchOffEmpty(effect, name);
        break;
      case 'surplus-to-lower-battery':
        this.#surplusToLower(name);
        break;
      case 'sources':
        if (this.#sourceRule !== undefined) break;
        this.#sourceRule = name;
        this.#sourceOrder = effect.order;
        break;
      case 'sources-off':
        for (const kind of effect.kinds) this.#sourcesOff.add(kind);
        break;
      case 'notice':
        for (const to of effect.to) this.#notice(effect.code, to);
        break;
    }
  }

  #setMode(direction: Direction, mode: ChargingMode, rule: string): void {
    const { mode: asked } = direction.claim;
    if (asked === undefined || asked === mode || direction.mode !== asked || isKept(direction)) return;
    direction.mode = mode;
    direction.cappedBy ??= rule;
    this.#actions.push({ do: 'mode', claimId: direction.claim.claimId, mode, rule });
  }

  #reduce(direction: Direction, to: 'suspend' | 'critical-only', rule: string): void {
    if (direction.reducedTo !== undefined || isKept(direction)) return;
    const { claimId, standbyW = 0n, criticalW = 0n } = direction.claim;
    direction.reducedTo = to;
    direction.cappedBy = rule;
    direction.capW = to === 'suspend' ? standbyW : criticalW;
    this.#actions.push({ do: to === 'suspend' && standbyW > 0n ? 'standby' : to, claimId, rule });
  }

  #switchOffEmpty(effect: Extract<Effect, { do: 'switch-off-empty' }>, rule: string): void {
    const { state, nowMs } = this.#scene;
    for (const direction of this.#selected({ kind: 'circuit' })) {
      const { area, claimId, runningW, maxW: mostW } = direction.claim;
      const sinceMs = area === undefined ? undefined : state.signals.emptySinceMs?.[area];
      if (sinceMs === undefined || nowMs - sinceMs < effect.emptyForMs) continue;
      // What is off already would take what it asks for.
      const takesW = runningW === undefined || runningW === 0n ? mostW : runningW;
      const savingWh = (takesW * BigInt(effect.overMs)) / MS_PER_HOUR;
      if (savingWh < effect.savingWh || savingWh === 0n || direction.reducedTo !== undefined) continue;
      direction.reducedTo = 'switch-off';
      direction.cappedBy = rule;
      direction.capW = 0n;
      this.#actions.push({ do: 'switch-off', claimId, rule, savingWh });
    }
  }

  #surplusToLower(rule: string): void {
    const filled = [...this.#of.values()].flatMap((direction) => {
      const { sourceId, fromKinds = [] } = direction.claim;
      const source = this.#scene.state.sources.find((each) => each.sourceId === sourceId);
      const isFilled = fromKinds.length > 0 && fromKinds.every((kind) => kind === 'renewable');
      if (!isFilled || source?.store === undefined || source.store.capacityWh === 0n) return [];
      const { storedWh, capacityWh } = source.store;
      return [
        { direction, isEss: source.kind === 'ess', percent: divide(storedWh * 100n, capacityWh, 'floor') },
      ];
    });
    const [lowest] = filled.toSorted(
      (a, b) => Number(a.percent - b.percent) || Number(b.isEss) - Number(a.isEss),
    );
    if (lowest === undefined || lowest.direction.bandBy !== undefined) return;
    lowest.direction.band += 1;
    lowest.direction.bandBy = rule;
  }

  #notice(code: string, to: string): void {
    const { batteriesW } = this.#scene;
    const excessW = loadOf(this.#scene) - batteriesW;
    this.#notices.push({ key: `${code}:${to}`, code, to, ...(excessW > 0n ? { excessW } : {}) });
  }
}

/** Reads the policy's rules on a state. */
export const direct = (scene: Scene): Directions => new RuleBook(scene).read();
