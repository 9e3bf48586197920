/** Chaincode definitions: install on the utilities' peers, approve by every organisation, commit once. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { chaincodeEndorsement, peerOrganisations, policyText, type Organisation } from '@roamgrid/network';
import { z } from 'zod';
import { packageChaincode } from '../chaincode/package.ts';
import { installSource, type ChaincodeSource } from '../chaincode/source.ts';
import type { NetworkContext } from '../context.ts';
import { awaitLeader } from '../fabric/ordering.ts';
import { endorsedBy, peer, viaOrderer } from '../fabric/peer-cli.ts';
import { until, whileSettling } from '../fabric/retry.ts';
import type { ChannelDefinition, DeployedChaincode } from '../state.ts';

const SETTLING_LIMIT_MS = 30_000;
const APPROVAL_LIMIT_MS = 30_000;

/** What is to be deployed; `slot` is its place among the network's chaincodes. */
export interface NewChaincode {
  readonly name: string;
  readonly version: string;
  readonly slot: number;
  readonly definitions: ChannelDefinition[];
}

/** Where a chaincode is defined, and how it is endorsed there. */
export interface ChannelDeployment {
  readonly channel: string;
  /** Signature policy in Fabric's text form; the consortium's majority of utilities when absent. */
  readonly policy?: string;
  /** Collections in the form of Fabric's collection configuration. */
  readonly collections?: readonly object[] | undefined;
}

/** The first definition of a chaincode on a channel; its collections are kept in a file, for the definitions to come. */
export async function firstDefinition(
  context: NetworkContext,
  name: string,
  { channel, policy, collections }: ChannelDeployment,
): Promise<ChannelDefinition> {
  const file = `collections-${name}-${channel}.json`;
  return {
    channel,
    sequence: 1,
    ...(policy !== undefined && { policy }),
    ...(collections !== undefined && {
      collectionsFile: await scratchFile(context, file, JSON.stringify(collections)),
    }),
  };
}

/** Puts the code and its package into the state folder. Nothing is installed on a peer yet. */
export async function prepareChaincode(
  context: NetworkContext,
  source: ChaincodeSource,
  { name, version, slot, definitions }: NewChaincode,
): Promise<DeployedChaincode> {
  const label = `${name}_${version}`;
  const built = packageChaincode(label, source.sha256, slot);
  const dir = context.paths.chaincodeDir(`${label}-${built.id.slice(-12)}`);
  await installSource(source, dir);
  await writeFile(packageFile(dir), built.bytes);
  const program = source.kind === 'program' ? { program: source.file } : {};
  return { name, version, packageId: built.id, dir, definitions, ...program };
}

const packageFile = (dir: string): string => `${dir}.tar.gz`;

/** Installs the package on the organisation's peer, unless it is there. */
export async function installChaincode(
  context: NetworkContext,
  organisation: Organisation,
  chaincode: DeployedChaincode,
): Promise<void> {
  const installed = await peer(context, organisation, [
    'lifecycle',
    'chaincode',
    'queryinstalled',
    '--output',
    'json',
  ]);
  if (installed.includes(chaincode.packageId)) return;
  await peer(context, organisation, ['lifecycle', 'chaincode', 'install', packageFile(chaincode.dir)]);
}

function definitionArguments(
  context: NetworkContext,
  { name, version }: DeployedChaincode,
  { channel, sequence, policy, collectionsFile }: ChannelDefinition,
): string[] {
  return [
    ...['--channelID', channel, '--name', name, '--version', version, '--sequence', String(sequence)],
    ...['--signature-policy', policy ?? policyText(chaincodeEndorsement(context.consortium))],
    ...(collectionsFile === undefined ? [] : ['--collections-config', collectionsFile]),
  ];
}

/** An auditor approves the definition without installing code: its peer executes nothing. */
async function approve(
  context: NetworkContext,
  organisation: Organisation,
  chaincode: DeployedChaincode,
  definition: ChannelDefinition,
  orderer: string[],
): Promise<void> {
  const runsIt = context.consortium.utilities.some((utility) => utility.mspId === organisation.mspId);
  await whileSettling(SETTLING_LIMIT_MS, () =>
    peer(context, organisation, [
      ...['lifecycle', 'chaincode', 'approveformyorg'],
      ...definitionArguments(context, chaincode, definition),
      ...(runsIt ? ['--package-id', chaincode.packageId] : []),
      ...orderer,
    ]),
  );
}

const readiness = z.object({ approvals: z.record(z.string(), z.boolean()) });

/** Waits until the peer of `by` has seen every approval. */
async function awaitApprovals(
  context: NetworkContext,
  chaincode: DeployedChaincode,
  definition: ChannelDefinition,
  by: Organisation,
): Promise<void> {
  const query = ['lifecycle', 'chaincode', 'checkcommitreadiness', '--output', 'json'];
  await until('the approval by every organisation', APPROVAL_LIMIT_MS, async () => {
    const text = await peer(context, by, [...query, ...definitionArguments(context, chaincode, definition)]);
    return Object.values(readiness.parse(JSON.parse(text)).approvals).every(Boolean) || undefined;
  });
}

/** Every organisation approves the definition; the first utility commits it with the endorsement of all. */
export async function define(
  context: NetworkContext,
  chaincode: DeployedChaincode,
  definition: ChannelDefinition,
): Promise<void> {
  const organisations = peerOrganisations(context.consortium);
  const first = firstUtility(context);
  const orderer = viaOrderer(context, await awaitLeader(context, definition.channel));
  await Promise.all(
    organisations.map((organisation) => approve(context, organisation, chaincode, definition, orderer)),
  );
  await awaitApprovals(context, chaincode, definition, first);
  await peer(context, first, [
    ...['lifecycle', 'chaincode', 'commit'],
    ...definitionArguments(context, chaincode, definition),
    ...orderer,
    ...endorsedBy(context, organisations),
  ]);
}

/** The utility whose administrator acts for all where one is enough. */
export function firstUtility(context: NetworkContext): Organisation {
  const [first] = context.consortium.utilities;
  if (first === undefined) throw new Error('a consortium has at least two utilities');
  return first;
}

const committed = z.object({ sequence: z.int().min(1) });

/** The definition as it stands on the channel, with the sequence that the next one must have. */
export async function nextDefinition(
  context: NetworkContext,
  name: string,
  definition: ChannelDefinition,
): Promise<ChannelDefinition> {
  const query = [
    'lifecycle',
    'chaincode',
    'querycommitted',
    '--channelID',
    definition.channel,
    '--name',
    name,
  ];
  const text = await peer(context, firstUtility(context), [...query, '--output', 'json']);
  return { ...definition, sequence: committed.parse(JSON.parse(text)).sequence + 1 };
}

/** Writes a scratch file and returns its path. */
export async function scratchFile(
  context: NetworkContext,
  name: string,
  content: Uint8Array | string,
): Promise<string> {
  const file = context.paths.scratch(name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  return file;
}
