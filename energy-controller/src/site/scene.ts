import type { Claim, PowerState, Rule, Source, Tree } from '@roamgrid/domain/power';
import type { Commitments, Order } from './commitments.ts';
import type { Heard } from './heard.ts';
import type { SiteSettings } from './settings.ts';
import type { SiteSpec } from './spec.ts';
import { sumW } from './watts.ts';

/** A claim that can be told something now, and by which load. */
export interface LiveClaim {
  readonly loadId: string;
  readonly claim: Claim;
  /** Nobody but the controller knows of it yet: a request or a reservation whose device has not shown up. */
  readonly isKept: boolean;
}

/** A claim that the controller keeps itself: what a request was granted, or a reservation. */
export interface KeptClaim {
  readonly loadId: string;
  readonly claim: Claim;
}

export interface Scene {
  readonly spec: SiteSpec;
  readonly tree: Tree;
  readonly settings: SiteSettings;
  readonly heard: Heard;
  readonly kept: readonly KeptClaim[];
  readonly commitments: Commitments;
}

/** What a plain request may be, said again by its device: the device's own words within what was agreed. */
const agreed = (said: Claim, kept: Claim): Claim => ({
  ...said,
  maxW: said.maxW < kept.maxW ? said.maxW : kept.maxW,
  ...(kept.urgency !== undefined && { urgency: kept.urgency }),
  ...(kept.priority !== undefined && { priority: kept.priority }),
  ...(kept.weight !== undefined && { weight: kept.weight }),
  ...(kept.fromMs !== undefined && { fromMs: kept.fromMs }),
  ...(kept.untilMs !== undefined && { untilMs: kept.untilMs }),
});

/** Claims of loads that answered, with what operators and requests say of them. */
export const liveClaims = ({
  heard,
  kept,
  settings,
  commitments,
  spec,
  tree,
}: Scene): ReadonlyMap<string, LiveClaim> => {
  const live = new Map<string, LiveClaim>();
  const placeOf = new Map(spec.loads.map(({ loadId, nodeId }) => [loadId, tree.byId.get(nodeId)?.index]));
  const add = (loadId: string, claim: Claim, isKept: boolean): void => {
    // A device speaks for its own place alone, and no second one for a claim of the first.
    const isInPlace = tree.byId.get(claim.nodeId)?.path.includes(placeOf.get(loadId) ?? -1) === true;
    // Nor while the first may still go by an order for it.
    const isElsewhere = (commitments.loadOf(claim.claimId) ?? loadId) !== loadId;
    if (!isInPlace || isElsewhere || live.has(claim.claimId)) return;
    const priority = settings.priorities[claim.claimId] ?? settings.priorities[loadId] ?? claim.priority;
    const runningW = claim.runningW ?? commitments.confirmedW(claim.claimId) ?? 0n;
    live.set(claim.claimId, {
      loadId,
      claim: { ...claim, runningW, ...(priority !== undefined && { priority }) },
      isKept,
    });
  };
  const keptById = new Map(kept.map((one) => [one.claim.claimId, one.claim]));
  for (const [loadId, { reading, isFresh }] of heard.loads) {
    if (!isFresh || reading === undefined) continue;
    for (const claim of reading.claims) {
      const known = keptById.get(claim.claimId);
      add(loadId, known === undefined ? claim : agreed(claim, known), false);
    }
  }
  for (const { loadId, claim } of kept)
    if (!live.has(claim.claimId) && heard.loads.get(loadId)?.isFresh === true) add(loadId, claim, true);
  return live;
};

/** Marks what is taken already. In no device's id there is a `~`. */
const TAKEN = '~taken';

/** Before anything else that may not be interrupted: this cannot be. */
const TAKEN_FIRST: Rule = {
  name: 'taken-already',
  when: [{ is: 'claim', select: { group: TAKEN } }],
  then: [{ do: 'band', select: { group: TAKEN }, band: 100 }],
};

const pinOf = (
  claimId: string,
  base: Claim,
  nodeId: string,
  watts: bigint,
  lanes?: readonly number[],
): Claim => ({
  claimId,
  kind: base.kind,
  nodeId,
  minW: 0n,
  maxW: watts,
  runningW: watts,
  preemptible: false,
  arrivedMs: 0,
  group: TAKEN,
  ...(lanes !== undefined && { lanes }),
});

const UNKNOWN: Claim = { claimId: '', kind: 'circuit', nodeId: '', minW: 0n, maxW: 0n, arrivedMs: 0 };

/** What somebody may be taking whatever is decided: served before all others, lane by lane as it was told. */
export const pinsOf = (order: Order, known: Claim | undefined): readonly Claim[] => {
  const { claimId, nodeId, laneW } = order;
  return laneW.flatMap((watts, lane) =>
    watts === 0n ? [] : [pinOf(`${claimId}~${lane}`, known ?? UNKNOWN, nodeId, watts, [lane])],
  );
};

const ALONE = '~alone';

/** Whether a claim stands for what a load may take when nobody tells it anything. */
export const isAlone = (claimId: string): boolean => claimId.endsWith(ALONE);

/** What loads may take of which it is not sure that they have orders, W. */
export const aloneIn = (state: PowerState | undefined): bigint =>
  sumW((state?.claims ?? []).flatMap(({ claimId, maxW }) => (isAlone(claimId) ? [maxW] : [])));

/** What a load that nobody can tell anything may take besides its orders. */
const aloneOf = (scene: Scene, loadId: string, counted: readonly Order[]): readonly Claim[] => {
  const load = scene.spec.loads.find((one) => one.loadId === loadId);
  if (load === undefined) return [];
  const toldW = counted.reduce((sum, order) => (order.loadId === loadId ? sum + sumW(order.laneW) : sum), 0n);
  return load.aloneW > toldW ? [pinOf(loadId + ALONE, UNKNOWN, load.nodeId, load.aloneW - toldW)] : [];
};

const sourcesOf = ({ heard, spec }: Scene, withheld: ReadonlySet<string>): readonly Source[] =>
  spec.sources.flatMap(({ sourceId, staleAfterMs }): readonly Source[] => {
    const source = heard.sources.get(sourceId)?.reading?.source;
    if (source === undefined) return [];
    return [{ staleAfterMs, ...source, ...(withheld.has(sourceId) && { availableW: 0n }) }];
  });

export interface Held {
  /** Loads that cannot be told now: what they were told counts. */
  readonly loads: ReadonlySet<string>;
  /** Sources that did not confirm what they are to give: they count for nothing. */
  readonly sources: ReadonlySet<string>;
}

/** Outage when there are grids and none has anything to give. */
const isOutage = (sources: readonly Source[]): boolean => {
  const grids = sources.filter(({ kind }) => kind === 'grid');
  return grids.length > 0 && grids.every(({ availableW }) => availableW === 0n);
};

/** The state that is decided on: who can be told, and what all the others may be taking. */
export const stateOf = (scene: Scene, live: ReadonlyMap<string, LiveClaim>, held: Held): PowerState => {
  const { tree, settings, commitments, spec, heard } = scene;
  const counted = commitments.counted();
  const isFree = ({ claimId, loadId }: Order): boolean => live.has(claimId) && !held.loads.has(loadId);
  const known = new Map(
    [...heard.loads.values()].flatMap(({ reading }) =>
      (reading?.claims ?? []).map((claim) => [claim.claimId, claim] as const),
    ),
  );
  const pins = counted.flatMap((order) => (isFree(order) ? [] : pinsOf(order, known.get(order.claimId))));
  // What is kept for a device that has not shown up does not ask there.
  const asking = new Set([...live.values()].flatMap(({ loadId, isKept }) => (isKept ? [] : [loadId])));
  // Nobody can be told anything there, or something may begin there before the next tick.
  const isUnsure = (loadId: string): boolean =>
    held.loads.has(loadId) || !asking.has(loadId) || commitments.hasOpen(loadId);
  const alone = spec.loads.filter(({ loadId }) => isUnsure(loadId));
  const sources = sourcesOf(scene, held.sources);
  return {
    tree,
    sources,
    claims: [
      ...[...live.values()].filter(({ loadId }) => !held.loads.has(loadId)).map(({ claim }) => claim),
      ...pins,
      ...alone.flatMap(({ loadId }) => aloneOf(scene, loadId, counted)),
    ],
    signals: { ...settings.signals, ...(isOutage(sources) && { outage: true }) },
    policy: { ...settings.policy, rules: [TAKEN_FIRST, ...settings.policy.rules] },
    tickMs: spec.times.tickMs,
  };
};
