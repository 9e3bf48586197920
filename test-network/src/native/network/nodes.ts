/** Starting, awaiting and stopping the processes of the network. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { BUILDER_CONFIG_VARIABLE, ordererConfigYaml, peerConfigYaml } from '@roamgrid/network';
import { addressName } from '../chaincode/package.ts';
import { CLOCK_SWITCH_VARIABLE, clockSwitchFile } from '../../endorsement-clock.ts';
import { HOST, LOOPBACK, type NetworkContext } from '../context.ts';
import { NativeNetworkError } from '../errors.ts';
import { CHAINCODE_NODE_OPTIONS } from '../../node-options.ts';
import { until } from '../fabric/retry.ts';
import { livePid, startDetached, stopDetached } from '../process.ts';
import type { DeployedChaincode } from '../state.ts';
import { CHAINCODE_LIMIT, chaincodeId, nodeOf, type NetworkNode } from '../topology.ts';

const READY_LIMIT_MS = 30_000;
const LOG_TAIL_CHARACTERS = 2000;

const require = createRequire(import.meta.url);
const shimDir = dirname(require.resolve('fabric-shim/package.json'));

/** Writes a Fabric node's configuration file into its folder. */
export async function configureNode(context: NetworkContext, node: NetworkNode): Promise<void> {
  const dir = context.paths.node(node.id);
  const files = context.files(node.organisation);
  const common = {
    mspId: node.organisation.mspId,
    mspDir: files.nodeMsp(node.id),
    dataDir: join(dir, 'data'),
    operationsListen: `${LOOPBACK}:${node.operationsPort}`,
    tls: files.tls(node.id),
  };
  await mkdir(common.dataDir, { recursive: true });
  if (node.kind === 'orderer') {
    const yaml = ordererConfigYaml({
      ...common,
      fabric: context.binaries.major >= 3 ? '3' : '2.5',
      listenHost: LOOPBACK,
      listenPort: node.port,
      adminListen: `${LOOPBACK}:${node.secondPort}`,
    });
    await writeFile(join(dir, 'orderer.yaml'), yaml);
  } else {
    const yaml = peerConfigYaml(context.consortium, {
      ...common,
      id: node.id,
      listen: `${LOOPBACK}:${node.port}`,
      externalAddress: `${HOST}:${node.outerPort}`,
      chaincodeListen: `${LOOPBACK}:${node.secondPort}`,
      builderDir: context.paths.builderDir(),
    });
    await writeFile(join(dir, 'core.yaml'), yaml);
  }
}

/** What a utility's peer tells the builder about the utility's chaincode process. */
async function builderConfig(context: NetworkContext, node: NetworkNode): Promise<Record<string, string>> {
  const { organisation } = node;
  if (!context.nodes.some((other) => other.id === chaincodeId(organisation))) return {};
  const chaincode = nodeOf(context.nodes, organisation, 'chaincode');
  const tls = context.files(organisation).tls(node.id);
  const [rootCert, clientCert, clientKey] = await Promise.all(
    [tls.rootCert, tls.cert, tls.key].map((file) => readFile(file, 'utf8')),
  );
  const addresses = Array.from({ length: CHAINCODE_LIMIT }, (_, slot): [string, string] => [
    addressName(slot),
    `${HOST}:${slot === 0 ? chaincode.outerPort : chaincode.port + slot}`,
  ]);
  const certificates = { root_cert: rootCert, client_cert: clientCert, client_key: clientKey };
  const connection = { ...Object.fromEntries(addresses), ...certificates };
  return { [BUILDER_CONFIG_VARIABLE]: JSON.stringify(connection) };
}

async function startFabricNode(context: NetworkContext, node: NetworkNode): Promise<number> {
  const dir = context.paths.node(node.id);
  const isOrderer = node.kind === 'orderer';
  return startDetached({
    command: context.binaries.path[isOrderer ? 'orderer' : 'peer'],
    args: isOrderer ? [] : ['node', 'start'],
    cwd: dir,
    env: {
      FABRIC_CFG_PATH: dir,
      FABRIC_LOGGING_SPEC: process.env['FABRIC_LOGGING_SPEC'] ?? 'info',
      ...(isOrderer ? {} : await builderConfig(context, node)),
    },
    logFile: context.paths.log(node.id),
    pidFile: context.paths.pid(node.id),
  });
}

/** Peers from Fabric 3.1 on take many keys of a chaincode in one message. */
const takesBatches = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 3 || (major === 3 && minor >= 1);
};

async function startChaincode(
  context: NetworkContext,
  node: NetworkNode,
  chaincode: DeployedChaincode,
): Promise<number> {
  // A utility's chaincode processes share the certificate of the first.
  const tls = context.files(node.organisation).tls(chaincodeId(node.organisation));
  const address = `${LOOPBACK}:${node.port}`;
  const { packageId, program } = chaincode;
  const served = [
    ...[join(shimDir, 'cli.js'), 'server', '--chaincode-address', address, '--chaincode-id', packageId],
    ...['--chaincode-tls-cert-file', tls.cert, '--chaincode-tls-key-file', tls.key],
    ...['--chaincode-tls-client-cacert-file', tls.rootCert],
  ];
  const programEnvironment = {
    CHAINCODE_SERVER_ADDRESS: address,
    CORE_CHAINCODE_ID_NAME: packageId,
    CHAINCODE_ID: packageId,
    CHAINCODE_TLS_CERT_FILE: tls.cert,
    CHAINCODE_TLS_KEY_FILE: tls.key,
    CHAINCODE_TLS_CLIENT_CACERT_FILE: tls.rootCert,
    CHAINCODE_PEER_BATCHES: takesBatches(context.binaries.version) ? 'on' : 'off',
  };
  return startDetached({
    command: process.execPath,
    args: [...CHAINCODE_NODE_OPTIONS, ...(program === undefined ? served : [join(chaincode.dir, program)])],
    cwd: chaincode.dir,
    env: {
      CORE_PEER_LOCALMSPID: node.organisation.mspId,
      NODE_ENV: 'production',
      [CLOCK_SWITCH_VARIABLE]: clockSwitchFile(context.paths.root),
      ...(program !== undefined && programEnvironment),
    },
    logFile: context.paths.log(node.id),
    pidFile: context.paths.pid(node.id),
  });
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: LOOPBACK });
    const answer = (open: boolean) => (): void => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', answer(true));
    socket.once('error', answer(false));
  });

async function isHealthy(node: NetworkNode): Promise<boolean> {
  if (node.kind === 'chaincode') return accepts(node.port);
  try {
    return (
      (await fetch(`http://${LOOPBACK}:${node.operationsPort}/healthz`)).ok && (await accepts(node.port))
    );
  } catch {
    return false;
  }
}

/** Last lines that the node wrote. */
export async function logTail(context: NetworkContext, node: NetworkNode): Promise<string> {
  const file = context.paths.log(node.id);
  return existsSync(file) ? (await readFile(file, 'utf8')).slice(-LOG_TAIL_CHARACTERS) : '';
}

async function awaitHealthy(context: NetworkContext, node: NetworkNode): Promise<void> {
  await until(`the start of ${node.id}`, READY_LIMIT_MS, async () => {
    if (await isHealthy(node)) return true;
    if ((await livePid(context.paths.pid(node.id))) !== undefined) return undefined;
    throw new NativeNetworkError(
      'NODE_FAILED',
      `${node.id} ended at its start:\n${await logTail(context, node)}`,
    );
  });
}

/**
 * Starts the node unless it runs, and waits until it answers. Throws `NODE_FAILED` with the end of its log.
 * @returns the id of its process
 */
export async function startNode(
  context: NetworkContext,
  node: NetworkNode,
  chaincodes: readonly DeployedChaincode[] = [],
): Promise<number> {
  const pid = await startProcess(context, node, chaincodes[node.slot]);
  await awaitHealthy(context, node);
  return pid;
}

async function startProcess(
  context: NetworkContext,
  node: NetworkNode,
  chaincode: DeployedChaincode | undefined,
): Promise<number> {
  if (node.kind !== 'chaincode') return startFabricNode(context, node);
  if (chaincode !== undefined) return startChaincode(context, node, chaincode);
  throw new NativeNetworkError('NOT_UP', `${node.id} cannot start: no chaincode is deployed yet`);
}

export const stopNode = (
  context: NetworkContext,
  node: NetworkNode,
  how: 'terminate' | 'kill' = 'terminate',
): Promise<void> => stopDetached(context.paths.pid(node.id), how);

export interface NodeStatus {
  readonly id: string;
  readonly kind: NetworkNode['kind'];
  readonly organisation: string;
  readonly mspId: string;
  readonly address: string;
  readonly pid?: number;
  readonly state: 'healthy' | 'unhealthy' | 'stopped';
}

export async function nodeStatus(context: NetworkContext, node: NetworkNode): Promise<NodeStatus> {
  const pid = await livePid(context.paths.pid(node.id));
  const state = pid === undefined ? 'stopped' : (await isHealthy(node)) ? 'healthy' : 'unhealthy';
  return {
    id: node.id,
    kind: node.kind,
    organisation: node.organisation.name,
    mspId: node.organisation.mspId,
    address: `${HOST}:${node.port}`,
    ...(pid !== undefined && { pid }),
    state,
  };
}
