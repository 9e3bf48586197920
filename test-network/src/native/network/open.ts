/** Reaching a network that came up earlier. */
import type { Consortium } from '@roamgrid/network';
import { NetworkContext, type Report } from '../context.ts';
import { NativeNetworkError } from '../errors.ts';
import { findBinaries } from '../fabric/binaries.ts';
import type { NetworkPaths } from '../paths.ts';
import { requireState, type RunningState } from '../state.ts';
import type { NetworkNode } from '../topology.ts';

export interface OpenOptions {
  readonly paths: NetworkPaths;
  readonly report?: Report;
}

export interface OpenNetwork {
  readonly context: NetworkContext;
  readonly state: RunningState;
}

/** Throws `NOT_UP` or `BINARIES_MISSING`. */
export async function openNetwork({ paths, report = () => undefined }: OpenOptions): Promise<OpenNetwork> {
  const state = await requireState(paths);
  const { consortium, basePort } = state;
  return {
    state,
    context: new NetworkContext({ paths, consortium, basePort, report, binaries: await findBinaries() }),
  };
}

/** The same network as the given consortium would have it. */
export const extended = (context: NetworkContext, consortium: Consortium): NetworkContext =>
  new NetworkContext({
    paths: context.paths,
    binaries: context.binaries,
    basePort: context.basePort,
    report: context.report,
    consortium,
  });

/** The node of that id. Throws `NO_SUCH_NODE`, listing those there are. */
export function requireNode(context: NetworkContext, id: string): NetworkNode {
  const node = context.nodes.find((candidate) => candidate.id === id);
  if (node === undefined)
    throw new NativeNetworkError(
      'NO_SUCH_NODE',
      `there is no node ${id}; the nodes are ${context.nodes.map((candidate) => candidate.id).join(', ')}`,
    );
  return node;
}
