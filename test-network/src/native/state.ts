/** What a network remembers between commands. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseConsortium, type Consortium } from '@roamgrid/network';
import { z } from 'zod';
import { NativeNetworkError } from './errors.ts';
import type { NetworkPaths } from './paths.ts';

const deployed = z.strictObject({
  name: z.string(),
  version: z.string(),
  /** Grows by one with each definition that the organisations approve. */
  sequence: z.int().min(1),
  packageId: z.string(),
  /** Folder that the chaincode processes run from. */
  dir: z.string(),
});
export type DeployedChaincode = z.infer<typeof deployed>;

const schema = z.strictObject({
  consortium: z.unknown(),
  basePort: z.int(),
  fabricVersion: z.string(),
  /** Absent until the network has come up whole. */
  chaincode: deployed.optional(),
});

export interface NetworkState {
  readonly consortium: Consortium;
  readonly basePort: number;
  readonly fabricVersion: string;
  readonly chaincode?: DeployedChaincode;
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
  const { consortium, chaincode, ...rest } = schema.parse(JSON.parse(text));
  return { ...rest, consortium: parseConsortium(consortium), ...(chaincode !== undefined && { chaincode }) };
}

/** Replaces the saved state in one step. */
export async function writeState(paths: NetworkPaths, state: NetworkState): Promise<void> {
  const file = paths.stateFile();
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.new`, `${JSON.stringify(state, undefined, 2)}\n`);
  await rename(`${file}.new`, file);
}

export type RunningState = NetworkState & { readonly chaincode: DeployedChaincode };

/** The state of a network that came up whole. Throws `NOT_UP`. */
export async function requireState(paths: NetworkPaths): Promise<RunningState> {
  const state = await readState(paths);
  if (state?.chaincode === undefined)
    throw new NativeNetworkError(
      'NOT_UP',
      `there is no network in ${paths.root}: start one with npm run network:up`,
    );
  return { ...state, chaincode: state.chaincode };
}
