/** Hyperledger Fabric's own programs on this machine. They are never downloaded by this project. */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { NativeNetworkError } from '../errors.ts';

/** What the native network runs. Certificates are the project's own, so `cryptogen` is not among them. */
const PROGRAMS = ['peer', 'orderer', 'osnadmin', 'configtxgen'] as const;
export type Program = (typeof PROGRAMS)[number];

export interface Binaries {
  readonly path: Readonly<Record<Program, string>>;
  /** Such as `2.5.12` or `3.1.1`. */
  readonly version: string;
  readonly major: number;
}

const INSTALL_ADVICE = [
  'Install Fabric 2.5 or 3.x with the script of its documentation (page "Install Fabric and Fabric Samples"):',
  './install-fabric.sh binary',
  'then name the folder that it filled, for example: export FABRIC_BIN="$PWD/bin"',
].join('\n  ');

const isExecutable = (file: string): Promise<boolean> =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  );

const versions = new Map<string, string>();

async function versionOf(peer: string): Promise<string> {
  const known = versions.get(peer);
  if (known !== undefined) return known;
  const { stdout } = await promisify(execFile)(peer, ['version']);
  const found = /Version:\s*v?(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  if (found === undefined)
    throw new NativeNetworkError('FABRIC_TOO_OLD', `${peer} does not tell its version:\n${stdout}`);
  versions.set(peer, found);
  return found;
}

/** Looks in the folder `FABRIC_BIN`, or else along `PATH`; the programs that are nowhere are `missing`. */
async function locate(env: NodeJS.ProcessEnv): Promise<{ found: Map<Program, string>; missing: Program[] }> {
  const configured = env['FABRIC_BIN'];
  const folders =
    configured === undefined || configured === '' ? (env['PATH'] ?? '').split(delimiter) : [configured];
  const found = new Map<Program, string>();
  for (const program of PROGRAMS) {
    for (const folder of folders.filter((entry) => entry !== '')) {
      const file = join(folder, program);
      if (!(await isExecutable(file))) continue;
      found.set(program, file);
      break;
    }
  }
  return { found, missing: PROGRAMS.filter((program) => !found.has(program)) };
}

/** Whether the native network can run on this machine. */
export async function hasFabricBinaries(env: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  return (await locate(env)).missing.length === 0;
}

/** Finds the programs. Throws `BINARIES_MISSING` with what to install, or `FABRIC_TOO_OLD`. */
export async function findBinaries(env: NodeJS.ProcessEnv = process.env): Promise<Binaries> {
  const { found, missing } = await locate(env);
  if (missing.length > 0) {
    const where = env['FABRIC_BIN']
      ? `in FABRIC_BIN (${env['FABRIC_BIN']})`
      : 'on PATH, and FABRIC_BIN is not set';
    throw new NativeNetworkError(
      'BINARIES_MISSING',
      `Fabric's ${missing.join(', ')} cannot be found ${where}.\n  ${INSTALL_ADVICE}`,
    );
  }
  const path = Object.fromEntries(found) as Record<Program, string>;
  const version = await versionOf(path.peer);
  const [major, minor] = version.split('.').map(Number) as [number, number];
  if (major < 2 || (major === 2 && minor < 5))
    throw new NativeNetworkError(
      'FABRIC_TOO_OLD',
      `Fabric ${version} is too old: 2.5 or later is needed.\n  ${INSTALL_ADVICE}`,
    );
  return { path, version, major };
}
