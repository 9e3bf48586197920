/** One node of a running network, or the state of all. */
import { NativeNetworkError } from '../errors.ts';
import { currentLeader } from '../fabric/ordering.ts';
import type { DeployedChaincode } from '../state.ts';
import { ledgerHeight } from './channel.ts';
import { logTail, nodeStatus, startNode, stopNode, type NodeStatus } from './nodes.ts';
import { openNetwork, requireNode, type OpenOptions } from './open.ts';

export interface NetworkStatus {
  readonly channel: string;
  readonly ordering: string;
  readonly fabricVersion: string;
  readonly chaincodes: readonly Pick<DeployedChaincode, 'name' | 'version' | 'definitions'>[];
  readonly leader?: string;
  readonly nodes: readonly (NodeStatus & { readonly height?: number })[];
  /** Whether every node runs and answers. */
  readonly healthy: boolean;
}

export async function status(options: OpenOptions): Promise<NetworkStatus> {
  const { context, state } = await openNetwork(options);
  const leader = await currentLeader(context);
  const nodes = await Promise.all(
    context.nodes.map(async (node) => {
      const found = await nodeStatus(context, node);
      if (node.kind !== 'peer' || found.state !== 'healthy') return found;
      return { ...found, height: await ledgerHeight(context, node) };
    }),
  );
  const chaincodes = state.chaincodes.map(({ name, version, definitions }) => ({
    name,
    version,
    definitions,
  }));
  return {
    channel: state.consortium.channel.name,
    ordering: state.consortium.ordering.consensus,
    fabricVersion: state.fabricVersion,
    chaincodes,
    ...(leader !== undefined && { leader: leader.id }),
    nodes,
    healthy: nodes.every((node) => node.state === 'healthy'),
  };
}

/** `kill` gives the process no chance to finish what it does. */
export async function stopOne(
  id: string,
  options: OpenOptions,
  how: 'terminate' | 'kill' = 'terminate',
): Promise<void> {
  const { context } = await openNetwork(options);
  await stopNode(context, requireNode(context, id), how);
}

/** @returns the id of its process */
export async function startOne(id: string, options: OpenOptions): Promise<number> {
  const { context, state } = await openNetwork(options);
  return startNode(context, requireNode(context, id), state.chaincodes);
}

export async function restartOne(id: string, options: OpenOptions): Promise<void> {
  await stopOne(id, options);
  await startOne(id, options);
}

/** The end of the node's log. Throws `NO_SUCH_NODE`. */
export async function logs(id: string, options: OpenOptions): Promise<string> {
  const { context } = await openNetwork(options);
  const text = await logTail(context, requireNode(context, id));
  if (text === '') throw new NativeNetworkError('NODE_FAILED', `${id} has written nothing yet`);
  return text;
}
