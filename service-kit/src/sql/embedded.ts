import { randomBytes } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { findBinaries } from './binaries.ts';
import { isAlive, withFolderLock } from './folder-lock.ts';
import { adopt, initialise, start, stop, SUPERUSER, type Cluster, type Postmaster } from './postmaster.ts';
import { chooseUser, clusterFolder, reachableBinaries } from './run-as.ts';

/** A running PostgreSQL that this process uses together with others. */
export interface EmbeddedServer {
  /** Address of the maintenance database, with password. */
  readonly url: string;
  /** Gives up this use; the last user of the last process ends the server. */
  release(): Promise<void>;
}

interface Shared {
  uses: number;
  readonly ready: Promise<{ readonly cluster: Cluster; readonly postmaster: Postmaster }>;
}

const sharedByStateDir = new Map<string, Shared>();

/** The password, made once; only our user may read it. */
const readPassword = async (folder: string): Promise<string> => {
  const file = path.join(folder, 'password');
  const known = await readFile(file, 'utf8').catch(() => undefined);
  if (known !== undefined && known.length >= 32) return known;
  const made = randomBytes(24).toString('base64url');
  await writeFile(file, made, { mode: 0o600 });
  return made;
};

const usersFolder = (cluster: Cluster): string => path.join(cluster.folder, 'users');
const userFile = (cluster: Cluster): string => path.join(usersFolder(cluster), process.pid.toString());

/** True when another living process uses the server. */
const usedByOthers = (cluster: Cluster): boolean =>
  readdirSync(usersFolder(cluster)).some((name) => {
    const pid = Number.parseInt(name, 10);
    return pid !== process.pid && isAlive(pid);
  });

/** Servers that this process uses. */
const held = new Map<Cluster, Postmaster>();

/** The last chance of a process that did not close its stores. */
process.once('exit', () => {
  for (const [cluster, { pid }] of held) {
    rmSync(userFile(cluster), { force: true });
    if (!usedByOthers(cluster) && isAlive(pid)) process.kill(pid, 'SIGINT');
  }
});

const begin = async (stateDir: string): Promise<{ cluster: Cluster; postmaster: Postmaster }> => {
  await mkdir(stateDir, { recursive: true });
  const user = await chooseUser();
  const folder = await clusterFolder(stateDir, user);
  return withFolderLock(folder, async () => {
    const cluster: Cluster = {
      folder,
      dataDir: path.join(folder, 'data'),
      password: await readPassword(folder),
      user,
      binaries: await reachableBinaries(await findBinaries(), user),
    };
    await initialise(cluster);
    const postmaster = (await adopt(cluster)) ?? (await start(cluster));
    await mkdir(usersFolder(cluster), { recursive: true });
    await writeFile(userFile(cluster), '');
    held.set(cluster, postmaster);
    return { cluster, postmaster };
  });
};

/** The server of a state directory: found running, adopted after a crash, or started; one for all who ask. */
export const acquireEmbedded = async (stateDir: string): Promise<EmbeddedServer> => {
  const key = path.resolve(stateDir);
  let shared = sharedByStateDir.get(key);
  if (shared === undefined) {
    shared = { uses: 0, ready: begin(key) };
    sharedByStateDir.set(key, shared);
  }
  const mine = shared;
  mine.uses += 1;
  const { cluster, postmaster } = await mine.ready.catch((thrown: unknown) => {
    sharedByStateDir.delete(key);
    throw thrown;
  });
  let released = false;
  return {
    url: `postgres://${SUPERUSER}:${cluster.password}@127.0.0.1:${postmaster.port}/postgres`,
    async release() {
      if (released) return;
      released = true;
      mine.uses -= 1;
      if (mine.uses > 0) return;
      sharedByStateDir.delete(key);
      await withFolderLock(cluster.folder, async () => {
        held.delete(cluster);
        rmSync(userFile(cluster), { force: true });
        if (!usedByOthers(cluster)) await stop(postmaster);
      });
    },
  };
};
