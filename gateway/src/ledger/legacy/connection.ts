import { readFile } from 'node:fs/promises';
import type { Gateway, Network } from 'fabric-network';
import type { Role } from '@roamgrid/wire';
import type { LedgerConfig } from '../gateway-ledger.ts';
import { LedgerUnavailable } from '../errors.ts';
import { loadFabricNetwork } from './load-package.ts';

const OWN_PEER = 'own-peer';
const CONNECT_LIMIT_S = 10;

/** One identity's way to the channel. */
export interface LegacyConnection {
  readonly gateway: Gateway;
  readonly network: Network;
}

/**
 * The least that fabric-network needs to know: the own organisation's peer. Discovery finds the rest. A profile of the
 * members' own replaces it, for networks whose discovery is switched off or answers with other addresses.
 */
const profileOf = async (config: LedgerConfig): Promise<Record<string, unknown>> => {
  if (config.connectionProfilePath !== undefined)
    return JSON.parse(await readFile(config.connectionProfilePath, 'utf8')) as Record<string, unknown>;
  const { mspId, endpoint, tlsRootCertPath, tlsHostOverride } = config;
  return {
    name: config.channel,
    version: '1.0',
    client: { organization: mspId, connection: { timeout: { peer: { endorser: String(CONNECT_LIMIT_S) } } } },
    organizations: { [mspId]: { mspid: mspId, peers: [OWN_PEER] } },
    peers: {
      [OWN_PEER]: {
        url: `grpcs://${endpoint}`,
        tlsCACerts: { pem: await readFile(tlsRootCertPath, 'utf8') },
        grpcOptions: {
          'grpc.max_receive_message_length': -1,
          'grpc.max_send_message_length': -1,
          ...(tlsHostOverride === undefined ? {} : { 'ssl-target-name-override': tlsHostOverride }),
        },
      },
    },
  };
};

/**
 * Connects an identity of a role; takes some seconds to give up.
 * @throws LedgerUnavailable when there is no such identity or no peer answers.
 */
export const connectLegacy = async (config: LedgerConfig, role: Role): Promise<LegacyConnection> => {
  const files = config.users[role];
  if (files === undefined) throw new LedgerUnavailable(`this gateway has no identity of role ${role}`);
  const fabric = await loadFabricNetwork();
  const wallet = await fabric.Wallets.newInMemoryWallet();
  const [certificate, privateKey] = await Promise.all([
    readFile(files.certificatePath, 'utf8'),
    readFile(files.privateKeyPath, 'utf8'),
  ]);
  const identity = { type: 'X.509', mspId: config.mspId, credentials: { certificate, privateKey } };
  await wallet.put(role, identity);
  const gateway = new fabric.Gateway();
  try {
    await gateway.connect(await profileOf(config), {
      wallet,
      identity: role,
      discovery: { enabled: true, asLocalhost: false },
      eventHandlerOptions: { commitTimeout: 60, endorseTimeout: 30 },
      queryHandlerOptions: { timeout: 10, strategy: fabric.DefaultQueryHandlerStrategies.MSPID_SCOPE_SINGLE },
    });
    return { gateway, network: await gateway.getNetwork(config.channel) };
  } catch (thrown) {
    gateway.disconnect();
    throw new LedgerUnavailable(`no peer of ${config.mspId} answers at ${config.endpoint}`, {
      cause: thrown,
    });
  }
};
