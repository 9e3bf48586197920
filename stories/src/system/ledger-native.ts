import { join } from 'node:path';
import { loadConsortium, withConsensus, type Utility } from '@roamgrid/network';
import {
  connectionOf,
  down,
  freeBasePort,
  NetworkPaths,
  PORTS_PER_NODE,
  topology,
  up,
} from '@roamgrid/test-network/native';
import { openLedger } from '@roamgrid/gateway';
import { setEndorsementClock, type EndorsementClock } from '@roamgrid/test-network';
import { CHAINCODE_NAME } from '@roamgrid/wire';
import type { Supervisor } from '@roamgrid/utility';
import type { UtilityDefinition } from './consortium.ts';
import { bundleChaincode, type ChainVerdict, type LedgerEndpoint, type LocalLedger } from './ledger.ts';

export type Consensus = 'raft' | 'bft';

const member = ({ name, utilityId, mspId }: UtilityDefinition): Utility => {
  const id = utilityId.toLowerCase();
  return { id, name, utilityId, mspId, domain: `${id}.example` };
};

/** For a chain of any length that a replay makes. */
const VERIFY_LIMIT_MS = 300_000;

/** Read every block from an organisation's own peer and check numbers, data hashes and links. */
async function verifyBlocks(endpoint: LedgerEndpoint): Promise<ChainVerdict> {
  const ledger = openLedger({
    kind: 'gateway',
    channel: endpoint.channel,
    chaincode: CHAINCODE_NAME,
    mspId: endpoint.mspId,
    endpoint: endpoint.address,
    tlsRootCertPath: endpoint.tlsRootCertPath,
    users: { operator: endpoint.user('operator') },
  });
  const stop = new AbortController();
  const problems: string[] = [];
  let blocks = 0;
  let previousHash: string | undefined;
  const limit = setTimeout(() => stop.abort(), VERIFY_LIMIT_MS);
  try {
    // The stream never ends by itself: what the peer holds now is what is checked.
    const height = await ledger.height();
    for await (const block of ledger.blocks(0n, stop.signal)) {
      if (block.number !== BigInt(blocks))
        problems.push(`block ${block.number} is in the place of block ${blocks}`);
      if (previousHash !== undefined && block.previousHash !== previousHash)
        problems.push(`block ${block.number} does not link to the block before it`);
      previousHash = block.hash;
      blocks += 1;
      if (BigInt(blocks) >= height) break;
    }
    if (BigInt(blocks) < height) problems.push(`the peer gave ${blocks} of its ${height} blocks`);
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  } finally {
    clearTimeout(limit);
    ledger.close();
  }
  return { verified: problems.length === 0 && blocks > 0, blocks, problems };
}

/** Start Fabric's own peers and orderers for these utilities and an auditor. */
export async function startNativeLedger(
  stateDir: string,
  utilities: readonly UtilityDefinition[],
  consensus: Consensus,
  endorsementClock: EndorsementClock,
  supervisor: Supervisor,
  progress: (text: string) => void,
): Promise<LocalLedger> {
  const founding = withConsensus(await loadConsortium(), consensus);
  const consortium = {
    ...founding,
    utilities: utilities.map(member),
    // Bilateral records are endorsed by their two parties: see docs/decisions/endorsement.md.
    chaincode: {
      ...founding.chaincode,
      name: CHAINCODE_NAME,
      endorsement: { rule: 'out-of' as const, required: 2 },
    },
  };
  const paths = new NetworkPaths(join(stateDir, 'native'));
  const basePort = await freeBasePort(topology(consortium, 0).length * PORTS_PER_NODE);
  let ended: (reason: string) => void = () => undefined;
  const network = {
    state: await up({
      paths,
      consortium,
      basePort,
      chaincode: await bundleChaincode(stateDir),
      endorsementClock,
      report: progress,
    }),
  };
  // Fabric's own programs run as daemons of their host; here they are only ended in their turn.
  await supervisor.run({
    name: 'native-network',
    start: () =>
      Promise.resolve({
        pids: [],
        ended: new Promise<string>((resolve) => {
          ended = resolve;
        }),
        stop: async () => {
          await down({ paths, keep: true });
          ended('stopped');
        },
      }),
  });
  const connection = connectionOf(paths, network.state);
  const endpoint = (mspId: string): LedgerEndpoint => {
    const found = connection.members.find((each) => each.mspId === mspId);
    if (!found) throw new Error(`the ledger has no organisation ${mspId}`);
    return {
      channel: connection.channel,
      mspId,
      address: found.endpoint,
      tlsRootCertPath: found.tlsRootCertPath,
      user: (role) => {
        const files = found.users[role];
        if (!files) throw new Error(`${mspId} has no identity with the role ${role}`);
        return files;
      },
    };
  };
  return {
    kind: 'native',
    endpoint,
    guardTime: () => setEndorsementClock(paths.root, 'on'),
    verify: () => verifyBlocks(endpoint(utilities[0]?.mspId ?? '')),
  };
}
