/** Further chaincodes and channels of a running network; the conformance suite needs several of both. */
import { readSource } from '../chaincode/source.ts';
import { NativeNetworkError } from '../errors.ts';
import { joinOrderer } from '../fabric/ordering.ts';
import { writeState, type RunningState } from '../state.ts';
import { CHAINCODE_LIMIT } from '../topology.ts';
import { joinPeer, writeGenesisBlock } from './channel.ts';
import {
  define,
  firstDefinition,
  installChaincode,
  prepareChaincode,
  scratchFile,
  type ChannelDeployment,
} from './lifecycle.ts';
import { startNode } from './nodes.ts';
import { openNetwork, withState, type OpenOptions } from './open.ts';
import { awaitEndorsable } from './ready.ts';

export interface DeployOptions extends OpenOptions {
  readonly name: string;
  readonly version: string;
  /** See `readSource`. */
  readonly chaincode: string;
  readonly channels: readonly ChannelDeployment[];
}

/** Runs one more chaincode beside the consortium's own, a process each utility. */
export async function deployChaincode(options: DeployOptions): Promise<RunningState> {
  const { context, state } = await openNetwork(options);
  const { name, version } = options;
  const slot = state.chaincodes.length;
  if (slot >= CHAINCODE_LIMIT)
    throw new NativeNetworkError('BAD_CHAINCODE', `a network runs at most ${CHAINCODE_LIMIT} chaincodes`);
  if (state.chaincodes.some((deployed) => deployed.name === name))
    throw new NativeNetworkError('BAD_CHAINCODE', `the network runs a chaincode ${name}: upgrade it instead`);
  const definitions = await Promise.all(
    options.channels.map((channel) => firstDefinition(context, name, channel)),
  );
  const source = await readSource(options.chaincode);
  const chaincode = await prepareChaincode(context, source, { name, version, slot, definitions });
  const result = { ...state, chaincodes: [...state.chaincodes, chaincode] };
  const next = withState(context, result);
  context.report(`chaincode ${name} ${version} from ${source.path}`);
  await writeState(context.paths, result);
  await Promise.all([
    ...next.ofKind('chaincode').map((node) => startNode(next, node, result.chaincodes)),
    ...context.consortium.utilities.map((utility) => installChaincode(next, utility, chaincode)),
  ]);
  for (const definition of definitions) {
    await define(next, chaincode, definition);
    await awaitEndorsable(context.paths, result, { channel: definition.channel, chaincode: name });
  }
  return result;
}

/** One more channel of the same organisations and policies, ordered by the same nodes. */
export async function createChannel(channel: string, options: OpenOptions): Promise<RunningState> {
  const { context, state } = await openNetwork(options);
  if ([state.consortium.channel.name, ...state.furtherChannels].includes(channel)) return state;
  const blockFile = await scratchFile(context, `${channel}.block`, '');
  await writeGenesisBlock(context, blockFile, channel);
  await Promise.all(context.ofKind('orderer').map((node) => joinOrderer(context, node, blockFile, channel)));
  await Promise.all(context.ofKind('peer').map((node) => joinPeer(context, node, blockFile, channel)));
  const result = { ...state, furtherChannels: [...state.furtherChannels, channel] };
  await writeState(context.paths, result);
  return result;
}
