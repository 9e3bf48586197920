/** Bringing a network up, whole or not at all. */
import { rm } from 'node:fs/promises';
import type { Consortium } from '@roamgrid/network';
import { installBuilder } from '../builder/install.ts';
import { readSource } from '../chaincode/source.ts';
import { NetworkContext, type Report } from '../context.ts';
import { ensureOrganisation, type OrganisationContent } from '../crypto/organisation.ts';
import { NativeNetworkError } from '../errors.ts';
import { findBinaries } from '../fabric/binaries.ts';
import { awaitLeader, joinOrderer } from '../fabric/ordering.ts';
import type { NetworkPaths } from '../paths.ts';
import { requireFree } from '../ports.ts';
import { asRunning, furtherNames, readState, writeState, type RunningState } from '../state.ts';
import { setEndorsementClock, type EndorsementClock } from '../../endorsement-clock.ts';
import { joinPeer, writeGenesisBlock } from './channel.ts';
import { define, firstDefinition, installChaincode, prepareChaincode } from './lifecycle.ts';
import { stopDetached } from '../process.ts';
import { reservedPorts, topology, type OuterPorts } from '../topology.ts';
import { awaitEndorsable } from './ready.ts';
import { contextOf } from './open.ts';
import { configureNode, startNode, stopNode } from './nodes.ts';

export interface UpOptions {
  readonly paths: NetworkPaths;
  readonly consortium: Consortium;
  readonly basePort: number;
  /** By which port others reach a node, such as a proxy's before it; of a node left out, where it listens. */
  readonly outerPorts?: OuterPorts;
  /** Bundle file or folder; see `readSource`. */
  readonly chaincode: string;
  /** Collections of the chaincode, in the form of Fabric's collection configuration. */
  readonly collections?: readonly object[];
  /**
   * `simulated` for a network that is to live in a simulation's time. Left out, a new network's endorsers compare with
   * their clocks, and one that is there stays as it is.
   */
  readonly endorsementClock?: EndorsementClock;
  readonly report?: Report;
}

/** What each organisation of the consortium runs, by MSP id. */
export function organisationContent(context: NetworkContext, mspId: string): OrganisationContent {
  const own = context.nodes.filter((node) => node.organisation.mspId === mspId);
  const { identities, utilities, auditors } = context.consortium;
  const isMember = (members: readonly { mspId: string }[]): boolean =>
    members.some((member) => member.mspId === mspId);
  return {
    nodes: own.flatMap(({ id, kind }) => (kind === 'chaincode' ? [] : [{ id, ou: kind }])),
    services: own.filter(({ kind }) => kind === 'chaincode').map(({ id }) => id),
    identities: isMember(utilities) ? identities.utility : isMember(auditors) ? identities.auditor : [],
  };
}

/** Certificates and configuration files for these nodes' organisations. */
export async function prepareNodes(context: NetworkContext, nodes: NetworkContext['nodes']): Promise<void> {
  const organisations = new Map(nodes.map(({ organisation }) => [organisation.mspId, organisation]));
  for (const [mspId, organisation] of organisations)
    await ensureOrganisation(context.paths, organisation, organisationContent(context, mspId));
  for (const node of nodes) if (node.kind !== 'chaincode') await configureNode(context, node);
}

async function build(
  context: NetworkContext,
  { chaincode: chaincodePath, collections, endorsementClock = 'on' }: UpOptions,
): Promise<RunningState> {
  const { paths, consortium, basePort, binaries, report } = context;
  const source = await readSource(chaincodePath);
  await requireFree(reservedPorts(consortium, basePort));
  await setEndorsementClock(paths.root, endorsementClock);
  const base = {
    consortium,
    basePort,
    fabricVersion: binaries.version,
    outerPorts: context.outerPorts,
    furtherChannels: [],
    chaincodes: [],
  };
  await writeState(paths, base);

  report('certificates and configuration');
  await prepareNodes(context, context.nodes);
  await installBuilder(paths.builderDir());
  await writeGenesisBlock(context, paths.channelBlock());

  report(
    `${context.ofKind('orderer').length} orderers (${consortium.ordering.consensus}) and ${context.ofKind('peer').length} peers`,
  );
  const fabricNodes = context.nodes.filter((node) => node.kind !== 'chaincode');
  await Promise.all(fabricNodes.map((node) => startNode(context, node)));
  await Promise.all(
    context.ofKind('orderer').map((node) => joinOrderer(context, node, paths.channelBlock())),
  );
  await Promise.all(context.ofKind('peer').map((node) => joinPeer(context, node)));

  const { name, version } = consortium.chaincode;
  report(`chaincode ${name} ${version} from ${source.path}`);
  const definition = await firstDefinition(context, name, { channel: consortium.channel.name, collections });
  const chaincode = await prepareChaincode(context, source, {
    name,
    version,
    slot: 0,
    definitions: [definition],
  });
  await Promise.all([
    ...context.ofKind('chaincode').map((node) => startNode(context, node, [chaincode])),
    ...consortium.utilities.map((utility) => installChaincode(context, utility, chaincode)),
  ]);
  await define(context, chaincode, definition);
  const state = { ...base, chaincodes: [chaincode], chaincode };
  await awaitEndorsable(paths, state);
  await writeState(paths, state);
  return state;
}

/** Starts again what has stopped of a network that came up before. */
async function resume(context: NetworkContext, state: RunningState): Promise<RunningState> {
  context.report('the network is there: starting what has stopped');
  await Promise.all(context.nodes.map((node) => startNode(context, node, state.chaincodes)));
  const { consortium, furtherChannels, chaincodes } = state;
  await Promise.all(
    [consortium.channel.name, ...furtherChannels].map((channel) => awaitLeader(context, channel)),
  );
  for (const { name, definitions } of chaincodes)
    for (const { channel } of definitions)
      await awaitEndorsable(context.paths, state, { channel, chaincode: name });
  return state;
}

/** Throws `ALREADY_UP` when another network than the one asked for lies in the folder. */
function requireSame({ consortium, basePort, paths }: UpOptions, saved: RunningState): void {
  const same =
    consortium.ordering.consensus === saved.consortium.ordering.consensus &&
    consortium.utilities.length === saved.consortium.utilities.length &&
    basePort === saved.basePort;
  if (same) return;
  throw new NativeNetworkError(
    'ALREADY_UP',
    `another network lies in ${paths.root}: take it down first with npm run network:down`,
  );
}

/**
 * Brings the network up. One that is up already is left as it is, and a stopped one goes on from its ledger;
 * either must be the same consortium on the same ports, or `ALREADY_UP` is thrown. What cannot come up whole is
 * stopped again, and its logs stay.
 */
export async function up(options: UpOptions): Promise<RunningState> {
  const { paths, consortium, basePort, outerPorts = {}, report = () => undefined } = options;
  const binaries = await findBinaries();
  if (consortium.ordering.consensus === 'bft' && binaries.major < 3)
    throw new NativeNetworkError(
      'FABRIC_TOO_OLD',
      `BFT ordering needs Fabric 3; this is ${binaries.version}. Use --orderer raft.`,
    );
  const saved = await readState(paths);
  const running = asRunning(saved);
  if (running !== undefined) {
    requireSame(options, running);
    if (options.endorsementClock !== undefined)
      await setEndorsementClock(paths.root, options.endorsementClock);
    return resume(contextOf(running, { paths, binaries, report }), running);
  }
  if (saved !== undefined) await down({ paths });
  const context = new NetworkContext({ paths, consortium, binaries, basePort, outerPorts, report });
  try {
    return await build(context, options);
  } catch (error) {
    await Promise.all(context.nodes.map((node) => stopNode(context, node)));
    throw error;
  }
}

/** Stops every process; `keep` leaves keys and ledger for the next `up`, else the folder is removed. */
export async function down({
  paths,
  keep = false,
}: {
  paths: NetworkPaths;
  keep?: boolean;
}): Promise<boolean> {
  const state = await readState(paths);
  if (state === undefined) return false;
  const { consortium, basePort } = state;
  const nodes = topology(consortium, basePort, furtherNames(state));
  await Promise.all(nodes.map((node) => stopDetached(paths.pid(node.id))));
  if (!keep) await rm(paths.root, { recursive: true, force: true });
  return true;
}
