/** Reaching a network that came up earlier. */
import { NetworkContext, type Report } from '../context.ts';
import { NativeNetworkError } from '../errors.ts';
import { findBinaries, type Binaries } from '../fabric/binaries.ts';
import type { NetworkPaths } from '../paths.ts';
import { furtherNames, requireState, type NetworkState, type RunningState } from '../state.ts';
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
  return { state, context: contextOf(state, { paths, report, binaries: await findBinaries() }) };
}

/** The context of a saved network. */
export const contextOf = (
  state: NetworkState,
  rest: { readonly paths: NetworkPaths; readonly report: Report; readonly binaries: Binaries },
): NetworkContext =>
  new NetworkContext({
    ...rest,
    consortium: state.consortium,
    basePort: state.basePort,
    outerPorts: state.outerPorts,
    furtherChaincodes: furtherNames(state),
  });

/** The same network in another state. */
export const withState = ({ paths, report, binaries }: NetworkContext, state: NetworkState): NetworkContext =>
  contextOf(state, { paths, report, binaries });

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
