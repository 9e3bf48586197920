import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isAlive } from './folder-lock.ts';

/**
 * What root keeps for the server's user, who cannot get into root's own folders. Not in /var/tmp: many systems remove there
 * what nobody has touched for a month, which a database's files need not be.
 */
const HOME = '/var/lib/roamgrid';
const CLUSTERS = path.join(HOME, 'clusters');

/** Names the state folder that a cluster belongs to. */
const OWNER_FILE = 'belongs-to';

/** A folder of ours in the system's, which only root can have made. */
export const systemFolder = (name: string): string => {
  let folder = HOME;
  for (const part of ['', ...name.split(path.sep)]) {
    folder = path.join(folder, part);
    mkdirSync(folder, { mode: 0o755, recursive: true });
    const info = lstatSync(folder);
    if (!info.isDirectory() || info.uid !== 0)
      throw new Error(`${folder} is not a folder of root: remove it`);
    chmodSync(folder, 0o755);
  }
  return folder;
};

export const noteOwner = (cluster: string, stateDir: string): void => {
  writeFileSync(path.join(cluster, OWNER_FILE), path.resolve(stateDir), { mode: 0o600 });
};

const textOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
};

const isTemporary = (folder: string): boolean =>
  [tmpdir(), realpathSync(tmpdir())].some((temporary) => folder.startsWith(temporary + path.sep));

/** True when nobody can come back for it: its state lay in the temporary folder and is gone. */
const isLeftOver = (cluster: string): boolean => {
  const stateDir = textOf(path.join(cluster, OWNER_FILE));
  if (!isTemporary(stateDir) || existsSync(stateDir)) return false;
  const server = Number.parseInt(
    textOf(path.join(cluster, 'data', 'postmaster.pid')).split('\n')[0] ?? '',
    10,
  );
  return !Number.isInteger(server) || !isAlive(server);
};

/**
 * Removes clusters whose state was temporary and is gone, as after a test or a trial: each has some 60 MB. State anywhere
 * else is never judged by being absent, because its disk may only not be there yet.
 */
export const removeLeftOvers = (): void => {
  if (process.getuid?.() !== 0 || !existsSync(CLUSTERS)) return;
  for (const name of readdirSync(CLUSTERS)) {
    const cluster = path.join(CLUSTERS, name);
    try {
      if (isLeftOver(cluster)) rmSync(cluster, { recursive: true, force: true });
    } catch {
      // Another process removes it as well: it goes, whoever of them does it.
    }
  }
};
