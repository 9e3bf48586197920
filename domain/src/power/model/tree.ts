import { err, ok, type DomainError, type Result } from '../../result/index.ts';
import { UNLIMITED_W, minW, type LaneW } from './phases.ts';

declare const treeBrand: unique symbol;

/** What may flow through a node: the tightest of what is given holds. */
export interface Limit {
  /** All phases together, W. */
  readonly totalW?: bigint;
  /** A phase, W, one entry a lane. */
  readonly phaseW?: LaneW;
  /** A phase, whole amperes, one entry a lane. */
  readonly phaseA?: readonly bigint[];
}

/** A place where power is limited. The one without a parent is the connection: the grid is on its other side. */
export interface PowerNode {
  readonly nodeId: string;
  readonly kind: 'connection' | 'feeder' | 'outlet' | 'circuit';
  readonly parentId?: string;
  /** Never exceeded, either way. */
  readonly hard?: Limit;
  /** Kept, unless a claim is urgent or would miss its deadline; what is above it is stated. */
  readonly soft?: Limit;
  /** Most that flows up through it. Without it: the hard limit for a node inside, nothing for the connection. */
  readonly exportUpTo?: Limit;
}

/** A node with its limits by lane. */
export interface TreeNode {
  readonly node: PowerNode;
  /** Place in {@link Tree.nodes}. */
  readonly index: number;
  /** Place of the parent, -1 for the connection. */
  readonly parent: number;
  /** Itself and all above it, up to the connection. */
  readonly path: readonly number[];
  readonly hardW: LaneW;
  readonly hardTotalW: bigint;
  readonly softW: LaneW;
  readonly softTotalW: bigint;
  readonly exportW: LaneW;
  /** The same as a flow down, so negative; nothing at the connection, where an export is a load. */
  readonly lowestW: LaneW;
}

/** Limits that were checked; {@link growTree} is the only maker. */
export interface Tree {
  /** Phase voltage, whole volts. */
  readonly volts: bigint;
  /** One or three. */
  readonly lanes: number;
  /** Parents before children. */
  readonly nodes: readonly TreeNode[];
  readonly byId: ReadonlyMap<string, TreeNode>;
  readonly [treeBrand]: true;
}

export type TreeError = DomainError<
  'TREE_EMPTY' | 'TREE_ROOTS' | 'NODE_TWICE' | 'NODE_UNREACHABLE' | 'LIMIT_INVALID' | 'TREE_TOO_LARGE'
>;

/** More nodes than a block of stations has; bounds the work of one decision. */
const MAX_NODES = 10_000;

const lanesOf = (limit: Limit, volts: bigint, lanes: number): LaneW =>
  Array.from({ length: lanes }, (_, lane) => {
    const byWatts = limit.phaseW?.[lane] ?? UNLIMITED_W;
    const amps = limit.phaseA?.[lane];
    const byAmps = amps === undefined ? UNLIMITED_W : amps * volts;
    const tightest = minW(byWatts, byAmps);
    return lanes === 1 ? minW(tightest, limit.totalW ?? UNLIMITED_W) : tightest;
  });

const isLimitRight = (limit: Limit | undefined, lanes: number): boolean => {
  if (limit === undefined) return true;
  const all = [...(limit.phaseW ?? []), ...(limit.phaseA ?? []), limit.totalW ?? 0n];
  return (
    all.every((value) => value >= 0n && value <= UNLIMITED_W) &&
    [limit.phaseW, limit.phaseA].every((given) => given === undefined || given.length === lanes)
  );
};

/** What may flow up: a total is split evenly over the phases, rounded down, which errs to the safe side. */
const exportsOf = (node: PowerNode, volts: bigint, lanes: number): LaneW => {
  const isConnection = node.parentId === undefined;
  const given = [node.hard ?? {}, node.exportUpTo ?? (isConnection ? { totalW: 0n } : {})];
  const limits = given.map((limit) => {
    const evenlyW = limit.totalW === undefined ? UNLIMITED_W : limit.totalW / BigInt(lanes);
    return lanesOf(limit, volts, lanes).map((limitW) => minW(limitW, evenlyW));
  });
  return Array.from({ length: lanes }, (_, lane) =>
    limits.reduce((tightest, limit) => minW(tightest, limit[lane] ?? UNLIMITED_W), UNLIMITED_W),
  );
};

/** Nodes in an order in which every parent comes first, or undefined when some hang on nothing or on one another. */
const parentsFirst = (nodes: readonly PowerNode[], root: PowerNode): readonly PowerNode[] | undefined => {
  const children = new Map<string, PowerNode[]>();
  for (const node of nodes) {
    if (node.parentId === undefined) continue;
    const siblings = children.get(node.parentId);
    if (siblings === undefined) children.set(node.parentId, [node]);
    else siblings.push(node);
  }
  const ordered: PowerNode[] = [root];
  for (let at = 0; at < ordered.length; at += 1)
    ordered.push(...(children.get(ordered[at]?.nodeId ?? '') ?? []));
  return ordered.length === nodes.length ? ordered : undefined;
};

const findProblem = (nodes: readonly PowerNode[], volts: bigint, lanes: number): TreeError | undefined => {
  if (nodes.length === 0) return { code: 'TREE_EMPTY', message: 'a tree has a connection at least' };
  if (nodes.length > MAX_NODES)
    return { code: 'TREE_TOO_LARGE', message: `${nodes.length} nodes, at most ${MAX_NODES}` };
  if (volts <= 0n) return { code: 'LIMIT_INVALID', message: `a voltage is above zero, got ${volts} V` };
  const seen = new Set<string>();
  for (const node of nodes) {
    if (seen.has(node.nodeId))
      return { code: 'NODE_TWICE', message: `${node.nodeId} is there twice: give each node its own id` };
    seen.add(node.nodeId);
    if (![node.hard, node.soft, node.exportUpTo].every((limit) => isLimitRight(limit, lanes))) {
      const message = `a limit of ${node.nodeId} is negative, too large or not one of ${lanes} phases`;
      return { code: 'LIMIT_INVALID', message };
    }
  }
  return undefined;
};

/** Checks limits and works out what every decision needs of them. `lanes` is 1 for one phase or direct current, else 3. */
export const growTree = (
  nodes: readonly PowerNode[],
  { volts, lanes }: { readonly volts: bigint; readonly lanes: 1 | 3 },
): Result<Tree, TreeError> => {
  const problem = findProblem(nodes, volts, lanes);
  if (problem !== undefined) return err(problem);
  const roots = nodes.filter(({ parentId }) => parentId === undefined);
  const [root] = roots;
  if (root === undefined || roots.length > 1)
    return err({
      code: 'TREE_ROOTS',
      message: `${roots.length} nodes have no parent: one connection has none`,
    });
  const ordered = parentsFirst(nodes, root);
  if (ordered === undefined)
    return err({ code: 'NODE_UNREACHABLE', message: 'a node hangs on none that leads to the connection' });

  const byId = new Map<string, TreeNode>();
  const grown = ordered.map((node, index): TreeNode => {
    const above = node.parentId === undefined ? undefined : byId.get(node.parentId);
    const hardW = lanesOf(node.hard ?? {}, volts, lanes);
    const softW = lanesOf(node.soft ?? {}, volts, lanes).map((limitW, lane) =>
      minW(limitW, hardW[lane] ?? UNLIMITED_W),
    );
    const hardTotalW = node.hard?.totalW ?? UNLIMITED_W;
    const exportW = exportsOf(node, volts, lanes);
    const treeNode = {
      node,
      index,
      parent: above?.index ?? -1,
      path: [index, ...(above?.path ?? [])],
      hardW,
      hardTotalW,
      softW,
      softTotalW: minW(node.soft?.totalW ?? UNLIMITED_W, hardTotalW),
      exportW,
      lowestW: exportW.map((limitW) => (above === undefined ? 0n : -limitW)),
    };
    byId.set(node.nodeId, treeNode);
    return treeNode;
  });
  return ok({ volts, lanes, nodes: grown, byId } as unknown as Tree);
};
