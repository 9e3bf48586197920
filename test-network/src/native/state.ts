/** What a network remembers between commands. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseConsortium, type Consortium } from '@roamgrid/network';
import { z } from 'zod';
import { NativeNetworkError } from './errors.ts';
import type { NetworkPaths } from './paths.ts';
import type { OuterPorts } from './topology.ts';

const definition = z.strictObject({
  channel: z.string(),
  /** Grows by one with each definition that the organisations approve. */
  sequence: z.int().min(1),
  /** Signature policy in Fabric's text form; the consortium's majority of utilities when absent. */
  policy: z.string().optional(),
  /** File in the form of Fabric's collection configuration. */
  collectionsFile: z.string().optional(),
});
export type ChannelDefinition = z.infer<typeof definition>;

const deployed = z.strictObject({
  name: z.string(),
  version: z.string(),
  packageId: z.string(),
  /** Folder that the chaincode processes run from. */
  dir: z.string(),
  /** Program in the folder; without it, the folder's package.json names contracts. */
  program: z.string().optional(),
  definitions: z.array(definition),
});
export type DeployedChaincode = z.infer<typeof deployed>;

const schema = z.strictObject({
  consortium: z.unknown(),
  basePort: z.int(),
  fabricVersion: z.string(),
  /** Of nodes that others do not reach where they listen. */
  outerPorts: z.record(z.string(), z.int()),
  /** Channels besides the consortium's own. */
  furtherChannels: z.array(z.string()),
  /** Empty until the network has come up whole. The first is the consortium's own. */
  chaincodes: z.array(deployed),
});

export interface NetworkState {
  readonly consortium: Consortium;
  readonly basePort: number;
  readonly fabricVersion: string;
  readonly outerPorts: OuterPorts;
  readonly furtherChannels: readonly string[];
  readonly chaincodes: readonly DeployedChaincode[];
}

/** The saved state; undefined when there is no network in the folder. */
export async function readState(paths: NetworkPaths): Promise<NetworkState | undefined> {
  let text: string;
  try {
    text = await readFile(paths.stateFile(), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const { consortium, ...rest } = schema.parse(JSON.parse(text));
  return { ...rest, consortium: parseConsortium(consortium) };
}

/** Replaces the saved state in one step. */
export async function writeState(paths: NetworkPaths, state: NetworkState): Promise<void> {
  const file = paths.stateFile();
  await mkdir(dirname(file), { recursive: true });
  const { consortium, basePort, fabricVersion, outerPorts, furtherChannels, chaincodes } = state;
  const saved = { consortium, basePort, fabricVersion, outerPorts, furtherChannels, chaincodes };
  await writeFile(`${file}.new`, `${JSON.stringify(saved, undefined, 2)}\n`);
  await rename(`${file}.new`, file);
}

/** A network that came up whole. `chaincode` is the consortium's own, the first of the deployed. */
export interface RunningState extends NetworkState {
  readonly chaincode: DeployedChaincode;
}

/** Adds `chaincode` when the network came up whole. */
export function asRunning(state: NetworkState | undefined): RunningState | undefined {
  const [chaincode] = state?.chaincodes ?? [];
  return state === undefined || chaincode === undefined ? undefined : { ...state, chaincode };
}

/** Names of the chaincodes besides the first, in the order of their slots. */
export const furtherNames = ({ chaincodes }: NetworkState): string[] =>
  chaincodes.slice(1).map(({ name }) => name);

/** The state of a network that came up whole. Throws `NOT_UP`. */
export async function requireState(paths: NetworkPaths): Promise<RunningState> {
  const state = asRunning(await readState(paths));
  if (state === undefined)
    throw new NativeNetworkError(
      'NOT_UP',
      `there is no network in ${paths.root}: start one with npm run network:up`,
    );
  return state;
}
