import {
  growTree,
  type Limit,
  type Policy,
  type PowerNode,
  type Signals,
  type Tree,
  type TreeError,
} from '@roamgrid/domain/power';
import type { Result } from '@roamgrid/domain';
import type { SiteSpec } from './spec.ts';

/** What operators may set of a node; it never goes above what is built. */
export interface NodeLimits {
  readonly hard?: Limit;
  readonly exportUpTo?: Limit;
}

/** What operators set while the service runs, by versions. */
export interface SiteSettings {
  readonly version: number;
  readonly policy: Policy;
  readonly limits: Readonly<Record<string, NodeLimits>>;
  /** By claim or load, 1 before 2. */
  readonly priorities: Readonly<Record<string, number>>;
  readonly signals: Signals;
}

const least = (a: bigint | undefined, b: bigint | undefined): bigint | undefined =>
  a === undefined ? b : b === undefined ? a : a < b ? a : b;

const leastOfEach = (
  a: readonly bigint[] | undefined,
  b: readonly bigint[] | undefined,
): readonly bigint[] | undefined =>
  a === undefined ? b : b === undefined ? a : a.map((value, lane) => least(value, b[lane]) ?? value);

/** The tighter of two limits, part by part. */
export const tighter = (a: Limit | undefined, b: Limit | undefined): Limit | undefined => {
  if (a === undefined || b === undefined) return a ?? b;
  const [totalW, phaseW, phaseA] = [
    least(a.totalW, b.totalW),
    leastOfEach(a.phaseW, b.phaseW),
    leastOfEach(a.phaseA, b.phaseA),
  ];
  return {
    ...(totalW !== undefined && { totalW }),
    ...(phaseW !== undefined && { phaseW }),
    ...(phaseA !== undefined && { phaseA }),
  };
};

const limited = (
  node: PowerNode,
  set: NodeLimits | undefined,
  connectionW: bigint | undefined,
): PowerNode => {
  const ofCloud =
    node.parentId === undefined && connectionW !== undefined ? { totalW: connectionW } : undefined;
  const hard = tighter(tighter(node.hard, set?.hard), ofCloud);
  // An export without a limit of its own has the hard one: a limit that is set is one all the same.
  const exportUpTo = tighter(node.exportUpTo, set?.exportUpTo);
  return {
    ...node,
    ...(hard !== undefined && { hard }),
    ...(exportUpTo !== undefined && { exportUpTo }),
  };
};

/** The tree with what is built, what operators set and what the cloud leaves to the site. */
export const treeOf = (
  { nodes, volts, lanes }: Pick<SiteSpec, 'nodes' | 'volts' | 'lanes'>,
  limits: SiteSettings['limits'],
  connectionW: bigint | undefined,
): Result<Tree, TreeError> =>
  growTree(
    nodes.map((node) => limited(node, limits[node.nodeId], connectionW)),
    { volts, lanes },
  );
