/** A network of its own for a group of tests: own folder, own ports, gone afterwards. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadConsortium, withConsensus, withUtilityCount } from '@roamgrid/network';
import { PROBE_CHAINCODE } from '../chaincode/source.ts';
import { connectionOf, type NetworkConnection } from '../connection.ts';
import { status } from '../network/control.ts';
import { down, up } from '../network/up.ts';
import { NetworkPaths } from '../paths.ts';
import { freeBasePort, PORTS_PER_NODE } from '../ports.ts';
import { requireState } from '../state.ts';
import { connectAs, type LedgerClient } from './client.ts';

/** Room for the nodes that tests add. */
const NODE_LIMIT = 24;

export class TestNetwork {
  readonly paths: NetworkPaths;
  readonly #clients: LedgerClient[] = [];

  private constructor(paths: NetworkPaths) {
    this.paths = paths;
  }

  static async start(
    orderer: 'raft' | 'bft',
    utilities: number,
    chaincode = PROBE_CHAINCODE,
  ): Promise<TestNetwork> {
    const paths = new NetworkPaths(await mkdtemp(join(tmpdir(), 'roamgrid-native-')));
    const consortium = withUtilityCount(withConsensus(await loadConsortium(), orderer), utilities);
    const basePort = await freeBasePort(NODE_LIMIT * PORTS_PER_NODE);
    try {
      await up({ paths, consortium, basePort, chaincode });
    } catch (error) {
      // Logs of a failed start stay; a folder without any network in it does not.
      if (!existsSync(paths.stateFile())) await rm(paths.root, { recursive: true });
      throw error;
    }
    return new TestNetwork(paths);
  }

  async connection(): Promise<NetworkConnection> {
    return connectionOf(this.paths, await requireState(this.paths));
  }

  /** A client that is closed with the network. */
  async client(mspId: string, user: string): Promise<LedgerClient> {
    const client = await connectAs(await this.connection(), mspId, user);
    this.#clients.push(client);
    return client;
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.close();
    await down({ paths: this.paths });
  }

  /** Waits until all peers hold the same number of blocks; returns it. */
  async settled(): Promise<number> {
    for (let attempt = 0; attempt < 100; attempt += 1) {
      const { nodes } = await status({ paths: this.paths });
      const heights = new Set(nodes.flatMap(({ height }) => (height === undefined ? [] : [height])));
      const [height] = heights;
      if (heights.size === 1 && height !== undefined) return height;
      await sleep(100);
    }
    throw new Error('the peers do not reach the same height');
  }
}

/** Repeats what may fail while discovery or an ordering leader is being found anew. */
export async function eventually<T>(attempt: () => Promise<T>, limitMs = 30_000): Promise<T> {
  const endMs = Date.now() + limitMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > endMs) throw error;
      await sleep(200);
    }
  }
}
