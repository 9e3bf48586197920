/** The native network as a ledger under test, set up as the conformance suite describes it. */
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, credentials } from '@grpc/grpc-js';
import { connect, hash } from '@hyperledger/fabric-gateway';
import { loadConsortium, parseConsortium, withConsensus, type Consortium } from '@roamgrid/network';
import {
  BFT_ORDERING,
  CONFORMANCE_BATCH,
  CONFORMANCE_CHANNEL,
  CONFORMANCE_COLLECTIONS,
  CONFORMANCE_MSPS,
  FURTHER_CHANNEL,
  RAFT_ORDERING,
  type LedgerUnderTest,
  type Session,
} from '../../conformance/ledger-under-test.ts';
import { newNodeSigner } from '../../embedded/identity/node-signer.ts';
import { connectionOf, type NetworkConnection } from '../connection.ts';
import { createChannel, deployChaincode } from '../network/deploy.ts';
import { down, up, type UpOptions } from '../network/up.ts';
import { NetworkPaths } from '../paths.ts';
import { freeBasePort, PORTS_PER_NODE } from '../ports.ts';
import { requireState } from '../state.ts';

const CHAINCODE = fileURLToPath(new URL('serve.ts', import.meta.url));
const LIMITS = { executeTimeoutMs: 1500, gatewayConcurrency: 40 } as const;
const NODE_LIMIT = 12;
const ANY_ORGANISATION = `OR(${CONFORMANCE_MSPS.map((mspId) => `'${mspId}.peer'`).join(', ')})`;

async function conformanceConsortium(consensus: 'raft' | 'bft'): Promise<Consortium> {
  const base = withConsensus(await loadConsortium(), consensus);
  return parseConsortium({
    ...base,
    channel: { ...base.channel, name: CONFORMANCE_CHANNEL, block: CONFORMANCE_BATCH },
    utilities: CONFORMANCE_MSPS.map((mspId, index) => {
      const id = mspId.replace('MSP', '').toLowerCase();
      return { id, name: id, mspId, utilityId: `USC0${index}`, domain: `${id}.example` };
    }),
    auditors: [],
    identities: { ...base.identities, utility: [{ name: 'station', attributes: { role: 'station' } }] },
    peers: LIMITS,
    chaincode: { ...base.chaincode, name: 'conformance' },
  });
}

async function session(network: NetworkConnection, mspId: string, userName: string): Promise<Session> {
  const member = network.members.find((candidate) => candidate.mspId === mspId);
  const user = member?.users[userName];
  if (member === undefined || user === undefined)
    throw new Error(`the network has no ${userName} of ${mspId}`);
  const client = new Client(member.endpoint, credentials.createSsl(await readFile(member.tlsRootCertPath)), {
    'grpc.max_receive_message_length': -1,
  });
  const gateway = connect({
    client,
    identity: { mspId, credentials: await readFile(user.certificatePath) },
    signer: newNodeSigner(await readFile(user.privateKeyPath, 'utf8')),
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

/** Brings up a network of its own for the suite. */
export async function nativeLedger(consensus: 'raft' | 'bft'): Promise<LedgerUnderTest> {
  const paths = new NetworkPaths(await mkdtemp(join(tmpdir(), 'roamgrid-conformance-')));
  const network: UpOptions = {
    paths,
    consortium: await conformanceConsortium(consensus),
    basePort: await freeBasePort(NODE_LIMIT * PORTS_PER_NODE),
    chaincode: CHAINCODE,
    collections: CONFORMANCE_COLLECTIONS,
  };
  await up(network);
  try {
    await createChannel(FURTHER_CHANNEL, { paths });
    const channels = [CONFORMANCE_CHANNEL, FURTHER_CHANNEL].map((channel) => ({
      channel,
      policy: ANY_ORGANISATION,
    }));
    await deployChaincode({ paths, name: 'open', version: '1', chaincode: CHAINCODE, channels });
  } catch (error) {
    await down({ paths });
    throw error;
  }
  return {
    name: `native Fabric, ${consensus}`,
    ordering: consensus === 'bft' ? BFT_ORDERING : RAFT_ORDERING,
    limits: LIMITS,
    connect: async (mspId, user) => session(connectionOf(paths, await requireState(paths)), mspId, user),
    restart: async () => {
      await down({ paths, keep: true });
      await up(network);
    },
    stop: async () => {
      await down({ paths });
    },
  };
}
