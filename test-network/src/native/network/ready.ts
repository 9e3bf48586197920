/** Waiting until a new definition can be endorsed: peers learn of each other's chaincode by gossip, a little later. */
import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Client, credentials } from '@grpc/grpc-js';
import { connect, GatewayError, hash, signers } from '@hyperledger/fabric-gateway';
import { ADMIN } from '../crypto/organisation.ts';
import { connectionOf, type MemberConnection } from '../connection.ts';
import { until } from '../fabric/retry.ts';
import type { NetworkPaths } from '../paths.ts';
import type { RunningState } from '../state.ts';

const LIMIT_MS = 60_000;
const CALL_LIMIT_MS = 10_000;

export interface EndorsementTarget {
  readonly channel: string;
  readonly chaincode: string;
}

/**
 * Asks every utility to endorse a query that every contract answers, and submits nothing. An answer of the chaincode
 * itself, even a refusal, shows that the peer has found the others and the chaincode runs.
 */
async function isEndorsable(
  { channel, chaincode }: EndorsementTarget,
  member: MemberConnection,
  endorsers: readonly string[],
): Promise<boolean> {
  const admin = member.users[ADMIN];
  if (admin === undefined) throw new Error(`${member.mspId} has no administrator`);
  const [rootCert, certificate, key] = await Promise.all([
    readFile(member.tlsRootCertPath),
    readFile(admin.certificatePath),
    readFile(admin.privateKeyPath),
  ]);
  const client = new Client(member.endpoint, credentials.createSsl(rootCert));
  const gateway = connect({
    client,
    hash: hash.sha256,
    identity: { mspId: member.mspId, credentials: certificate },
    signer: signers.newPrivateKeySigner(createPrivateKey(key)),
    endorseOptions: () => ({ deadline: Date.now() + CALL_LIMIT_MS }),
  });
  try {
    const contract = gateway.getNetwork(channel).getContract(chaincode, 'org.hyperledger.fabric');
    await contract.newProposal('GetMetadata', { endorsingOrganizations: [...endorsers] }).endorse();
    return true;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return error.details.some(({ message }) => message.includes('chaincode response'));
  } finally {
    gateway.close();
    client.close();
  }
}

/**
 * Every member's peer finds all utilities as endorsers of the chaincode, by default the consortium's. A policy's worth
 * would not do: key-level policies may ask for any of them. Throws `TIMED_OUT`.
 */
export async function awaitEndorsable(
  paths: NetworkPaths,
  state: RunningState,
  target?: EndorsementTarget,
): Promise<void> {
  const connection = connectionOf(paths, state);
  const endorsers = state.consortium.utilities.map(({ mspId }) => mspId);
  await Promise.all(
    connection.members.map((member) =>
      until(`the peer of ${member.organisation} finding every endorser`, LIMIT_MS, async () =>
        (await isEndorsable(target ?? connection, member, endorsers)) ? true : undefined,
      ),
    ),
  );
}
