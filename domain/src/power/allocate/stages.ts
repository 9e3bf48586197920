import { maxW, minW, sumW, UNLIMITED_W, type LaneW } from '../model/phases.ts';
import { isWithin } from '../model/signal.ts';
import type { SourceKind } from '../model/source.ts';
import type { PowerState } from '../model/state.ts';
import { emptyGrid, type Grid } from './balance.ts';
import { dispatch, supplyGrid, type Output } from './dispatch.ts';
import { Flow } from './flow.ts';
import { lotsOf, type Lot } from './lots.ts';
import { ranked } from './rank.ts';
import { serve, type Served } from './serve.ts';
import type { Supply } from './supply.ts';
import type { Want } from './wants.ts';

/** The tightest demand-response event that is on, W. */
const drCapOf = ({ signals }: PowerState, nowMs: number): bigint =>
  (signals.drEvents ?? [])
    .filter((event) => isWithin([event], nowMs))
    .reduce((tightest, { capW }) => minW(tightest, capW), UNLIMITED_W);

/** Who may exceed soft limits: whom the policy names, and who has no time to spare. */
const mayExceed = ({ policy }: PowerState): ((want: Want) => boolean) => {
  const { urgency, kind, group } = policy.aboveSoft;
  return ({ claim, laxityMs }) =>
    laxityMs <= 0 ||
    ((urgency === undefined || urgency.includes(claim.urgency ?? 'ordinary')) &&
      (kind === undefined || claim.kind === kind) &&
      (group === undefined || claim.group === group));
};

export interface Staged {
  readonly served: readonly Served[];
  readonly outputs: readonly Output[];
  /** What flows in the end. */
  readonly flow: Flow;
  /** What demand-response events leave the connection, W. */
  readonly softConnectionW: bigint;
}

/** Serves the claims of a state lot by lot, each with what earlier ones left, and divides the loads over the sources. */
export class Stages {
  readonly #state: PowerState;
  readonly #ordered: readonly Supply[];
  readonly #drCapW: bigint;
  readonly #isSoft: (want: Want) => boolean;
  #loadW: Grid;
  #capsW: ReadonlyMap<Supply, LaneW>;
  #gridW: bigint;
  /** What exports take already, by lane. */
  readonly #sentW: bigint[];

  constructor(state: PowerState, ordered: readonly Supply[], nowMs: number) {
    this.#state = state;
    this.#ordered = ordered;
    this.#drCapW = drCapOf(state, nowMs);
    const exceeds = mayExceed(state);
    this.#isSoft = (want) => !exceeds(want);
    this.#loadW = emptyGrid(state.tree);
    this.#sentW = Array.from({ length: state.tree.lanes }, () => 0n);
    this.#capsW = new Map(ordered.map((supply) => [supply, supply.laneW]));
    this.#gridW = sumW(this.#grids().map(({ totalW }) => totalW));
  }

  run(wants: readonly Want[]): Staged {
    const hasEssential = this.#ordered.some(
      ({ essentialLaneW, laneW }) => sumW(essentialLaneW) > sumW(laneW),
    );
    const served: Served[] = [];
    for (const [at, lot] of lotsOf(wants, hasEssential).entries()) {
      if (lot.from === 'essential')
        this.#capsW = new Map(this.#ordered.map((supply) => [supply, supply.essentialLaneW]));
      else if (at > 0 || lot.from !== 'open') this.#freeze(lot.kinds);
      served.push(...(lot.from === 'export' ? this.#export(lot) : this.#serve(lot)));
    }
    this.#release(served.filter(({ want }) => want.isHeld));
    return { served, outputs: this.#dispatch(), flow: this.#flow(), softConnectionW: this.#drCapW };
  }

  /** Power that was kept free is not used: sources do not give it. */
  #release(held: readonly Served[]): void {
    for (const { want, servedW } of held)
      for (const lane of want.lanes) {
        const row = this.#loadW[lane];
        if (row === undefined) continue;
        row[want.leaf.index] = (row[want.leaf.index] ?? 0n) - servedW / BigInt(want.lanes.length);
      }
  }

  #grids(): readonly Supply[] {
    return this.#ordered.filter(({ source }) => source.kind === 'grid');
  }

  #flow(): Flow {
    const supplyW = supplyGrid(this.#state.tree, this.#ordered, this.#capsW);
    const limits = { gridW: this.#gridW, softConnectionW: this.#drCapW };
    return new Flow(this.#state.tree, this.#loadW, supplyW, limits);
  }

  #dispatch(): readonly Output[] {
    return dispatch(this.#state.tree, this.#loadW, this.#ordered, this.#capsW, this.#gridW);
  }

  #serve(lot: Lot): readonly Served[] {
    const flow = this.#flow();
    const { serve: order } = this.#state.policy;
    const served = serve(flow, ranked(lot.wants, order), { serve: order, isSoft: this.#isSoft });
    this.#loadW = flow.loadW;
    return served;
  }

  /** Sends away what sources here have beyond the loads; nothing while the grid has to help with those. */
  #export(lot: Lot): readonly Served[] {
    const { tree } = this.#state;
    const root = tree.nodes[0];
    const gridW = this.#gridW;
    this.#gridW = 0n;
    const flow = this.#flow();
    const hasSurplus = root !== undefined && flow.throughW(root) === 0n;
    const sentW = this.#sentW;
    const boundW = ({ lanes }: Want): bigint =>
      !hasSurplus
        ? 0n
        : lanes.map((lane) => maxW(0n, (root.exportW[lane] ?? 0n) - (sentW[lane] ?? 0n))).reduce(minW) *
          BigInt(lanes.length);
    const served = ranked(lot.wants, 'fcfs').flatMap((want) => {
      const got = serve(flow, [want], { serve: 'fcfs', isSoft: this.#isSoft, boundW });
      for (const { servedW } of got)
        for (const lane of want.lanes)
          sentW[lane] = (sentW[lane] ?? 0n) + servedW / BigInt(want.lanes.length);
      return got;
    });
    if (served.every(({ servedW }) => servedW === 0n)) this.#gridW = gridW;
    this.#loadW = flow.loadW;
    return served;
  }

  /** Sources of other kinds stay at what they deliver; those of `kinds` may give all that they have. */
  #freeze(kinds: readonly SourceKind[]): void {
    const delivered = new Map(this.#dispatch().map(({ supply, laneW }) => [supply, laneW]));
    this.#capsW = new Map(
      this.#ordered.map((supply) => {
        const nowW = delivered.get(supply) ?? supply.laneW.map(() => 0n);
        return kinds.includes(supply.source.kind)
          ? [supply, supply.laneW.map((most, lane) => maxW(most, nowW[lane] ?? 0n))]
          : [supply, nowW];
      }),
    );
    if (!kinds.includes('grid'))
      this.#gridW = sumW(this.#grids().map((supply) => sumW(delivered.get(supply) ?? [])));
  }
}
