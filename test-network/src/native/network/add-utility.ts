/** Admitting a utility to a running network. */
import { readFile } from 'node:fs/promises';
import { peerOrganisations, withUtility, type Utility } from '@roamgrid/network';
import { common } from '@hyperledger/fabric-protos';
import { channelGroup } from '../config-update/envelope.ts';
import type { NetworkContext } from '../context.ts';
import { NativeNetworkError } from '../errors.ts';
import { awaitLeader } from '../fabric/ordering.ts';
import { viaOrderer } from '../fabric/peer-cli.ts';
import { until } from '../fabric/retry.ts';
import { livePid } from '../process.ts';
import { requireFree } from '../ports.ts';
import { writeState, type ChannelDefinition, type DeployedChaincode, type RunningState } from '../state.ts';
import { nodeOf, reservedPorts, type NetworkNode } from '../topology.ts';
import { joinPeer, ledgerHeight, writeGenesisBlock } from './channel.ts';
import { changeConfiguration, currentConfiguration } from './configuration.ts';
import { define, installChaincode, nextDefinition, scratchFile } from './lifecycle.ts';
import { startNode } from './nodes.ts';
import { openNetwork, withState, type OpenOptions } from './open.ts';
import { awaitEndorsable } from './ready.ts';
import { prepareNodes } from './up.ts';

const CATCH_UP_LIMIT_MS = 60_000;

const applicationGroups = (root: common.ConfigGroup): ReturnType<common.ConfigGroup['getGroupsMap']> => {
  const application = root.getGroupsMap().get('Application');
  if (application === undefined) throw new Error('the channel has no Application group');
  return application.getGroupsMap();
};

/** Puts the utility's organisation into the channel, signed by every present member; nothing when it is in. */
async function admit(current: NetworkContext, next: NetworkContext, added: Utility): Promise<void> {
  const channel = current.consortium.channel.name;
  const orderer = viaOrderer(current, await awaitLeader(current));
  const before = await currentConfiguration(current, channel, orderer);
  if (applicationGroups(before).has(added.mspId)) return;

  // The new organisation's group is cut from the first block that the extended consortium would have.
  const blockFile = await scratchFile(next, 'extended.block', new Uint8Array());
  await writeGenesisBlock(next, blockFile);
  const group = applicationGroups(channelGroup(await readFile(blockFile))).get(added.mspId);
  if (group === undefined) throw new Error(`the extended consortium lacks ${added.mspId}`);
  const after = common.ConfigGroup.deserializeBinary(before.serializeBinary());
  applicationGroups(after).set(added.mspId, group);
  const [submitter, ...signers] = peerOrganisations(current.consortium);
  if (submitter === undefined) throw new Error('a consortium has at least two utilities');
  await changeConfiguration(current, channel, { before, after, signers, submitter, orderer });
}

/** A new peer knows its own administrators only once it has processed the block that admits them; until then 0. */
async function heightOnceMember(context: NetworkContext, node: NetworkNode): Promise<number> {
  try {
    return await ledgerHeight(context, node);
  } catch (error) {
    if (error instanceof NativeNetworkError && error.message.includes('access denied')) return 0;
    throw error;
  }
}

/**
 * Admits `added`: its certificates, its place in the channel, its peer and chaincode process, and a new chaincode
 * definition whose endorsement policy counts it, on the consortium's channel. It can be run again after a failure.
 */
export async function addUtility(added: Utility, options: OpenOptions): Promise<RunningState> {
  const { context: current, state } = await openNetwork(options);
  const { paths, report } = current;
  const channel = current.consortium.channel.name;
  const consortium = withUtility(current.consortium, added);
  const next = withState(current, { ...state, consortium });
  const fresh = next.nodes.filter((node) => node.organisation.mspId === added.mspId);
  if ((await livePid(paths.pid(nodeOf(next.nodes, added, 'peer').id))) === undefined) {
    const reserved = new Set(reservedPorts(current.consortium, current.basePort));
    await requireFree(reservedPorts(consortium, current.basePort).filter((port) => !reserved.has(port)));
  }

  report(`certificates of ${added.name}`);
  await prepareNodes(next, fresh);
  report(`channel update: ${added.mspId} joins, signed by all present members`);
  await admit(current, next, added);

  report(`peer and chaincode of ${added.name}`);
  const node = nodeOf(next.nodes, added, 'peer');
  await startNode(next, node);
  await joinPeer(next, node);
  const [member] = current.ofKind('peer');
  if (member === undefined) throw new Error('a network has peers');
  const target = await ledgerHeight(current, member);
  await until(`${node.id} catching up to block ${target}`, CATCH_UP_LIMIT_MS, async () =>
    (await heightOnceMember(next, node)) >= target ? true : undefined,
  );
  for (const process of fresh.filter(({ kind }) => kind === 'chaincode'))
    await startNode(next, process, state.chaincodes);

  report('chaincode definitions that count the new utility, approved by all');
  const chaincodes: DeployedChaincode[] = [];
  for (const chaincode of state.chaincodes) {
    await installChaincode(next, added, chaincode);
    const definitions: ChannelDefinition[] = [];
    for (const old of chaincode.definitions) {
      const definition = old.channel === channel ? await nextDefinition(current, chaincode.name, old) : old;
      if (old.channel === channel) await define(next, chaincode, definition);
      definitions.push(definition);
    }
    chaincodes.push({ ...chaincode, definitions });
  }
  const result = { ...state, consortium, chaincodes, chaincode: chaincodes[0] ?? state.chaincode };
  await writeState(paths, result);
  await awaitEndorsable(paths, result);
  return result;
}
