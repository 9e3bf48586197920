/** Orderers join the channel through the participation API. */
import { z } from 'zod';
import { HOST, LOOPBACK, type NetworkContext } from '../context.ts';
import { NativeNetworkError } from '../errors.ts';
import type { NetworkNode } from '../topology.ts';
import { run } from './run.ts';
import { until } from './retry.ts';

const LEADER_LIMIT_MS = 60_000;

function osnadmin(context: NetworkContext, orderer: NetworkNode, args: readonly string[]): Promise<string> {
  const tls = context.files(orderer.organisation).tls(orderer.id);
  const connection = ['--orderer-address', `${HOST}:${orderer.secondPort}`, '--ca-file', tls.rootCert];
  return run(
    context.binaries.path.osnadmin,
    ['channel', ...args, ...connection, '--client-cert', tls.cert, '--client-key', tls.key],
    {},
  );
}

/** Joins the orderer to the channel of the block. */
export async function joinOrderer(
  context: NetworkContext,
  orderer: NetworkNode,
  blockFile: string,
  channel = context.consortium.channel.name,
): Promise<void> {
  const output = await osnadmin(context, orderer, [
    'join',
    '--channelID',
    channel,
    '--config-block',
    blockFile,
  ]);
  if (!/Status: 201/.test(output))
    throw new NativeNetworkError('COMMAND_FAILED', `${orderer.id} did not join: ${output}`);
}

const participation = z.object({
  height: z.number(),
  status: z.string(),
  consensusRelation: z.string(),
});

/** What an orderer says of its part in a channel; undefined while it does not answer. */
export async function participationOf(
  context: NetworkContext,
  orderer: NetworkNode,
  channel: string,
): Promise<z.output<typeof participation> | undefined> {
  try {
    const output = await osnadmin(context, orderer, ['list', '--channelID', channel]);
    return participation.parse(JSON.parse(output.slice(output.indexOf('{'))));
  } catch (error) {
    if (error instanceof NativeNetworkError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const CATCH_UP_LIMIT_MS = 60_000;

/** Waits until the orderer takes part in consensus and holds as many blocks as every other. */
export const awaitConsenter = (
  context: NetworkContext,
  orderer: NetworkNode,
  channel: string,
): Promise<true> =>
  until(`${orderer.id} taking part in ${channel} again`, CATCH_UP_LIMIT_MS, async () => {
    const own = await participationOf(context, orderer, channel);
    if (own?.consensusRelation !== 'consenter' || own.status !== 'active') return undefined;
    const others = await Promise.all(
      context.ofKind('orderer').map((each) => participationOf(context, each, channel)),
    );
    return others.every((other) => other === undefined || other.height <= own.height) || undefined;
  });

/** A metric of an orderer for a channel; undefined when the node does not answer or does not count it. */
async function metric(orderer: NetworkNode, name: string, channel: string): Promise<number | undefined> {
  try {
    const response = await fetch(`http://${LOOPBACK}:${orderer.operationsPort}/metrics`);
    const line = (await response.text())
      .split('\n')
      .find((candidate) => candidate.startsWith(`${name}{`) && candidate.includes(`channel="${channel}"`));
    return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1));
  } catch {
    return undefined;
  }
}

/** The orderer that leads now: Raft tells by a metric, BFT by each node's view of the leader's number. */
export async function currentLeader(
  context: NetworkContext,
  channel = context.consortium.channel.name,
): Promise<NetworkNode | undefined> {
  const orderers = context.ofKind('orderer');
  for (const orderer of orderers) {
    if (context.consortium.ordering.consensus === 'raft') {
      if ((await metric(orderer, 'consensus_etcdraft_is_leader', channel)) === 1) return orderer;
    } else {
      const number = await metric(orderer, 'consensus_BFT_leader_id', channel);
      if (number !== undefined && number > 0) return orderers[number - 1];
    }
  }
  return undefined;
}

/** Waits until ordering has a leader, and returns it. */
export const awaitLeader = (context: NetworkContext, channel?: string): Promise<NetworkNode> =>
  until('the election of an ordering leader', LEADER_LIMIT_MS, () => currentLeader(context, channel));
