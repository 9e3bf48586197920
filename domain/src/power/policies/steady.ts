import type { Signals } from '../model/signal.ts';
import { byStateOfCharge, isStale, type Source, type Store } from '../model/source.ts';

/** What keeps a house from switching to and fro: how long a side is kept, and by how much it has to be worth a change. */
export interface SteadyRules {
  /** Above this demand of the grid batteries feed, parts per thousand. */
  readonly thresholdPermille: number;
  /** Not before demand is so much below the threshold are they let go. */
  readonly backPermille: number;
  /** What feeds is not changed again before, ms, unless it cannot give any more. */
  readonly dwellMs: number;
  /** By so much of what it can hold another battery has to be fuller, and a battery above its floor to be used again, parts per million. */
  readonly chargePpm: bigint;
}

/** What is known from before; plain JSON. */
export interface SteadyMemory {
  readonly isDemandHigh: boolean;
  readonly demandSinceMs: number;
  readonly leadingSourceId?: string;
  readonly leadingSinceMs: number;
  /** Batteries that came to their floor, or to the lower one, and are not well above it again. */
  readonly atFloor: readonly string[];
  readonly atEssentialFloor: readonly string[];
}

export const STEADY_START: SteadyMemory = {
  ...{
    isDemandHigh: false,
    demandSinceMs: 0,
    leadingSinceMs: 0,
    atFloor: [],
    atEssentialFloor: [],
  },
};

interface Steadied {
  readonly memory: SteadyMemory;
  readonly signals: Signals;
  readonly sources: readonly Source[];
}

const PPM = 1_000_000n;

const bandOf = ({ capacityWh }: Store, { chargePpm }: SteadyRules): bigint => (capacityWh * chargePpm) / PPM;

const essentialOf = (store: Store): bigint => store.essentialFloorWh ?? store.floorWh;

const demandNow = (
  memory: SteadyMemory,
  demandPermille: number | undefined,
  { thresholdPermille, backPermille, dwellMs }: SteadyRules,
  nowMs: number,
): Pick<SteadyMemory, 'isDemandHigh' | 'demandSinceMs'> => {
  const { isDemandHigh, demandSinceMs } = memory;
  const demand = demandPermille ?? 0;
  const isHigh = isDemandHigh ? demand > thresholdPermille - backPermille : demand > thresholdPermille;
  return isHigh === isDemandHigh || nowMs - demandSinceMs < dwellMs
    ? { isDemandHigh, demandSinceMs }
    : { isDemandHigh: isHigh, demandSinceMs: nowMs };
};

/** Whether one battery is fuller than another by the band of the one that leads. */
const isWellFuller = (other: Store, leading: Store, rules: SteadyRules): boolean =>
  byStateOfCharge(other, { ...leading, storedWh: leading.storedWh + bandOf(leading, rules) }) < 0;

const leaderNow = (
  memory: SteadyMemory,
  batteries: readonly (Source & { readonly store: Store })[],
  rules: SteadyRules,
  nowMs: number,
): Pick<SteadyMemory, 'leadingSourceId' | 'leadingSinceMs'> => {
  const { leadingSourceId, leadingSinceMs } = memory;
  const leading = batteries.find(({ sourceId }) => sourceId === leadingSourceId);
  // At a tie the storage of the house: the car may be wanted.
  const fullest = [...batteries].sort(
    (a, b) =>
      byStateOfCharge(a.store, b.store) ||
      Number(a.kind === 'ev') - Number(b.kind === 'ev') ||
      (a.sourceId < b.sourceId ? -1 : 1),
  )[0];
  if (leading !== undefined && fullest !== undefined) {
    const isKept =
      nowMs - leadingSinceMs < rules.dwellMs || !isWellFuller(fullest.store, leading.store, rules);
    if (isKept) return { leadingSourceId: leading.sourceId, leadingSinceMs };
  }
  return fullest === undefined
    ? { leadingSinceMs }
    : { leadingSourceId: fullest.sourceId, leadingSinceMs: nowMs };
};

/** A floor that was reached is as much higher until the battery is well above it. */
const floorsNow = (
  before: readonly string[],
  sources: readonly Source[],
  floorOf: (store: Store) => bigint,
  rules: SteadyRules,
): readonly string[] =>
  sources.flatMap(({ sourceId, store }) => {
    if (store === undefined) return [];
    const bandWh = before.includes(sourceId) ? bandOf(store, rules) : 0n;
    return store.storedWh <= floorOf(store) + bandWh ? [sourceId] : [];
  });

/**
 * Readings and signals as a decision takes them, so that it does not flap: a demand about the threshold, two batteries that hold the
 * same, and one at its floor. With the same memory more demand never ends a battery's turn, and less in a battery never gives it one. Spec: PANEL-2.
 */
export const steady = (
  memory: SteadyMemory,
  given: { readonly signals: Signals; readonly sources: readonly Source[] },
  rules: SteadyRules,
  nowMs: number,
): Steadied => {
  const { thresholdPermille } = rules;
  const demand = demandNow(memory, given.signals.gridDemandPermille, rules, nowMs);
  const saidPermille = given.signals.gridDemandPermille ?? 0;
  const atFloor = floorsNow(memory.atFloor, given.sources, ({ floorWh }) => floorWh, rules);
  const atEssentialFloor = floorsNow(memory.atEssentialFloor, given.sources, essentialOf, rules);
  const batteries = given.sources.flatMap((source) =>
    source.store === undefined ||
    source.availableW === 0n ||
    isStale(source, nowMs) ||
    atEssentialFloor.includes(source.sourceId)
      ? []
      : [{ ...source, store: source.store }],
  );
  const leader = leaderNow(memory, batteries, rules, nowMs);
  return {
    memory: { ...demand, ...leader, atFloor, atEssentialFloor },
    signals: {
      ...given.signals,
      ...(leader.leadingSourceId !== undefined && { leadingSourceId: leader.leadingSourceId }),
      gridDemandPermille: demand.isDemandHigh
        ? Math.max(saidPermille, thresholdPermille + 1)
        : Math.min(saidPermille, thresholdPermille),
    },
    sources: given.sources.map((source): Source => {
      const { store, sourceId } = source;
      if (store === undefined) return source;
      const bandWh = bandOf(store, rules);
      const floorWh = store.floorWh + (atFloor.includes(sourceId) ? bandWh : 0n);
      const lowerWh = essentialOf(store) + (atEssentialFloor.includes(sourceId) ? bandWh : 0n);
      return { ...source, store: { ...store, floorWh, essentialFloorWh: lowerWh } };
    }),
  };
};
