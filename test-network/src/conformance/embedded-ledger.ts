/** The embedded peer as a ledger under test. */
import { Client, credentials } from '@grpc/grpc-js';
import { connect, hash } from '@hyperledger/fabric-gateway';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChaincodeProcess } from '../embedded/chaincode/process.ts';
import type { EmbeddedConfig } from '../embedded/config.ts';
import { newNodeSigner } from '../embedded/identity/node-signer.ts';
import { startEmbedded } from '../embedded/start.ts';
import type { EmbeddedNetwork } from '../embedded/start.ts';
import {
  CONFORMANCE_BATCH,
  CONFORMANCE_CHANNEL,
  CONFORMANCE_COLLECTIONS,
  CONFORMANCE_MSPS,
  FURTHER_CHANNEL,
  RAFT_ORDERING,
} from './ledger-under-test.ts';
import type { LedgerUnderTest, Session } from './ledger-under-test.ts';

/** What the embedded network of the suite is started with. */
export function conformanceConfig(
  stateDir: string,
  endpoints: Readonly<Record<string, string>>,
): EmbeddedConfig {
  const open = { name: 'open', version: '1', endpoints, endorsementPolicy: 'ANY Endorsement' };
  return {
    stateDir,
    channel: CONFORMANCE_CHANNEL,
    organizations: CONFORMANCE_MSPS.map((mspId) => ({
      mspId,
      users: [{ name: 'station', attributes: { role: 'station' } }],
    })),
    chaincodes: [
      { name: 'conformance', version: '1', endpoints, collections: CONFORMANCE_COLLECTIONS },
      open,
    ],
    furtherChannels: [{ name: FURTHER_CHANNEL, chaincodes: [open] }],
    batch: CONFORMANCE_BATCH,
    limits: { executeTimeoutMs: 1500, gatewayConcurrency: 40 },
  };
}

/** A client session of a user of an embedded network. */
export async function connectUser(
  network: Pick<EmbeddedNetwork, 'endpoint' | 'user'>,
  mspId: string,
  name: string,
): Promise<Session> {
  const user = await network.user(mspId, name);
  const { address, tlsRootCertPem } = network.endpoint(mspId);
  const client = new Client(address, credentials.createSsl(Buffer.from(tlsRootCertPem)));
  const gateway = connect({
    client,
    identity: { mspId, credentials: Buffer.from(user.certificatePem) },
    signer: newNodeSigner(user.privateKeyPem),
    hash: hash.none,
  });
  return {
    gateway,
    close: () => {
      gateway.close();
      client.close();
    },
  };
}

export async function embeddedLedger(): Promise<LedgerUnderTest> {
  const stateDir = await mkdtemp(join(tmpdir(), 'conformance-'));
  const path = join(import.meta.dirname, 'chaincode', 'main.ts');
  // One process an organisation and chaincode: a chaincode id names one chaincode.
  const processes = await Promise.all(
    CONFORMANCE_MSPS.map((mspId) => startChaincodeProcess({ path, mspId, ccid: 'conformance:1' })),
  );
  const endpoints = Object.fromEntries(
    CONFORMANCE_MSPS.map((mspId, index) => [mspId, processes[index]?.address ?? '']),
  );
  const config = conformanceConfig(stateDir, endpoints);
  let network = await startEmbedded(config);
  return {
    name: 'embedded peer',
    ordering: RAFT_ORDERING,
    limits: { executeTimeoutMs: 1500, gatewayConcurrency: 40 },
    connect: (mspId, user) => connectUser(network, mspId, user),
    restart: async () => {
      await network.stop();
      network = await startEmbedded(config);
    },
    stop: async () => {
      await network.stop();
      await Promise.all(processes.map((each) => each.stop()));
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}
