import { byText, minW } from '../model/phases.ts';
import type { Notice, PowerState } from '../model/state.ts';
import type { TreeNode } from '../model/tree.ts';
import type { Flow } from './flow.ts';

/** By how much a node is above its soft limit, in total or on its worst phase, W. */
const aboveSoftW = (node: TreeNode, flow: Flow, softConnectionW: bigint): bigint => {
  const totalW = node.index === 0 ? minW(node.softTotalW, softConnectionW) : node.softTotalW;
  const excesses = [
    flow.throughW(node) - totalW,
    ...node.softW.map((limitW, lane) => flow.laneW(node, lane) - limitW),
  ];
  return excesses.reduce((most, excessW) => (excessW > most ? excessW : most), 0n);
};

const SOFT_LIMIT = 'SOFT_LIMIT_EXCEEDED';

/** What to tell: what rules say and which soft limits are exceeded, without what was told a short time ago. */
export const noticesOf = (
  state: PowerState,
  byRules: readonly Notice[],
  flow: Flow,
  softConnectionW: bigint,
  nowMs: number,
): readonly Notice[] => {
  const exceeded = state.tree.nodes.flatMap((node): readonly Notice[] => {
    const excessW = aboveSoftW(node, flow, softConnectionW);
    const { nodeId } = node.node;
    return excessW > 0n ? [{ key: `${SOFT_LIMIT}:${nodeId}`, code: SOFT_LIMIT, nodeId, excessW }] : [];
  });
  const isFresh = ({ key }: Notice): boolean =>
    !(state.signals.noticed ?? []).some(
      (told) => told.key === key && nowMs - told.atMs < state.policy.noticeEveryMs,
    );
  const all = new Map([...byRules, ...exceeded].map((notice) => [notice.key, notice]));
  return [...all.values()].filter(isFresh).sort((a, b) => byText(a.key, b.key));
};
