import { byText, minW, sumW, type LaneW } from '../model/phases.ts';
import type { SourceRank } from '../model/policy.ts';
import { byStateOfCharge, floorOf, isStale, type Source } from '../model/source.ts';
import type { PowerState, Reason, ReasonCode } from '../model/state.ts';
import type { TreeNode } from '../model/tree.ts';
import type { Directions } from './directions.ts';

/** A source that may be used, and what it can deliver by lane. */
export interface Supply {
  readonly source: Source;
  readonly leaf: TreeNode;
  readonly lanes: readonly number[];
  readonly laneW: LaneW;
  /** On all lanes together; a grid's may be anywhere on them. */
  readonly totalW: bigint;
  /** The same by lane for essential claims, which a battery feeds below its floor. */
  readonly essentialLaneW: LaneW;
}

const PPM = 1_000_000n;
const MS_PER_HOUR = 3_600_000n;

/** What arrives of what is put out, rounded down. */
const afterLossW = (outW: bigint, source: Source): bigint => (outW * (PPM - (source.lossPpm ?? 0n))) / PPM;

/** What is lost when so much is to arrive, rounded up to whole watts. */
export const lossOf = (deliveredW: bigint, source: Source): bigint => {
  const keptPpm = PPM - (source.lossPpm ?? 0n);
  return keptPpm === 0n ? 0n : (deliveredW * PPM + keptPpm - 1n) / keptPpm - deliveredW;
};

/** Most that a battery puts out for a whole tick without going below its floor; any power of a source that is none. */
const withinStoreW = (source: Source, tickMs: number, isEssential: boolean): bigint => {
  const { store, availableW } = source;
  if (store === undefined) return availableW;
  const aboveWh = store.storedWh - floorOf(store, isEssential);
  return aboveWh <= 0n ? 0n : minW(availableW, (aboveWh * MS_PER_HOUR) / BigInt(tickMs));
};

const refusalOf = (source: Source, state: PowerState, nowMs: number): ReasonCode | undefined => {
  if (isStale(source, nowMs)) return 'STALE';
  if (source.kind === 'grid' && state.signals.outage === true) return 'OUTAGE';
  const isOfThis = (kind: 'charge' | 'discharge') =>
    state.claims.some(
      (claim) =>
        claim.kind === kind &&
        claim.sourceId === source.sourceId &&
        (claim.fromMs ?? nowMs) <= nowMs &&
        nowMs < (claim.untilMs ?? Infinity) &&
        claim.maxW > 0n &&
        (kind === 'discharge' || claim.needWh !== 0n),
    );
  // A car's battery gives only what its owner lets it, and nothing while it is being charged.
  if (source.kind !== 'ev') return undefined;
  if (isOfThis('charge')) return 'CHARGING';
  return isOfThis('discharge') ? undefined : 'NO_CONSENT';
};

const capOf = (source: Source, state: PowerState): bigint => {
  let capW = source.availableW;
  for (const claim of state.claims)
    if (claim.kind === 'discharge' && claim.sourceId === source.sourceId) capW = minW(capW, claim.maxW);
  return capW;
};

/** Sources that may be used now, in no order, and why others are not. */
export const supplies = (
  state: PowerState,
  nowMs: number,
): { readonly usable: readonly Supply[]; readonly reasons: readonly Reason[] } => {
  const usable: Supply[] = [];
  const reasons: Reason[] = [];
  const all = Array.from({ length: state.tree.lanes }, (_, lane) => lane);
  const refuse = (source: Source, code: ReasonCode): void => {
    reasons.push({ of: source.sourceId, code });
  };
  const seen = new Map<string, number>();
  for (const { sourceId } of state.sources) seen.set(sourceId, (seen.get(sourceId) ?? 0) + 1);
  for (const source of state.sources) {
    const leaf = state.tree.byId.get(source.nodeId);
    const lanes = source.lanes ?? all;
    const isRight =
      leaf !== undefined &&
      seen.get(source.sourceId) === 1 &&
      source.availableW >= 0n &&
      lanes.length > 0 &&
      lanes.every((lane) => all.includes(lane));
    const refusal = isRight ? refusalOf(source, state, nowMs) : 'CLAIM_INVALID';
    if (!isRight || refusal !== undefined) {
      refuse(source, refusal ?? 'CLAIM_INVALID');
      continue;
    }
    const capped = { ...source, availableW: capOf(source, state) };
    const lanesFor = (isEssential: boolean): LaneW => {
      const evenW =
        afterLossW(withinStoreW(capped, state.tickMs, isEssential), source) / BigInt(lanes.length);
      return all.map((lane) => (lanes.includes(lane) ? evenW : 0n));
    };
    const laneW = lanesFor(false);
    const essentialLaneW = source.store === undefined ? laneW : lanesFor(true);
    if (sumW(essentialLaneW) === 0n && source.store !== undefined) refuse(source, 'AT_FLOOR');
    const totalW = source.kind === 'grid' ? afterLossW(source.availableW, source) : sumW(laneW);
    usable.push({ source, leaf, lanes, laneW, totalW, essentialLaneW });
  }
  return { usable, reasons };
};

const byId = (a: Supply, b: Supply): number => byText(a.source.sourceId, b.source.sourceId);

const byCharge = (a: Supply, b: Supply): number => {
  const [first, second] = [a.source.store, b.source.store];
  const order = first === undefined || second === undefined ? 0 : byStateOfCharge(first, second);
  if (order !== 0) return order;
  // At a tie the storage of the house goes first: the car may be wanted.
  if (a.source.kind !== b.source.kind) return a.source.kind === 'ess' ? -1 : 1;
  return byId(a, b);
};

const matches = (rank: SourceRank, { source }: Supply): boolean =>
  rank === 'batteries-by-charge' ? source.kind === 'ess' || source.kind === 'ev' : source.kind === rank;

/** The usable sources in the order in which they are used; those of a kind that the policy does not name are not. */
export const inOrder = (
  usable: readonly Supply[],
  { sourceOrder, sourcesOff }: Directions,
  leadingSourceId: string | undefined,
): readonly Supply[] => {
  const isLeading = ({ source }: Supply): number => (source.sourceId === leadingSourceId ? 1 : 0);
  const leadingFirst = (a: Supply, b: Supply): number => isLeading(b) - isLeading(a) || byCharge(a, b);
  const ordered: Supply[] = [];
  for (const rank of sourceOrder) {
    const ofRank = usable.filter(
      (supply) => matches(rank, supply) && !ordered.includes(supply) && !sourcesOff.has(supply.source.kind),
    );
    ordered.push(...ofRank.sort(rank === 'batteries-by-charge' ? leadingFirst : byId));
  }
  return ordered;
};
