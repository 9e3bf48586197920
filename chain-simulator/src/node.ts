import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';

/** Where npm put the node's program, by machine: packages that hold it and run nothing when they are installed. */
const PROGRAMS: Readonly<Record<string, string>> = {
  'darwin-arm64': '@foundry-rs/anvil-darwin-arm64',
  'darwin-x64': '@foundry-rs/anvil-darwin-amd64',
  'linux-arm64': '@foundry-rs/anvil-linux-arm64',
  'linux-x64': '@foundry-rs/anvil-linux-amd64',
};

/** Runs the node until it ends or the input does, so that it never outlives who started it, however that ended. */
const SCRIPT = 'exec 3<&0; "$0" "$@" & node=$!; (cat <&3 >/dev/null; kill $node) & wait $node';

const START_MS = 30_000;
/** What a chain that is killed forgets at most. */
const STATE_EVERY_S = 5;
/** States of earlier blocks that it keeps, for who asks of deep ones. Unless it is told, it writes all to disk without end. */
const KEPT_STATES = 500;

export interface SimulatedNode {
  readonly url: string;
  readonly chainId: bigint;
  /** Of its process; when this is over it is gone. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

export interface SimulatedNodeOptions {
  readonly chainId: bigint;
  /** `shanghai` and the like: the rules of the chain. */
  readonly hardfork: string;
  /** Where the chain is kept between two starts; without it, it is gone with the node. */
  readonly stateFile?: string;
  /** Makes a block every so many seconds, whether there is something in it or not; for every transaction without it. */
  readonly blockEveryS?: number;
}

const programFile = (): string => {
  const machine = `${process.platform}-${process.arch}`;
  const named = PROGRAMS[machine];
  if (named === undefined) throw new Error(`SIMULATOR_NOT_AVAILABLE: no EVM node is packed for ${machine}`);
  try {
    return createRequire(import.meta.url).resolve(`${named}/bin/anvil`);
  } catch {
    throw new Error(`SIMULATOR_NOT_AVAILABLE: ${named} is not installed: run npm ci without --omit=optional`);
  }
};

/** Starts an EVM node with funded accounts, on a port of its own. */
export const startSimulatedNode = async (options: SimulatedNodeOptions): Promise<SimulatedNode> => {
  const args = ['--port', '0', '--chain-id', options.chainId.toString(), '--hardfork', options.hardfork];
  args.push('--prune-history', KEPT_STATES.toString());
  if (options.stateFile !== undefined)
    args.push('--state', options.stateFile, '--state-interval', STATE_EVERY_S.toString());
  if (options.blockEveryS !== undefined)
    args.push('--block-time', options.blockEveryS.toString(), '--mixed-mining');
  const child = spawn('sh', ['-c', SCRIPT, programFile(), ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async () => {
    child.stdin.end();
    await ended;
  };
  let said = '';
  const url = new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`SIMULATOR_TIMEOUT: the EVM node did not answer in ${START_MS} ms: ${said}`));
    }, START_MS);
    const hear = (text: Buffer) => {
      // Only its first words are of use; they are read on, so that the pipe never fills.
      if (said.length < 10_000) said += text.toString();
      const address = /Listening on (\S+)/.exec(said)?.[1];
      if (address === undefined) return;
      clearTimeout(timer);
      resolve(`http://${address}`);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    void ended.then(() => {
      clearTimeout(timer);
      reject(new Error(`SIMULATOR_FAILED: the EVM node ended: ${said}`));
    });
    child.once('error', reject);
  });
  try {
    return { url: await url, chainId: options.chainId, ended, stop };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
};
