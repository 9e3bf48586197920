/** What a client needs to reach a network: endpoints and identities, as file paths. */
import { HOST } from './context.ts';
import { ADMIN, OrganisationFiles, PLAIN_USER } from './crypto/organisation.ts';
import type { NetworkPaths } from './paths.ts';
import type { RunningState } from './state.ts';
import { nodeOf, topology } from './topology.ts';

export interface UserFiles {
  readonly certificatePath: string;
  readonly privateKeyPath: string;
}

/** One organisation's door to the ledger. */
export interface MemberConnection {
  readonly organisation: string;
  readonly mspId: string;
  /** Absent for auditors. */
  readonly utilityId?: string;
  /** `host:port` of the peer's gateway service, with TLS. */
  readonly endpoint: string;
  readonly tlsRootCertPath: string;
  /** By name: `Admin`, `User1` without a role, and one for each role, such as `station` or `auditor`. */
  readonly users: Readonly<Record<string, UserFiles>>;
}

export interface NetworkConnection {
  readonly channel: string;
  readonly chaincode: string;
  readonly members: readonly MemberConnection[];
}

export function connectionOf(
  paths: NetworkPaths,
  { consortium, basePort, outerPorts, chaincode }: RunningState,
): NetworkConnection {
  const nodes = topology(consortium, basePort, [], outerPorts);
  const { identities, utilities, auditors } = consortium;
  const member = (organisation: (typeof auditors)[number], names: readonly string[]): MemberConnection => {
    const files = new OrganisationFiles(paths, organisation.mspId);
    const user = (name: string): [string, UserFiles] => {
      const { cert, key } = files.userPair(name);
      return [name, { certificatePath: cert, privateKeyPath: key }];
    };
    return {
      organisation: organisation.name,
      mspId: organisation.mspId,
      endpoint: `${HOST}:${nodeOf(nodes, organisation, 'peer').outerPort}`,
      tlsRootCertPath: files.tlsRoot(),
      users: Object.fromEntries([ADMIN, PLAIN_USER, ...names].map(user)),
    };
  };
  return {
    channel: consortium.channel.name,
    chaincode: chaincode.name,
    members: [
      ...utilities.map((utility) => ({
        ...member(
          utility,
          identities.utility.map(({ name }) => name),
        ),
        utilityId: utility.utilityId,
      })),
      ...auditors.map((auditor) =>
        member(
          auditor,
          identities.auditor.map(({ name }) => name),
        ),
      ),
    ],
  };
}
