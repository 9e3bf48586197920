/** Starting, awaiting and stopping the processes of the network. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { BUILDER_CONFIG_VARIABLE, ordererConfigYaml, peerConfigYaml } from '@roamgrid/network';
import { HOST, LOOPBACK, type NetworkContext } from '../context.ts';
import { NativeNetworkError } from '../errors.ts';
import { until } from '../fabric/retry.ts';
import { livePid, startDetached, stopDetached } from '../process.ts';
import type { DeployedChaincode } from '../state.ts';
import { chaincodeId, nodeOf, type NetworkNode } from '../topology.ts';

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
      externalAddress: `${HOST}:${node.port}`,
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
  const connection = {
    address: `${HOST}:${chaincode.port}`,
    root_cert: rootCert,
    client_cert: clientCert,
    client_key: clientKey,
  };
  return { [BUILDER_CONFIG_VARIABLE]: JSON.stringify(connection) };
}

async function startFabricNode(context: NetworkContext, node: NetworkNode): Promise<void> {
  const dir = context.paths.node(node.id);
  const isOrderer = node.kind === 'orderer';
  await startDetached({
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

async function startChaincode(
  context: NetworkContext,
  node: NetworkNode,
  chaincode: DeployedChaincode,
): Promise<void> {
  const tls = context.files(node.organisation).tls(node.id);
  await startDetached({
    command: process.execPath,
    args: [
      join(shimDir, 'cli.js'),
      'server',
      ...['--chaincode-address', `${LOOPBACK}:${node.port}`],
      ...['--chaincode-id', chaincode.packageId],
      ...['--chaincode-tls-cert-file', tls.cert],
      ...['--chaincode-tls-key-file', tls.key],
      ...['--chaincode-tls-client-cacert-file', tls.rootCert],
    ],
    cwd: chaincode.dir,
    env: {
      CORE_PEER_LOCALMSPID: node.organisation.mspId,
      // The chaincode's folder may lie outside this repository, whose shim it uses.
      NODE_PATH: dirname(shimDir),
      NODE_ENV: 'production',
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

/** Starts the node unless it runs, and waits until it answers. Throws `NODE_FAILED` with the end of its log. */
export async function startNode(
  context: NetworkContext,
  node: NetworkNode,
  chaincode?: DeployedChaincode,
): Promise<void> {
  if (node.kind !== 'chaincode') await startFabricNode(context, node);
  else if (chaincode !== undefined) await startChaincode(context, node, chaincode);
  else throw new NativeNetworkError('NOT_UP', `${node.id} cannot start: no chaincode is deployed yet`);
  await awaitHealthy(context, node);
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
