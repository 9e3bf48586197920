import { join } from 'node:path';
import { loadConsortium, withConsensus, type Consortium, type Utility } from '@roamgrid/network';
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
import type { Between } from './between.ts';
import type { UtilityDefinition } from './consortium.ts';
import {
  bundleChaincode,
  holdersIn,
  type ChainVerdict,
  type LedgerEndpoint,
  type LocalLedger,
} from './ledger.ts';
import { nativePart, nativePartName } from './native-part.ts';
import { stopOnSignal } from './stop-on-signal.ts';

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

/** These utilities and an auditor, as Fabric's own programs are to serve them. */
async function consortiumOf(
  utilities: readonly UtilityDefinition[],
  consensus: Consensus,
): Promise<Consortium> {
  const founding = withConsensus(await loadConsortium(), consensus);
  return {
    ...founding,
    utilities: utilities.map(member),
    // Bilateral records are endorsed by their two parties: see docs/decisions/endorsement.md.
    chaincode: {
      ...founding.chaincode,
      name: CHAINCODE_NAME,
      endorsement: { rule: 'out-of' as const, required: 2 },
    },
  };
}

/** Names of the parts that the ledger of these utilities consists of. */
export const nativeParts = async (
  utilities: readonly UtilityDefinition[],
  consensus: Consensus,
): Promise<readonly string[]> =>
  topology(await consortiumOf(utilities, consensus), 0).map((node) => nativePartName(node, utilities));

/** Start Fabric's own peers and orderers for these utilities and an auditor, and keep them up. */
export async function startNativeLedger(
  stateDir: string,
  utilities: readonly UtilityDefinition[],
  consensus: Consensus,
  endorsementClock: EndorsementClock,
  supervisor: Supervisor,
  { between, progress }: { readonly between: Between; readonly progress: (text: string) => void },
): Promise<LocalLedger> {
  const consortium = await consortiumOf(utilities, consensus);
  const paths = new NetworkPaths(join(stateDir, 'native'));
  const basePort = await freeBasePort(topology(consortium, 0).length * PORTS_PER_NODE);
  const nodes = topology(consortium, basePort).map((node) => ({
    node,
    name: nativePartName(node, utilities),
  }));
  const outerPorts: [string, number][] = [];
  for (const { node, name } of nodes) outerPorts.push([node.id, await between.port(name, node.port)]);
  stopOnSignal(async () => {
    await supervisor.stop();
    await down({ paths, keep: true });
  }, progress);
  const state = await up({
    paths,
    consortium,
    basePort,
    outerPorts: Object.fromEntries(outerPorts),
    chaincode: await bundleChaincode(stateDir),
    endorsementClock,
    report: progress,
  });
  try {
    await Promise.all(nodes.map(({ node, name }) => supervisor.run(nativePart(name, node, paths))));
  } catch (error) {
    await down({ paths, keep: true });
    throw error;
  }
  const connection = connectionOf(paths, state);
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
    holders: (texts) =>
      holdersIn(
        nodes.flatMap(({ node: { id, kind, organisation } }) =>
          kind === 'chaincode' ? [] : [{ holder: organisation.mspId, folder: paths.node(id) }],
        ),
        texts,
      ),
    verify: () => verifyBlocks(endpoint(utilities[0]?.mspId ?? '')),
  };
}
