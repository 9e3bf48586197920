/** A node whose data is lost, made anew from what the others hold. Guide: docs/network/backup-restore.md. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { orderer } from '@hyperledger/fabric-protos';
import { activeOrderers } from '@roamgrid/network';
import type { NetworkContext } from '../context.ts';
import { awaitConsenter, awaitLeader, joinOrderer } from '../fabric/ordering.ts';
import { viaOrderer } from '../fabric/peer-cli.ts';
import { until, whileSettling } from '../fabric/retry.ts';
import type { RunningState } from '../state.ts';
import type { NetworkNode } from '../topology.ts';
import { joinPeer, ledgerHeight } from './channel.ts';
import { NativeNetworkError } from '../errors.ts';
import { withConsenters } from '../config-update/consenters.ts';
import { changeConfiguration, currentConfiguration, fetchConfiguration } from './configuration.ts';
import { firstUtility, installChaincode } from './lifecycle.ts';
import { configureNode, startNode, stopNode } from './nodes.ts';
import { openNetwork, requireNode, type OpenOptions } from './open.ts';
import { awaitEndorsable } from './ready.ts';

const CATCH_UP_LIMIT_MS = 60_000;
const SETTLING_LIMIT_MS = 30_000;

async function rebuildPeer(context: NetworkContext, state: RunningState, node: NetworkNode): Promise<void> {
  const { furtherChannels, chaincodes, consortium } = state;
  await joinPeer(context, node);
  for (const channel of furtherChannels)
    await joinPeer(context, node, context.paths.scratch(`${channel}.block`), channel);
  const utility = consortium.utilities.find(({ mspId }) => mspId === node.organisation.mspId);
  if (utility !== undefined)
    for (const chaincode of chaincodes) await installChaincode(context, utility, chaincode);
  const other = context.ofKind('peer').find(({ id }) => id !== node.id);
  if (other === undefined) throw new Error('a network has several peers');
  const target = await ledgerHeight(context, other);
  await until(`${node.id} catching up to block ${target}`, CATCH_UP_LIMIT_MS, async () =>
    (await ledgerHeight(context, node)) >= target ? true : undefined,
  );
  await awaitEndorsable(context.paths, state);
}

/**
 * Raft takes a node that has forgotten its log for one whose disk is broken, and the node ends itself. So it leaves the
 * channel's consenters and comes back as another one.
 */
async function replaceConsenter(context: NetworkContext, node: NetworkNode, channel: string): Promise<void> {
  const change = (edit: (consenters: orderer.etcdraft.Consenter[]) => orderer.etcdraft.Consenter[]) =>
    whileSettling(SETTLING_LIMIT_MS, async () => {
      const via = viaOrderer(context, await awaitLeader(context, channel));
      const before = await currentConfiguration(context, channel, via);
      await changeConfiguration(context, channel, {
        before,
        after: withConsenters(before, edit),
        signers: activeOrderers(context.consortium),
        submitter: firstUtility(context),
        orderer: via,
      });
    });
  let own: orderer.etcdraft.Consenter | undefined;
  await change((consenters) => {
    own = consenters.find((consenter) => consenter.getPort() === node.port);
    return consenters.filter((consenter) => consenter.getPort() !== node.port);
  });
  await change((consenters) => (own === undefined ? consenters : [...consenters, own]));
}

async function rebuildOrderer(
  context: NetworkContext,
  state: RunningState,
  node: NetworkNode,
): Promise<void> {
  for (const channel of [state.consortium.channel.name, ...state.furtherChannels]) {
    if (state.consortium.ordering.consensus === 'raft') await replaceConsenter(context, node, channel);
    const via = viaOrderer(context, await awaitLeader(context, channel));
    await joinOrderer(context, node, await fetchConfiguration(context, channel, via), channel);
    await awaitConsenter(context, node, channel);
  }
}

/**
 * Removes what a peer or orderer holds and has it fetch everything from the others again. Private bodies of its own
 * collection do not come back: no other organisation holds them. Throws `NO_SUCH_NODE`.
 */
export async function rebuildNode(id: string, options: OpenOptions): Promise<void> {
  const { context, state } = await openNetwork(options);
  const node = requireNode(context, id);
  if (node.kind === 'chaincode')
    throw new NativeNetworkError('NO_SUCH_NODE', `${id} keeps no data: restart it`);
  await stopNode(context, node);
  await rm(join(context.paths.node(node.id), 'data'), { recursive: true, force: true });
  await configureNode(context, node);
  await startNode(context, node);
  await (node.kind === 'peer' ? rebuildPeer : rebuildOrderer)(context, state, node);
}
