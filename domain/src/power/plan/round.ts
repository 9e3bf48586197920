import { emptyGrid, evenly, type Grid } from '../allocate/balance.ts';
import { Flow } from '../allocate/flow.ts';
import { ceilToStep, floorToStep, stepsOf, type Steps } from '../allocate/step.ts';
import type { Claim } from '../model/claim.ts';
import { byText, minW, sumW, UNLIMITED_W } from '../model/phases.ts';
import type { PowerState } from '../model/state.ts';
import type { TreeNode } from '../model/tree.ts';
import type { FormedPlan } from './form.ts';
import { availableIn, isPlanned, loadIn, mostIn, type Horizon, type Slot } from './horizon.ts';

/** What a plan gives in a slot, W: values that the claims can take. */
export interface PlannedSlot {
  readonly startMs: number;
  readonly endMs: number;
  readonly chargesW: Readonly<Record<string, bigint>>;
  /** Most that a battery feeds in. */
  readonly batteriesW: Readonly<Record<string, bigint>>;
}

interface Course {
  readonly claim: Claim;
  readonly leaf: TreeNode;
  readonly lanes: readonly number[];
  readonly steps: Steps;
  readonly columns: readonly (number | undefined)[];
  /** What rounding has kept back so far, watt-slots; negative when it gave more. */
  carried: bigint;
  /** What it still needs, watt-slots. */
  left: bigint;
}

interface Placed {
  readonly course: Course;
  readonly targetW: bigint;
  readonly mostW: bigint;
  givenW: bigint;
}

const MS_PER_HOUR = 3_600_000n;

/** A solver's value as whole watts: to the nearest, never below zero. */
const wholeW = (values: readonly number[], column: number | undefined): bigint =>
  column === undefined ? 0n : BigInt(Math.max(0, Math.round(values[column] ?? 0)));

/** The largest part not given first, then by id, so that the same answer is rounded the same way everywhere. */
const byOpenPart = (a: Placed, b: Placed): number => {
  const [first, second] = [a.targetW - a.givenW, b.targetW - b.givenW];
  return first > second ? -1 : first < second ? 1 : byText(a.course.claim.claimId, b.course.claim.claimId);
};

const nextW = ({ course: { steps }, givenW }: Placed): bigint =>
  ceilToStep(givenW + 1n, steps) ?? UNLIMITED_W;

/** Rounds the answer of a solver slot by slot to what claims can take, within the limits of the tree. */
class Rounding {
  readonly #state: PowerState;
  readonly #horizon: Horizon;
  readonly #formed: FormedPlan;
  readonly #values: readonly number[];
  readonly #courses: readonly Course[];

  constructor(state: PowerState, horizon: Horizon, formed: FormedPlan, values: readonly number[]) {
    this.#state = state;
    this.#horizon = horizon;
    this.#formed = formed;
    this.#values = values;
    const { tree } = state;
    this.#courses = formed.charges.flatMap(({ claim, columns }): readonly Course[] => {
      const leaf = tree.byId.get(claim.nodeId);
      const lanes = claim.lanes ?? Array.from({ length: tree.lanes }, (_, lane) => lane);
      if (leaf === undefined) return [];
      const steps = stepsOf(claim, tree.volts, lanes.length);
      const left = claim.mayStore
        ? UNLIMITED_W
        : ((claim.needWh ?? 0n) * MS_PER_HOUR + BigInt(horizon.slotMs) - 1n) / BigInt(horizon.slotMs);
      return [{ claim, leaf, lanes, steps, columns, carried: 0n, left }];
    });
  }

  slot(slot: Slot): PlannedSlot {
    const flow = this.#flowOf(slot);
    const placed = this.#courses.map((course): Placed => {
      const plannedW = wholeW(this.#values, course.columns[slot.at]);
      const mostW = minW(
        mostIn(course.claim, slot, this.#state),
        ceilToStep(course.left, course.steps) ?? UNLIMITED_W,
      );
      return { course, targetW: plannedW + course.carried, mostW, givenW: 0n };
    });
    for (const one of placed)
      this.#raise(flow, one, floorToStep(minW(one.targetW, one.mostW), one.course.steps));
    let openW = sumW(placed.map(({ targetW, givenW }) => (targetW > 0n ? targetW - givenW : 0n)));
    for (const one of [...placed].sort(byOpenPart)) {
      const moreW = nextW(one) - one.givenW;
      // There is no later slot for what would be kept back: a car that is full takes no more.
      const isLast = one.course.columns.slice(slot.at + 1).every((column) => column === undefined);
      if (one.targetW <= one.givenW || (moreW > openW && !isLast)) continue;
      const beforeW = one.givenW;
      this.#raise(flow, one, nextW(one));
      openW -= one.givenW - beforeW;
    }
    for (const { course, targetW, mostW, givenW } of placed) {
      const kept = targetW - givenW;
      course.carried = kept > mostW ? mostW : kept;
      const drawnW = this.#formed.feeds
        .filter(({ source }) => source.sourceId === course.claim.sourceId)
        .map(({ columns }) => wholeW(this.#values, columns[slot.at]));
      const leftW = course.left + sumW(drawnW) - givenW;
      course.left = leftW > 0n ? leftW : 0n;
    }
    return {
      startMs: slot.startMs,
      endMs: slot.endMs,
      chargesW: Object.fromEntries(placed.map(({ course, givenW }) => [course.claim.claimId, givenW])),
      batteriesW: Object.fromEntries(
        this.#formed.feeds
          .filter(({ source }) => source.store !== undefined)
          .map(({ source, columns }) => [source.sourceId, wholeW(this.#values, columns[slot.at])]),
      ),
    };
  }

  #raise(flow: Flow, one: Placed, toW: bigint): void {
    const { course, givenW, mostW } = one;
    const { roomW } = flow.room(course.leaf, course.lanes, false);
    const valueW = floorToStep(minW(toW, minW(mostW, givenW + roomW)), course.steps);
    if (valueW <= givenW) return;
    flow.add(course.leaf, evenly(valueW - givenW, course.lanes, this.#state.tree));
    one.givenW = valueW;
  }

  /** The tree with the sources and the loads of a slot that are not planned. */
  #flowOf(slot: Slot): Flow {
    const { tree, sources, claims } = this.#state;
    const supplyW = emptyGrid(tree);
    for (const { source, columns } of this.#formed.feeds) {
      const lanes = source.lanes ?? tree.nodes[0]?.hardW.map((_, lane) => lane) ?? [];
      const feedsW = wholeW(this.#values, columns[slot.at]);
      this.#put(supplyW, source.nodeId, lanes, feedsW);
    }
    const gridW = sumW(
      sources
        .filter(({ kind }) => kind === 'grid')
        .map(({ sourceId, availableW }) => availableIn(this.#horizon, sourceId, availableW, slot)),
    );
    const loadW = emptyGrid(tree);
    for (const claim of claims) {
      if (isPlanned(claim) || (claim.kind !== 'circuit' && claim.kind !== 'compute')) continue;
      const lanes = claim.lanes ?? tree.nodes[0]?.hardW.map((_, lane) => lane) ?? [];
      this.#put(loadW, claim.nodeId, lanes, loadIn(this.#horizon, claim, slot));
    }
    return new Flow(tree, loadW, supplyW, { gridW, softConnectionW: UNLIMITED_W });
  }

  #put(grid: Grid, nodeId: string, lanes: readonly number[], valueW: bigint): void {
    const index = this.#state.tree.byId.get(nodeId)?.index;
    if (index === undefined) return;
    for (const lane of lanes) {
      const row = grid[lane];
      if (row !== undefined) row[index] = (row[index] ?? 0n) + valueW / BigInt(lanes.length);
    }
  }
}

/** The first `count` slots of an answer, rounded. What rounding keeps back in one slot is given in a later one. */
export const roundPlan = (
  state: PowerState,
  horizon: Horizon,
  formed: FormedPlan,
  values: readonly number[],
  count: number,
): readonly PlannedSlot[] => {
  const rounding = new Rounding(state, horizon, formed, values);
  return formed.slots.slice(0, count).map((slot) => rounding.slot(slot));
};
