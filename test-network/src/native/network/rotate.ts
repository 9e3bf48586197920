/** New certificates for a node while the others go on. Guide: docs/network/rotate-certificates.md. */
import { readFile, rm } from 'node:fs/promises';
import { activeOrderers } from '@roamgrid/network';
import { common } from '@hyperledger/fabric-protos';
import { channelGroup } from '../config-update/envelope.ts';
import type { NetworkContext } from '../context.ts';
import { ensureOrganisation } from '../crypto/organisation.ts';
import { awaitConsenter, awaitLeader } from '../fabric/ordering.ts';
import { viaOrderer } from '../fabric/peer-cli.ts';
import { whileSettling } from '../fabric/retry.ts';
import type { RunningState } from '../state.ts';
import { chaincodeId, type NetworkNode } from '../topology.ts';
import { writeGenesisBlock } from './channel.ts';
import { changeConfiguration, currentConfiguration } from './configuration.ts';
import { firstUtility, scratchFile } from './lifecycle.ts';
import { startNode, stopNode } from './nodes.ts';
import { openNetwork, requireNode, type OpenOptions } from './open.ts';
import { awaitEndorsable } from './ready.ts';
import { organisationContent } from './up.ts';

/**
 * Where a channel pins its orderers' certificates: Raft in the first value, BFT in the second, and in the policy by which
 * blocks are verified, which has to say the same.
 */
const PINNED = ['ConsensusType', 'Orderers'] as const;
const PINNED_POLICY = 'BlockValidation';

const SETTLING_LIMIT_MS = 30_000;

const orderingGroup = (root: common.ConfigGroup): common.ConfigGroup => {
  const group = root.getGroupsMap().get('Orderer');
  if (group === undefined) throw new Error('the channel has no Orderer group');
  return group;
};

/** Puts the certificates that now lie in the orderer's files into a channel, signed by every ordering organisation. */
async function pin(context: NetworkContext, channel: string): Promise<void> {
  // Only Raft's leader knows which nodes are alive, and it lets no change endanger its quorum.
  const orderer = viaOrderer(context, await awaitLeader(context, channel));
  const before = await currentConfiguration(context, channel, orderer);
  // The entry as it has to be is cut from the first block that the channel would have today.
  const blockFile = await scratchFile(context, `${channel}-rotated.block`, new Uint8Array());
  await writeGenesisBlock(context, blockFile, channel);
  const wanted = orderingGroup(channelGroup(await readFile(blockFile)));
  const after = common.ConfigGroup.deserializeBinary(before.serializeBinary());
  const changed = orderingGroup(after);
  for (const name of PINNED) {
    const value = wanted.getValuesMap().get(name);
    if (value !== undefined) changed.getValuesMap().set(name, value);
  }
  const policy = wanted.getPoliciesMap().get(PINNED_POLICY);
  if (policy !== undefined) changed.getPoliciesMap().set(PINNED_POLICY, policy);
  await changeConfiguration(context, channel, {
    before,
    after,
    signers: activeOrderers(context.consortium),
    submitter: firstUtility(context),
    orderer,
  });
}

/** Processes that use the node's certificates: a utility's chaincodes share those of the first. */
const usersOf = (context: NetworkContext, node: NetworkNode): NetworkNode[] =>
  node.kind === 'chaincode'
    ? context.ofKind('chaincode').filter(({ organisation }) => organisation.mspId === node.organisation.mspId)
    : [node];

/**
 * Issues a node new keys and certificates (enrolment and TLS) and starts it with them; an orderer's are put into every
 * channel first. Returns when the node takes part again, so that the next one may follow. Throws `NO_SUCH_NODE`.
 */
export async function rotateCertificates(id: string, options: OpenOptions): Promise<RunningState> {
  const { context, state } = await openNetwork(options);
  const node = requireNode(context, id);
  const { organisation } = node;
  const holder = node.kind === 'chaincode' ? chaincodeId(organisation) : node.id;
  context.report(`new certificates for ${holder}`);
  await rm(context.files(organisation).node(holder), { recursive: true });
  await ensureOrganisation(context.paths, organisation, organisationContent(context, organisation.mspId));

  const channels = [state.consortium.channel.name, ...state.furtherChannels];
  if (node.kind === 'orderer') {
    for (const channel of channels) {
      context.report(`${channel} names the new certificates of ${node.id}`);
      await whileSettling(SETTLING_LIMIT_MS, () => pin(context, channel));
    }
  }
  for (const user of usersOf(context, node)) {
    await stopNode(context, user);
    await startNode(context, user, state.chaincodes);
  }
  if (node.kind === 'orderer') for (const channel of channels) await awaitConsenter(context, node, channel);
  else await awaitEndorsable(context.paths, state);
  return state;
}
