/** A client of the native network, as the tests use it: the unmodified gateway SDK with files of the network. */
import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Client, credentials } from '@grpc/grpc-js';
import { connect, hash, signers, type Contract, type Gateway } from '@hyperledger/fabric-gateway';
import type { NetworkConnection } from '../connection.ts';

export interface LedgerClient {
  readonly gateway: Gateway;
  /** The probe contract. */
  readonly probe: Contract;
  close(): void;
}

/** Connects a user of an organisation to that organisation's own peer. */
export async function connectAs(
  network: NetworkConnection,
  mspId: string,
  userName: string,
): Promise<LedgerClient> {
  const member = network.members.find((candidate) => candidate.mspId === mspId);
  const user = member?.users[userName];
  if (member === undefined || user === undefined)
    throw new Error(`the network has no ${userName} of ${mspId}`);
  const [rootCert, certificate, key] = await Promise.all([
    readFile(member.tlsRootCertPath),
    readFile(user.certificatePath),
    readFile(user.privateKeyPath),
  ]);
  const client = new Client(member.endpoint, credentials.createSsl(rootCert));
  const gateway = connect({
    client,
    hash: hash.sha256,
    identity: { mspId, credentials: certificate },
    signer: signers.newPrivateKeySigner(createPrivateKey(key)),
    evaluateOptions: () => ({ deadline: Date.now() + 10_000 }),
    endorseOptions: () => ({ deadline: Date.now() + 15_000 }),
    submitOptions: () => ({ deadline: Date.now() + 30_000 }),
    commitStatusOptions: () => ({ deadline: Date.now() + 60_000 }),
  });
  return {
    gateway,
    probe: gateway.getNetwork(network.channel).getContract(network.chaincode, 'probe'),
    close: () => {
      gateway.close();
      client.close();
    },
  };
}

export const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

/** Puts a value and waits until it is committed. */
export const put = async (client: LedgerClient, key: string, value: string): Promise<void> => {
  await client.probe.submitTransaction('put', key, value);
};

export const get = async (client: LedgerClient, key: string): Promise<string> =>
  text(await client.probe.evaluateTransaction('get', key));
