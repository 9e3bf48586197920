import { minW, sumW, type LaneW } from './model/phases.ts';
import type { Claim } from './model/claim.ts';
import type { Source } from './model/source.ts';
import type { Allocation } from './model/state.ts';
import type { Tree } from './model/tree.ts';

/** What is wrong with an allocation: never that a better one exists. */
export interface Breach {
  readonly code:
    | 'UNBALANCED'
    | 'NODE_OVER_LIMIT'
    | 'SOURCE_OVER_LIMIT'
    | 'GRANT_OVER_CLAIM'
    | 'GRANT_UNKNOWN'
    | 'LANES_DIFFER'
    | 'EXPORT_OVER_LIMIT';
  readonly of: string;
  readonly message: string;
}

type Checked = Pick<Allocation, 'grants' | 'sourceShares'>;

interface Facts {
  readonly tree: Tree;
  readonly sources: readonly Source[];
  readonly claims: readonly Claim[];
}

const addTo = (row: Map<string, bigint[]>, nodeId: string, laneW: LaneW, sign: bigint): void => {
  const sums = row.get(nodeId) ?? laneW.map(() => 0n);
  row.set(
    nodeId,
    laneW.map((valueW, lane) => (sums[lane] ?? 0n) + sign * valueW),
  );
};

/** What flows down through each node by lane, worked out from grants and shares alone. */
const flowsOf = (
  { tree, claims }: Facts,
  { grants, sourceShares }: Checked,
  sources: ReadonlyMap<string, Source>,
) => {
  const kinds = new Map(claims.map(({ claimId, kind }) => [claimId, kind]));
  const flows = new Map<string, bigint[]>();
  const spread = (nodeId: string, laneW: LaneW, sign: bigint): void => {
    for (const index of tree.byId.get(nodeId)?.path ?? [])
      addTo(flows, tree.nodes[index]?.node.nodeId ?? '', laneW, sign);
  };
  for (const { claimId, nodeId, laneW } of grants)
    if (kinds.get(claimId) !== 'export') spread(nodeId, laneW, 1n);
  for (const { sourceId, kind, laneW } of sourceShares)
    if (kind !== 'grid') spread(sources.get(sourceId)?.nodeId ?? '', laneW, -1n);
  return flows;
};

const limitsOf = (
  facts: Facts,
  checked: Checked,
  sources: ReadonlyMap<string, Source>,
): readonly Breach[] => {
  const flows = flowsOf(facts, checked, sources);
  return facts.tree.nodes.flatMap(({ node: { nodeId }, hardW, hardTotalW }) => {
    const laneW = flows.get(nodeId) ?? [];
    const over = laneW.findIndex((valueW, lane) => {
      const limitW = hardW[lane] ?? 0n;
      return valueW > limitW || -valueW > limitW;
    });
    const totalW = sumW(laneW);
    if (over < 0 && totalW <= hardTotalW && -totalW <= hardTotalW) return [];
    const message = `${nodeId} carries ${laneW.join('/')} W, ${totalW} W together: its limits are ${hardW.join('/')} and ${hardTotalW} W`;
    return [{ code: 'NODE_OVER_LIMIT', of: nodeId, message }];
  });
};

const sourcesOf = ({ sourceShares }: Checked, sources: ReadonlyMap<string, Source>): readonly Breach[] =>
  sourceShares.flatMap(({ sourceId, deliveredW, lossW, laneW }): readonly Breach[] => {
    const availableW = sources.get(sourceId)?.availableW ?? 0n;
    const isRight = laneW.every((valueW) => valueW >= 0n) && lossW >= 0n && deliveredW + lossW <= availableW;
    if (sumW(laneW) !== deliveredW)
      return [
        {
          code: 'LANES_DIFFER',
          of: sourceId,
          message: `its lanes add up to ${sumW(laneW)} W, not ${deliveredW} W`,
        },
      ];
    return isRight
      ? []
      : [
          {
            code: 'SOURCE_OVER_LIMIT',
            of: sourceId,
            message: `it gives ${deliveredW + lossW} W of ${availableW} W`,
          },
        ];
  });

const grantsOf = ({ claims }: Facts, { grants }: Checked): readonly Breach[] => {
  const byId = new Map(claims.map((claim) => [claim.claimId, claim]));
  return grants.flatMap(({ claimId, grantedW, laneW }): readonly Breach[] => {
    const claim = byId.get(claimId);
    if (claim === undefined) return [{ code: 'GRANT_UNKNOWN', of: claimId, message: 'nobody asked for it' }];
    if (sumW(laneW) !== grantedW)
      return [
        {
          code: 'LANES_DIFFER',
          of: claimId,
          message: `its lanes add up to ${sumW(laneW)} W, not ${grantedW} W`,
        },
      ];
    return grantedW >= 0n && grantedW <= claim.maxW
      ? []
      : [
          {
            code: 'GRANT_OVER_CLAIM',
            of: claimId,
            message: `it gets ${grantedW} W and takes at most ${claim.maxW} W`,
          },
        ];
  });
};

/** On each lane what is delivered is what is granted; and the connection sends up no more than it may. */
const balanceOf = ({ tree, claims }: Facts, { grants, sourceShares }: Checked): readonly Breach[] => {
  const exports = new Set(claims.filter(({ kind }) => kind === 'export').map(({ claimId }) => claimId));
  const root = tree.nodes[0];
  return Array.from({ length: tree.lanes }, (_, lane) => lane).flatMap((lane) => {
    const inLane = (rows: readonly { readonly laneW: LaneW }[]): bigint =>
      sumW(rows.map(({ laneW }) => laneW[lane] ?? 0n));
    const grantedW = inLane(grants);
    const deliveredW = inLane(sourceShares);
    const exportedW = inLane(grants.filter(({ claimId }) => exports.has(claimId)));
    const fromGridW = inLane(sourceShares.filter(({ kind }) => kind === 'grid'));
    const breaches: Breach[] = [];
    if (grantedW !== deliveredW)
      breaches.push({
        code: 'UNBALANCED',
        of: `lane ${lane}`,
        message: `${grantedW} W granted, ${deliveredW} W delivered`,
      });
    if (exportedW > (root?.exportW[lane] ?? 0n) || minW(exportedW, fromGridW) > 0n)
      breaches.push({
        code: 'EXPORT_OVER_LIMIT',
        of: `lane ${lane}`,
        message: `${exportedW} W exported, ${fromGridW} W from the grid`,
      });
    return breaches;
  });
};

/**
 * Whether an allocation adds up and keeps its limits, worked out anew from what it says; empty when it does. This is what contracts and
 * services check of a recorded one: arithmetic and limits.
 */
export const checkAllocation = (facts: Facts, allocation: Checked): readonly Breach[] => {
  const sources = new Map(facts.sources.map((source) => [source.sourceId, source]));
  return [
    ...balanceOf(facts, allocation),
    ...limitsOf(facts, allocation, sources),
    ...sourcesOf(allocation, sources),
    ...grantsOf(facts, allocation),
  ];
};
