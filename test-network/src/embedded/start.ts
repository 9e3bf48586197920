/** Starts the embedded development peer: identities, ledgers, chaincode connections, one server an organisation. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ChaincodeConnection } from './chaincode/connection.ts';
import { Channel } from './channel.ts';
import { checkConfig } from './check-config.ts';
import { DEFAULT_BATCH, DEFAULT_CHANNEL, DEFAULT_LIMITS } from './config.ts';
import type { BatchConfig, ChannelConfig, EmbeddedConfig, LimitsConfig, UserConfig } from './config.ts';
import { Endorser } from './endorser/endorser.ts';
import { enrol, ensureOrganization, readUser } from './identity/material.ts';
import type { OrganizationMaterial, UserIdentity } from './identity/material.ts';
import { SigningIdentity } from './identity/msp.ts';
import { commitDefinition } from './lifecycle/commit.ts';
import { lockFolder } from './lock.ts';
import { PeerServer } from './server.ts';

/** One organisation's peer as clients reach it. */
export interface PeerEndpoint {
  readonly mspId: string;
  /** `localhost:port`, for the gRPC client. */
  readonly address: string;
  readonly tlsRootCertPath: string;
  readonly tlsRootCertPem: string;
}

/** A running embedded network. */
export interface EmbeddedNetwork {
  readonly stateDir: string;
  readonly channel: string;
  readonly organizations: readonly PeerEndpoint[];
  /** The peer of one organisation. Throws for an unknown one. */
  endpoint(mspId: string): PeerEndpoint;
  /** The identity of a user made at first start or enrolled since. */
  user(mspId: string, name: string): Promise<UserIdentity>;
  /** Makes an identity with attributes, or renews it. */
  enrol(mspId: string, user: UserConfig): Promise<UserIdentity>;
  /** Number of blocks of a channel; of the main one by default. */
  height(channel?: string): number;
  /** Resolves with the reason when the ledger cannot go on; the process should then end. */
  readonly failed: Promise<Error>;
  /** Commits what was submitted, closes everything. */
  stop(): Promise<void>;
}

interface Running {
  readonly channels: Map<string, Channel>;
  readonly connections: ChaincodeConnection[];
  readonly servers: PeerServer[];
}

async function openChannel(
  running: Running,
  config: ChannelConfig,
  stateDir: string,
  materials: readonly OrganizationMaterial[],
  batch: BatchConfig,
  limits: LimitsConfig,
  isChaincodeTls: boolean,
  onFailure: (error: unknown) => void,
): Promise<void> {
  const directory = join(stateDir, 'channels');
  const signers = materials.map(({ mspId, peer }) => new SigningIdentity(mspId, peer));
  const [ordering] = signers;
  if (ordering === undefined) throw new Error('a channel has an organisation');
  const channel = await Channel.open({
    name: config.name,
    directory,
    organizations: materials,
    batch,
    signer: ordering,
    onFailure,
  });
  running.channels.set(config.name, channel);
  for (const [index, signer] of signers.entries()) {
    const tls = isChaincodeTls ? materials[index] : undefined;
    const chaincodes = new Map<string, ChaincodeConnection>();
    for (const { name, endpoints } of config.chaincodes) {
      const address = endpoints[signer.mspId];
      if (address === undefined) continue;
      const connection = new ChaincodeConnection(name, address, limits, tls);
      running.connections.push(connection);
      chaincodes.set(name, connection);
    }
    const find = (name: string): Channel | undefined => running.channels.get(name);
    channel.endorsers.set(signer.mspId, new Endorser(channel, signer, chaincodes, find));
  }
  const [first] = materials;
  if (first === undefined) throw new Error('at least one organisation is needed');
  const admin = new SigningIdentity(first.mspId, await readUser(stateDir, first.mspId, 'Admin'));
  for (const chaincode of config.chaincodes) await commitDefinition(channel, chaincode, admin, signers);
}

async function stopAll({ channels, connections, servers }: Running): Promise<void> {
  for (const server of servers) server.stop();
  await Promise.all(connections.map((connection) => connection.close()));
  await Promise.all([...channels.values()].map((channel) => channel.close()));
}

/**
 * Starts the network and resolves when every peer listens and every chaincode definition is committed. Chaincode
 * servers may come up before or after. Throws when the folder is in use, damaged, or made for other organisations.
 */
export async function startEmbedded(config: EmbeddedConfig): Promise<EmbeddedNetwork> {
  const { stateDir, organizations } = config;
  const channelName = config.channel ?? DEFAULT_CHANNEL;
  const batch = { ...DEFAULT_BATCH, ...config.batch };
  const limits = { ...DEFAULT_LIMITS, ...config.limits };
  checkConfig(config);
  await mkdir(stateDir, { recursive: true });
  const unlock = await lockFolder(stateDir);
  const running: Running = { channels: new Map(), connections: [], servers: [] };
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<Error>((resolve) => (fail = resolve));
  const onFailure = (error: unknown): void => {
    config.log?.(
      `the ledger stopped: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    fail(error instanceof Error ? error : new Error(String(error)));
  };
  try {
    const materials = await Promise.all(organizations.map((each) => ensureOrganization(stateDir, each)));
    const channels = [
      { name: channelName, chaincodes: config.chaincodes },
      ...(config.furtherChannels ?? []),
    ];
    for (const each of channels) {
      await openChannel(
        running,
        each,
        stateDir,
        materials,
        batch,
        limits,
        config.chaincodeTls === true,
        onFailure,
      );
      config.log?.(
        `channel ${each.name} is at block ${(running.channels.get(each.name)?.ledger.height ?? 0) - 1}`,
      );
    }
    const endpoints = new Map<string, PeerEndpoint>();
    const addresses = (mspId: string): string => endpoints.get(mspId)?.address ?? mspId;
    for (const [index, material] of materials.entries()) {
      const gatewayParts = { channels: running.channels, addresses, concurrency: limits.gatewayConcurrency };
      const port = organizations[index]?.port ?? 0;
      const server = await PeerServer.start(material, port, gatewayParts, limits, running.channels);
      running.servers.push(server);
      endpoints.set(material.mspId, {
        mspId: material.mspId,
        address: `localhost:${server.port}`,
        tlsRootCertPath: material.tlsCaPath,
        tlsRootCertPem: material.tlsCaPem,
      });
    }
    return {
      stateDir,
      channel: channelName,
      organizations: [...endpoints.values()],
      endpoint: (mspId) => {
        const found = endpoints.get(mspId);
        if (found === undefined) throw new Error(`there is no organisation ${mspId} in this network`);
        return found;
      },
      user: (mspId, name) => readUser(stateDir, mspId, name),
      enrol: (mspId, user) => enrol(stateDir, mspId, user),
      height: (name) => running.channels.get(name ?? channelName)?.ledger.height ?? 0,
      failed,
      stop: async () => {
        await stopAll(running);
        await unlock();
      },
    };
  } catch (error) {
    await stopAll(running);
    await unlock();
    throw error;
  }
}
