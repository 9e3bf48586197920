import { isWithin, tripReserveWh, type PowerState, type SteadyMemory } from '@roamgrid/domain/power';
import type { PanelBreaker, PanelView } from '@roamgrid/wire';
import type { PanelLoad } from '../adapters/panel/panel-load.ts';
import { controllerError } from '../problems.ts';
import type { Decision } from '../site/decision.ts';
import { adapted, EMPTY_RULE, ESSENTIAL_PRIORITY, restingOf } from './adapt.ts';
import type { PanelConfig } from './config.ts';
import type { KeptPanel, PanelStore } from './kept.ts';
import { sideOf } from './side.ts';
import { SwitchLine } from './switch-line.ts';
import { membersOf, unitsAsTheyAre, type Unit } from './units.ts';

interface Parts {
  readonly config: PanelConfig;
  readonly load: PanelLoad;
  readonly store: PanelStore;
}

const lineOf = ({
  breakerId,
  poles,
  circuits,
  device,
  type,
  room,
  floor,
  group,
  priority,
  ratedW,
}: PanelBreaker) => ({
  ...{ breakerId, poles, circuits, device, type, room, floor },
  ...(group !== undefined && { group }),
  ...{ priority, ratedW },
});

const textOf = (kept: KeptPanel): string =>
  JSON.stringify(kept, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));

/** The panel of a house: what its people want of it, kept through power cuts, and how that comes into each decision. */
export class HousePanel {
  readonly #parts: Parts;
  #kept: KeptPanel;
  #memory: SteadyMemory;
  #isPeak = false;
  /** Breakers that had something by the last decision. */
  readonly #fed = new Set<string>();
  readonly #line: SwitchLine | undefined;

  private constructor(parts: Parts, kept: KeptPanel) {
    this.#parts = parts;
    this.#kept = kept;
    this.#line = parts.config.transfer && new SwitchLine(parts.config.transfer);
    this.#memory = kept.steady;
    parts.load.remember(kept.table);
  }

  static async open(parts: Parts): Promise<HousePanel> {
    return new HousePanel(parts, await parts.store.load());
  }

  isOfPhone(phoneId: string): boolean {
    return this.#parts.config.phones.includes(phoneId);
  }

  /** What is decided on. */
  adapt(state: PowerState, nowMs: number): PowerState {
    const { config, load } = this.#parts;
    const { state: own, memory } = adapted(state, { config, kept: this.#kept, panel: load.panel }, nowMs);
    this.#memory = memory;
    this.#isPeak = isWithin(own.signals.peakWindows, nowMs);
    return own;
  }

  /** Keeps what the next decision has to know of this one. */
  async after({ allocation, atMs }: Decision): Promise<void> {
    const { config, load } = this.#parts;
    const kept = this.#kept;
    const breakers = load.panel?.breakers ?? [];
    const resting = restingOf(kept, config, atMs);
    // What comes first does not rest, and people who switch something off, or on by coming in, need not wait.
    const isShort = (breakerId: string): boolean =>
      this.#priorityOf(breakerId) !== ESSENTIAL_PRIORITY &&
      !allocation.reasons.some(
        ({ of, rule = '' }) => of === breakerId && (rule === EMPTY_RULE || rule.startsWith('off:')),
      );
    const opened: Record<string, number> = {};
    // A breaker that has no grant was not decided on: its panel could not be told anything.
    for (const { claimId, grantedW } of allocation.grants) {
      if (grantedW > 0n) this.#fed.add(claimId);
      else if (this.#fed.delete(claimId) && !resting.includes(claimId) && isShort(claimId))
        opened[claimId] = atMs;
    }
    await this.#keep({
      ...kept,
      ...(breakers.length > 0 && { table: breakers.map(lineOf) }),
      steady: this.#memory,
      side: sideOf(kept.side, { isPeak: this.#isPeak, allocation, dwellMs: config.dwellMs }, atMs),
      openedAtMs: Object.fromEntries([
        ...Object.entries(kept.openedAtMs).filter(([id]) => resting.includes(id)),
        ...Object.entries(opened),
      ]),
    });
  }

  /** Asks the transfer switch for the side that was decided on, until it is there. */
  async followSwitch(): Promise<void> {
    await this.#line?.want(this.#kept.side.wants);
  }

  /** What people set, kept before anything is done by it. */
  async revise(set: (kept: KeptPanel) => KeptPanel): Promise<void> {
    await this.#keep(set(this.#kept));
  }

  /** Switches a unit; what is off stays off until its people want it on. */
  async want(unitId: string, wanted: 'on' | 'off'): Promise<void> {
    if (!membersOf(this.#kept.table).has(unitId))
      throw controllerError('UNIT_UNKNOWN', `no breaker is of ${unitId}`);
    const others = this.#kept.unitsOff.filter((one) => one !== unitId);
    await this.#keep({ ...this.#kept, unitsOff: wanted === 'off' ? [...others, unitId] : others });
  }

  /** Reads the panel, to see what became of what it was told. */
  async look(signal: AbortSignal): Promise<void> {
    await this.#parts.load.read(signal);
  }

  units(): readonly Unit[] {
    const { panel } = this.#parts.load;
    return unitsAsTheyAre(panel?.breakers ?? [], (unitId) => this.#kept.unitsOff.includes(unitId));
  }

  unit(unitId: string): Unit {
    const unit = this.units().find((one) => one.unitId === unitId);
    if (unit === undefined) throw controllerError('UNIT_UNKNOWN', `no breaker is of ${unitId}`);
    return unit;
  }

  view(): Omit<PanelView, 'siteId' | 'nowMs'> {
    const { panel } = this.#parts.load;
    const { schedule, peakSignals, trips, side } = this.#kept;
    return {
      ...(panel !== undefined && { heardAtMs: panel.heardAtMs }),
      mainW: panel?.mainW ?? 0n,
      breakers: (panel?.breakers ?? []).map(({ isFixed: _fixed, ...breaker }) => ({
        ...breaker,
        priority: this.#kept.priorities[breaker.breakerId] ?? breaker.priority,
      })),
      unmeteredW: panel?.unmeteredW ?? 0n,
      ...(panel?.code !== undefined && { code: panel.code }),
      units: this.units().map((unit) => ({ ...unit })),
      ...(schedule !== undefined && { schedule }),
      peakSignals,
      trips: Object.fromEntries(
        Object.entries(trips).map(([id, trip]) => [id, { ...trip, reserveWh: tripReserveWh(trip) }]),
      ),
      ...(this.#line !== undefined && { transfer: { wants: side.wants, ...this.#line.view } }),
    };
  }

  #priorityOf(breakerId: string): number | undefined {
    const line = this.#kept.table.find((one) => one.breakerId === breakerId);
    return this.#kept.priorities[breakerId] ?? line?.priority;
  }

  async #keep(kept: KeptPanel): Promise<void> {
    if (textOf(kept) !== textOf(this.#kept)) await this.#parts.store.keep(kept);
    this.#kept = kept;
  }
}
