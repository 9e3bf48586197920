/** Making the channel and joining nodes to it. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CHANNEL_PROFILE, configtxYaml, type Placement } from '@roamgrid/network';
import { HOST, type NetworkContext } from '../context.ts';
import { peer } from '../fabric/peer-cli.ts';
import { run } from '../fabric/run.ts';
import { nodeOf, type NetworkNode } from '../topology.ts';

const placement = (context: NetworkContext): Placement => ({
  mspDir: (organisation) => context.files(organisation).msp(),
  anchorPeer: (organisation) => ({
    host: HOST,
    port: nodeOf(context.nodes, organisation, 'peer').outerPort,
  }),
  orderer: (organisation) => ({ host: HOST, port: nodeOf(context.nodes, organisation, 'orderer').outerPort }),
  ordererCertificates: (organisation) => {
    const { id } = nodeOf(context.nodes, organisation, 'orderer');
    const files = context.files(organisation);
    return { tls: files.tls(id).cert, identity: files.nodeCertificate(id) };
  },
});

/** Writes the first block of a channel for this consortium to `blockFile`. */
export async function writeGenesisBlock(
  context: NetworkContext,
  blockFile: string,
  channel = context.consortium.channel.name,
): Promise<void> {
  const dir = context.paths.configtxDir();
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'configtx.yaml'), configtxYaml(context.consortium, placement(context)));
  await run(
    context.binaries.path.configtxgen,
    ['-profile', CHANNEL_PROFILE, '-channelID', channel, '-outputBlock', blockFile],
    { FABRIC_CFG_PATH: dir },
  );
}

/** Joins the peer to the channel, unless it has joined. */
export async function joinPeer(
  context: NetworkContext,
  node: NetworkNode,
  blockFile = context.paths.channelBlock(),
  channel = context.consortium.channel.name,
): Promise<void> {
  const joined = await peer(context, node.organisation, ['channel', 'list']);
  if (joined.split('\n').includes(channel)) return;
  await peer(context, node.organisation, ['channel', 'join', '--blockpath', blockFile]);
}

/** How many blocks the peer holds. */
export async function ledgerHeight(context: NetworkContext, node: NetworkNode): Promise<number> {
  const text = await peer(context, node.organisation, [
    'channel',
    'getinfo',
    '--channelID',
    context.consortium.channel.name,
  ]);
  const height = /"height":(\d+)/.exec(text)?.[1];
  if (height === undefined) throw new Error(`${node.id} does not tell its height: ${text}`);
  return Number(height);
}
