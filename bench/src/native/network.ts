/** The network under test: the consortium's contracts and the base application side by side on one channel. */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from '@roamgrid/chaincode/bundle';
import { loadConsortium, withConsensus, withUtilityCount } from '@roamgrid/network';
import { setEndorsementClock } from '@roamgrid/test-network';
import {
  connectionOf,
  deployChaincode,
  down,
  freeBasePort,
  NetworkPaths,
  PORTS_PER_NODE,
  requireState,
  status,
  up,
  type NetworkConnection,
  type NodeKind,
} from '@roamgrid/test-network/native';
import { withoutGuards, type GuardName } from './guards.ts';
import { makeProfiled } from './profile.ts';

export const BASE_CHAINCODE = 'assets';
const baseSource = fileURLToPath(new URL('base-chaincode', import.meta.url));
const NODE_LIMIT = 12;

export interface NetworkOptions {
  readonly orderer: 'raft' | 'bft';
  /** Changes of the channel's block settings. */
  readonly block: Partial<{ maxMessageCount: number; preferredMaxBytes: number; timeoutMs: number }>;
  /** Whether the chaincode can be profiled. */
  readonly profiled: boolean;
  /** Guards that the contracts are built without. */
  readonly without: readonly GuardName[];
  readonly report: (line: string) => void;
}

export interface BenchNode {
  readonly id: string;
  readonly kind: NodeKind;
  readonly pid: number;
}

export interface BenchNetwork {
  readonly connection: NetworkConnection;
  readonly block: Readonly<Record<string, number>>;
  readonly nodes: readonly BenchNode[];
  /** Where the program of the consortium's contracts lies and runs. */
  readonly chaincodeDir: string;
  /** Size of the channel's block files at one peer. */
  ledgerBytes(): Promise<number>;
  /** Where that peer keeps them. */
  blockFolder(): Promise<string>;
  /** From now on endorsers compare the times of proposals with their clocks; there is no way back. */
  guardTimes(): Promise<void>;
  stop(): Promise<void>;
}

/** Bytes of all block files below a peer's folder. */
async function blockBytes(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true });
  const files = names.filter((name) => /blockfile_\d+$/.test(name));
  const sizes = await Promise.all(files.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

const blockFolderIn = async (folder: string): Promise<string> => {
  const names = await readdir(folder, { recursive: true });
  const first = names.find((name) => name.endsWith('blockfile_000000'));
  if (first === undefined) throw new Error(`${folder} has no block files`);
  return join(folder, dirname(first));
};

/** Two utilities, an auditor, ordering nodes; both chaincodes are endorsed by both utilities. */
export async function startNetwork({
  orderer,
  block,
  profiled,
  without,
  report,
}: NetworkOptions): Promise<BenchNetwork> {
  const root = await mkdtemp(join(tmpdir(), 'roamgrid-bench-'));
  const paths = new NetworkPaths(join(root, 'network'));
  const stop = async (): Promise<void> => {
    await down({ paths });
    await rm(root, { recursive: true, force: true });
  };
  try {
    const bundled = join(root, 'contracts');
    await bundle(bundled, without.length === 0 ? [] : [withoutGuards(without)]);
    const loaded = withUtilityCount(withConsensus(await loadConsortium(), orderer), 2);
    const channel = { ...loaded.channel, block: { ...loaded.channel.block, ...block } };
    const basePort = await freeBasePort(NODE_LIMIT * PORTS_PER_NODE);
    const chaincode = join(bundled, 'server.cjs');
    if (profiled) await makeProfiled(chaincode);
    // Set up as if long ago; measured with the endorsers' clocks on.
    await up({
      paths,
      consortium: { ...loaded, channel },
      basePort,
      chaincode,
      report,
      endorsementClock: 'simulated',
    });
    const source = { name: BASE_CHAINCODE, version: '1.0', chaincode: baseSource };
    await deployChaincode({ ...source, paths, report, channels: [{ channel: channel.name }] });
    const { nodes } = await status({ paths });
    const state = await requireState(paths);
    const observer = nodes.find(({ kind }) => kind === 'peer');
    if (observer === undefined) throw new Error('a network has peers');
    return {
      connection: connectionOf(paths, state),
      block: channel.block,
      nodes: nodes.map(({ id, kind, pid }) => {
        if (pid === undefined) throw new Error(`${id} does not run`);
        return { id, kind, pid };
      }),
      chaincodeDir: state.chaincode.dir,
      ledgerBytes: () => blockBytes(paths.node(observer.id)),
      blockFolder: () => blockFolderIn(paths.node(observer.id)),
      guardTimes: () => setEndorsementClock(paths.root, 'on'),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
