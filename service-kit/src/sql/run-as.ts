import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { privateFolder } from '../runtime/private-files.ts';
import type { PostgresBinaries } from './binaries.ts';
import { noteOwner, systemFolder } from './system-folder.ts';

const run = promisify(execFile);

/** PostgreSQL refuses to run as root; this is who runs it instead. */
export interface RunAs {
  readonly uid?: number;
  readonly gid?: number;
}

const idOf = async (user: string, flag: '-u' | '-g'): Promise<number | undefined> => {
  try {
    return Number.parseInt((await run('id', [flag, user])).stdout, 10);
  } catch {
    return undefined;
  }
};

const lookUp = async (user: string): Promise<RunAs | undefined> => {
  const [uid, gid] = await Promise.all([idOf(user, '-u'), idOf(user, '-g')]);
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
};

/** As root: the user `postgres`, made when it is missing, or else `nobody`. Otherwise whoever we are. */
export const chooseUser = async (): Promise<RunAs> => {
  if (process.getuid?.() !== 0) return {};
  const known = await lookUp('postgres');
  if (known !== undefined) return known;
  await run('useradd', ['--system', '--user-group', '--no-create-home', 'postgres']).catch(() => undefined);
  const user = (await lookUp('postgres')) ?? (await lookUp('nobody'));
  if (user === undefined)
    throw new Error('PostgreSQL cannot run as root, and there is no user postgres or nobody');
  return user;
};

/** True when another user may pass through every folder above and into `folder`. */
const passable = async (folder: string): Promise<boolean> => {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    const mode = await stat(at).then(
      (info) => info.mode,
      () => undefined,
    );
    if (mode !== undefined && (mode & 0o001) === 0) return false;
    if (at === path.dirname(at)) return true;
  }
};

const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/** Where the cluster's files can lie: beside the state, or in a folder of the system when another user could not get there. */
export const clusterFolder = async (stateDir: string, user: RunAs): Promise<string> => {
  if (user.uid === undefined || (await passable(stateDir))) {
    const beside = path.join(stateDir, 'postgres');
    privateFolder(beside);
    return beside;
  }
  const folder = systemFolder(path.join('clusters', shortHash(path.resolve(stateDir))));
  noteOwner(folder, stateDir);
  return folder;
};

/** The programs, copied once to where the other user can reach them when it cannot reach `node_modules`. */
export const reachableBinaries = async (
  binaries: PostgresBinaries,
  user: RunAs,
): Promise<PostgresBinaries> => {
  if (user.uid === undefined || (await passable(path.dirname(binaries.postgres)))) return binaries;
  const home = systemFolder('programs');
  const { mtimeMs, size } = await stat(binaries.postgres);
  const root = path.join(home, shortHash(`${mtimeMs} ${size}`));
  const complete = await stat(root).then(
    () => true,
    () => false,
  );
  if (!complete) {
    const partial = `${root}.${process.pid}`;
    await cp(binaries.root, partial, { recursive: true, verbatimSymlinks: true });
    // Two starters may race: either copy is good, the later one is dropped.
    await rename(partial, root).catch(() => rm(partial, { recursive: true, force: true }));
  }
  return { root, initdb: path.join(root, 'bin', 'initdb'), postgres: path.join(root, 'bin', 'postgres') };
};
