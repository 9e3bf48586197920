import type { Claim } from '../model/claim.ts';
import { maxW, minW, UNLIMITED_W } from '../model/phases.ts';
import { floorOf, isStale, type Source } from '../model/source.ts';
import type { PowerState } from '../model/state.ts';
import type { TreeNode } from '../model/tree.ts';
import {
  availableIn,
  chargeCostIn,
  isPlanned,
  loadIn,
  mostIn,
  slotsOf,
  type Horizon,
  type Slot,
} from './horizon.ts';
import type { FormedPlan } from './form.ts';
import type { ModelBuilder, Term } from './linear-model.ts';
import type { SharedColumns } from './shared-columns.ts';

const MS_PER_HOUR = 3_600_000n;
/** Lets an even part of one, two or three phases be a whole factor. */
const PARTS = 6n;
const PPM = 1_000_000n;
/** A battery's content in thousandths, so that losses are whole factors. */
const STORED = 1_000n;

/** What leaves a battery for one that arrives, in thousandths rounded up. */
const drawnOf = (lossPpm = 0n): bigint => (PPM * STORED + (PPM - lossPpm) - 1n) / (PPM - lossPpm);

interface Part {
  readonly leaf: TreeNode;
  readonly lanes: readonly number[];
  readonly column: number;
  /** 1 for what takes power, -1 for what brings it. */
  readonly sign: bigint;
}

const totalOf = (lanes: readonly bigint[]): bigint =>
  (lanes.reduce((sum, part) => sum + part, 0n) + PARTS - 1n) / PARTS;

/** Watt-slots: power in W, energy in W times a slot, money in micros a kWh times that, so that all factors are whole. */
export class BranchForm {
  readonly #state: PowerState;
  readonly #horizon: Horizon;
  readonly #slots: readonly Slot[];
  readonly #model: ModelBuilder;
  readonly #shared: SharedColumns;
  readonly #charges: { claim: Claim; columns: (number | undefined)[] }[] = [];
  readonly #feeds: { source: Source; columns: (number | undefined)[] }[] = [];
  readonly #parts: Part[][];

  constructor(
    state: PowerState,
    horizon: Horizon,
    nowMs: number,
    model: ModelBuilder,
    shared: SharedColumns,
  ) {
    this.#state = state;
    this.#horizon = horizon;
    this.#model = model;
    this.#shared = shared;
    this.#slots = slotsOf(horizon, nowMs);
    this.#parts = this.#slots.map(() => []);
    for (const source of [...state.sources].sort((a, b) => (a.sourceId < b.sourceId ? -1 : 1)))
      if (source.kind !== 'grid' && !isStale(source, nowMs)) this.#addSource(source);
    const sorted = [...state.claims].sort((a, b) => (a.claimId < b.claimId ? -1 : 1));
    for (const claim of sorted) if (isPlanned(claim)) this.#addCharge(claim);
    for (const slot of this.#slots) {
      this.#addLimits(slot);
      this.#addSurplus(slot);
    }
    for (const { source } of this.#feeds) this.#addStore(source);
  }

  get formed(): Omit<FormedPlan, 'model'> {
    return { slots: this.#slots, charges: this.#charges, feeds: this.#feeds };
  }

  /** An energy as watt-slots, rounded down. */
  #inSlots(energyWh: bigint): bigint {
    return (energyWh * MS_PER_HOUR) / BigInt(this.#horizon.slotMs);
  }

  #lanesOf(lanes: readonly number[] | undefined): readonly number[] {
    return lanes ?? Array.from({ length: this.#state.tree.lanes }, (_, lane) => lane);
  }

  #addCharge(claim: Claim): void {
    const leaf = this.#state.tree.byId.get(claim.nodeId);
    if (leaf === undefined) return;
    const { laterMicrosPerKWh, unmetMicrosPerKWh } = this.#horizon.weights;
    const weight = claim.weight ?? 1n;
    const columns = this.#slots.map((slot) => {
      const mostW = mostIn(claim, slot, this.#state);
      if (mostW <= 0n) return undefined;
      const later = laterMicrosPerKWh * weight * BigInt(slot.at);
      const cost = later + chargeCostIn(this.#horizon, claim.claimId, slot);
      const column = this.#shared.charge(this.#model, claim, slot, cost, mostW);
      this.#parts[slot.at]?.push({ leaf, lanes: this.#lanesOf(claim.lanes), column, sign: 1n });
      return column;
    });
    this.#charges.push({ claim, columns });
    // What nobody needs by a time is charged for what it is worth alone.
    if (claim.mayStore === true && claim.deadlineMs === undefined) return;
    const spareWh = claim.mayStore === true ? (claim.spareWh ?? 0n) : 0n;
    const needed = this.#inSlots((claim.needWh ?? 0n) - spareWh) * STORED;
    const unmet = this.#model.column(unmetMicrosPerKWh * weight);
    const terms = [...columns, unmet].flatMap((column) =>
      column === undefined ? [] : [{ column, factor: STORED }],
    );
    // What the same battery gives until then has to come back.
    const given = this.#feeds.find(({ source }) => source.sourceId === claim.sourceId);
    for (const slot of this.#slots) {
      const column = given?.columns[slot.at];
      if (column !== undefined && mostIn(claim, slot, this.#state) > 0n)
        terms.push({ column, factor: -drawnOf(given?.source.lossPpm) });
    }
    this.#model.row(terms, { lower: needed, ...(claim.mayStore !== true && { upper: needed }) });
  }

  #addSource(source: Source): void {
    const { tree, claims } = this.#state;
    const leaf = tree.byId.get(source.nodeId);
    const consents = claims.filter(
      ({ kind, sourceId }) => kind === 'discharge' && sourceId === source.sourceId,
    );
    const isWorthless = (source.lossPpm ?? 0n) >= PPM;
    if (leaf === undefined || isWorthless || (source.kind === 'ev' && consents.length === 0)) return;
    const columns = this.#slots.map((slot) => {
      const open = consents.filter((claim) => mostIn(claim, slot, this.#state) > 0n);
      if (source.kind === 'ev' && open.length === 0) return undefined;
      const hasW = availableIn(this.#horizon, source.sourceId, source.availableW, slot);
      const allowedW = open.reduce((least, claim) => (claim.maxW < least ? claim.maxW : least), hasW);
      const deliveredW = (allowedW * (PPM - (source.lossPpm ?? 0n))) / PPM;
      if (deliveredW <= 0n) return undefined;
      const wear = source.store === undefined ? 0n : maxW(1n, this.#horizon.weights.wearMicrosPerKWh);
      const column = this.#shared.feed(this.#model, source, slot, wear, deliveredW);
      this.#parts[slot.at]?.push({ leaf, lanes: this.#lanesOf(source.lanes), column, sign: -1n });
      return column;
    });
    this.#feeds.push({ source, columns });
  }

  /** What a battery holds stays between its floor and what it can hold, at the end of each slot. */
  #addStore(source: Source): void {
    const { store, lossPpm = 0n } = source;
    if (store === undefined) return;
    const outs = this.#feeds.find((feed) => feed.source === source)?.columns ?? [];
    const ins = this.#charges.filter(({ claim }) => claim.sourceId === source.sourceId);
    const floorWh = floorOf(store, false);
    const lowestWh = floorWh < store.storedWh ? floorWh : store.storedWh;
    const mostHeld = this.#inSlots(store.capacityWh - lowestWh);
    let before: number | undefined;
    for (const { at } of this.#slots) {
      // Nothing goes in or out any more: it holds what it held.
      const flows = [outs[at], ...ins.map(({ columns }) => columns[at])];
      if (flows.every((column) => column === undefined)) continue;
      const held = this.#model.column(0n, mostHeld);
      const terms: Term[] = [{ column: held, factor: -STORED }];
      if (before !== undefined) terms.push({ column: before, factor: STORED });
      const [out, ...into] = flows;
      if (out !== undefined) terms.push({ column: out, factor: -drawnOf(lossPpm) });
      for (const column of into) if (column !== undefined) terms.push({ column, factor: STORED });
      const heldFirst = before === undefined ? this.#inSlots(store.storedWh - lowestWh) * STORED : 0n;
      this.#model.row(terms, { lower: -heldFirst, upper: -heldFirst });
      before = held;
    }
  }

  /** What is fed of a surplus of some sources alone takes no more than these give. */
  #addSurplus(slot: Slot): void {
    for (const { claim, columns } of this.#charges) {
      const [column, kinds] = [columns[slot.at], claim.fromKinds];
      if (column === undefined || kinds === undefined || kinds.includes('grid')) continue;
      const given = this.#feeds.flatMap(({ source, columns: outs }) => {
        const out = outs[slot.at];
        return out !== undefined && kinds.includes(source.kind) ? [{ column: out, factor: -1n }] : [];
      });
      this.#model.row([{ column, factor: 1n }, ...given], { upper: 0n });
    }
  }

  /** What loads that are not planned take below each node by lane, W times the parts. */
  #fixedIn(slot: Slot): readonly bigint[][] {
    const { tree, claims } = this.#state;
    const fixed = tree.nodes.map(() => Array.from({ length: tree.lanes }, () => 0n));
    for (const claim of claims) {
      const leaf = tree.byId.get(claim.nodeId);
      if (leaf === undefined || isPlanned(claim) || (claim.kind !== 'circuit' && claim.kind !== 'compute'))
        continue;
      const lanes = this.#lanesOf(claim.lanes);
      const part = (loadIn(this.#horizon, claim, slot) * PARTS) / BigInt(lanes.length);
      for (const index of leaf.path)
        for (const lane of lanes) {
          const row = fixed[index];
          if (row !== undefined) row[lane] = (row[lane] ?? 0n) + part;
        }
    }
    return fixed;
  }

  #addLimits(slot: Slot): void {
    const { tree } = this.#state;
    const below = tree.nodes.map((): Part[] => []);
    for (const part of this.#parts[slot.at] ?? [])
      for (const index of part.leaf.path) below[index]?.push(part);
    const fixed = this.#fixedIn(slot);
    for (const node of tree.nodes) {
      const parts = below[node.index] ?? [];
      const ofNode = fixed[node.index] ?? [];
      if (parts.length === 0) continue;
      for (const [lane, hardW] of node.hardW.entries()) {
        const terms = parts.flatMap(({ lanes, column, sign }) =>
          lanes.includes(lane) ? [{ column, factor: (sign * PARTS) / BigInt(lanes.length) }] : [],
        );
        const load = ofNode[lane] ?? 0n;
        this.#limit(terms, hardW, node.softW[lane] ?? UNLIMITED_W, load);
        if (node.index > 0 && parts.some(({ sign }) => sign < 0n))
          this.#model.row(terms, { lower: -(node.exportW[lane] ?? 0n) * PARTS - load });
      }
      const all = parts.map(({ column, sign }) => ({ column, factor: sign }));
      const loadW = totalOf(ofNode);
      if (tree.lanes > 1) this.#limit(all, node.hardTotalW, node.softTotalW, loadW, 1n);
      if (node.index === 0) this.#addGrid(slot, all, loadW);
    }
  }

  /** Loads that are there anyway may exceed a limit alone: then what is planned may add nothing, which can always be met. */
  #limit(terms: readonly Term[], hardW: bigint, softW: bigint, fixed: bigint, parts = PARTS): void {
    const room = (limitW: bigint): bigint => (limitW * parts > fixed ? limitW * parts - fixed : 0n);
    if (hardW < UNLIMITED_W) this.#model.row(terms, { upper: room(hardW) });
    if (softW >= hardW || softW >= UNLIMITED_W) return;
    const over = this.#model.column(this.#horizon.weights.softMicrosPerKWh);
    this.#model.row([...terms, { column: over, factor: -parts }], { upper: room(softW) });
  }

  /** What comes in less what goes out carries at least the loads less what is made here. */
  #addGrid(slot: Slot, terms: readonly Term[], loadW: bigint): void {
    const { weights } = this.#horizon;
    const gridW = this.#state.sources
      .filter(({ kind }) => kind === 'grid')
      .reduce(
        (sum, { sourceId, availableW, lossPpm = 0n }) =>
          sum + (availableIn(this.#horizon, sourceId, availableW, slot) * (PPM - lossPpm)) / PPM,
        0n,
      );
    const taken = this.#model.column(slot.priceMicrosPerKWh, maxW(gridW, loadW));
    const carried = [
      { column: taken, factor: 1n },
      ...terms.map(({ column, factor }) => ({ column, factor: -factor })),
    ];
    if (slot.exportMicrosPerKWh !== undefined) {
      const mostW = this.#state.tree.nodes[0]?.exportW.reduce((sum, limitW) => sum + limitW, 0n) ?? 0n;
      // At most the price: nothing is bought only to be sold.
      const paid = minW(slot.exportMicrosPerKWh, slot.priceMicrosPerKWh);
      carried.push({ column: this.#model.column(-paid, mostW), factor: -1n });
    }
    this.#model.row(carried, { lower: loadW });
    const { peak } = this.#shared;
    if (peak === undefined) return;
    const abovePeak = [
      { column: taken, factor: 1n },
      { column: peak, factor: -1n },
    ];
    this.#model.row(abovePeak, { upper: weights.peakSoFarW });
  }
}
