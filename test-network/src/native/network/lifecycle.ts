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
import type { DeployedChaincode } from '../state.ts';

const SETTLING_LIMIT_MS = 30_000;
const APPROVAL_LIMIT_MS = 30_000;

export interface Definition {
  readonly name: string;
  readonly version: string;
  readonly sequence: number;
}

/** Puts the code and its package into the state folder. Nothing is installed on a peer yet. */
export async function prepareChaincode(
  context: NetworkContext,
  source: ChaincodeSource,
  definition: Definition,
): Promise<DeployedChaincode> {
  const label = `${definition.name}_${definition.version}`;
  const built = packageChaincode(label, source.sha256);
  const dir = context.paths.chaincodeDir(`${label}-${built.id.slice(-12)}`);
  await installSource(source, definition.name, dir);
  await writeFile(packageFile(dir), built.bytes);
  return { ...definition, packageId: built.id, dir };
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

function definitionArguments(context: NetworkContext, { name, version, sequence }: Definition): string[] {
  return [
    ...['--channelID', context.consortium.channel.name],
    ...['--name', name, '--version', version, '--sequence', String(sequence)],
    ...['--signature-policy', policyText(chaincodeEndorsement(context.consortium))],
  ];
}

/** An auditor approves the definition without installing code: its peer executes nothing. */
async function approve(
  context: NetworkContext,
  organisation: Organisation,
  chaincode: DeployedChaincode,
  orderer: string[],
): Promise<void> {
  const runsIt = context.consortium.utilities.some((utility) => utility.mspId === organisation.mspId);
  await whileSettling(SETTLING_LIMIT_MS, () =>
    peer(context, organisation, [
      'lifecycle',
      'chaincode',
      'approveformyorg',
      ...definitionArguments(context, chaincode),
      ...(runsIt ? ['--package-id', chaincode.packageId] : []),
      ...orderer,
    ]),
  );
}

const readiness = z.object({ approvals: z.record(z.string(), z.boolean()) });

/** Waits until the first utility's peer has seen every approval. */
async function awaitApprovals(
  context: NetworkContext,
  chaincode: DeployedChaincode,
  by: Organisation,
): Promise<void> {
  await until('the approval by every organisation', APPROVAL_LIMIT_MS, async () => {
    const text = await peer(context, by, [
      'lifecycle',
      'chaincode',
      'checkcommitreadiness',
      ...definitionArguments(context, chaincode),
      '--output',
      'json',
    ]);
    return Object.values(readiness.parse(JSON.parse(text)).approvals).every(Boolean) || undefined;
  });
}

/** Every organisation approves the definition; the first utility commits it with the endorsement of all. */
export async function define(context: NetworkContext, chaincode: DeployedChaincode): Promise<void> {
  const organisations = peerOrganisations(context.consortium);
  const [first] = context.consortium.utilities;
  if (first === undefined) throw new Error('a consortium has at least two utilities');
  const orderer = viaOrderer(context, await awaitLeader(context));
  await Promise.all(organisations.map((organisation) => approve(context, organisation, chaincode, orderer)));
  await awaitApprovals(context, chaincode, first);
  await peer(context, first, [
    'lifecycle',
    'chaincode',
    'commit',
    ...definitionArguments(context, chaincode),
    ...orderer,
    ...endorsedBy(context, organisations),
  ]);
}

const committed = z.object({ sequence: z.int().min(1) });

/** The sequence of the definition that the channel holds. */
export async function committedSequence(context: NetworkContext, name: string): Promise<number> {
  const [first] = context.consortium.utilities;
  if (first === undefined) throw new Error('a consortium has at least two utilities');
  const channel = context.consortium.channel.name;
  const query = ['lifecycle', 'chaincode', 'querycommitted', '--channelID', channel, '--name', name];
  return committed.parse(JSON.parse(await peer(context, first, [...query, '--output', 'json']))).sequence;
}

/** Writes a scratch file and returns its path. */
export async function scratchFile(
  context: NetworkContext,
  name: string,
  content: Uint8Array,
): Promise<string> {
  const file = context.paths.scratch(name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  return file;
}
