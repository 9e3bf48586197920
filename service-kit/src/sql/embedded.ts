import { randomBytes } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { privateFolder } from '../runtime/private-files.ts';
import { findBinaries } from './binaries.ts';
import { isAlive, withFolderLock } from './folder-lock.ts';
import { watchOver, type OrphanWatch } from './orphan-watch.ts';
import { adopt, initialise, start, stop, SUPERUSER, type Cluster, type Postmaster } from './postmaster.ts';
import { chooseUser, clusterFolder, reachableBinaries } from './run-as.ts';
import { checkNames, prepareServiceRole, roleOf, type ServiceSchema } from './service-role.ts';
import { removeLeftOvers } from './system-folder.ts';

/** A running PostgreSQL that this process uses together with others. */
export interface EmbeddedServer {
  /** Address for one service, as a role of its own that is made when it is missing. */
  urlFor(place: ServiceSchema): Promise<string>;
  /** Gives up this use; the last user of the last process ends the server. */
  release(): Promise<void>;
}

interface Shared {
  uses: number;
  readonly ready: Promise<{ readonly cluster: Cluster; readonly postmaster: Postmaster }>;
}

const sharedByStateDir = new Map<string, Shared>();

/** A password, made once; only our user may read it. */
const readPassword = async (file: string): Promise<string> => {
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

interface Held {
  readonly cluster: Cluster;
  readonly postmaster: Postmaster;
  /** Ends it when this process is killed. */
  readonly watch: OrphanWatch;
}

/** Servers that this process uses, by folder. */
const held = new Map<string, Held>();

/** Folders whose server this process supervises: it ends when its supervisor says so, not with its last user here. */
const supervised = new Set<string>();

/** The last chance of a process that did not close its stores. */
process.once('exit', () => {
  for (const { cluster, postmaster } of held.values()) {
    const { pid } = postmaster;
    rmSync(userFile(cluster), { force: true });
    if (!usedByOthers(cluster) && isAlive(pid)) process.kill(pid, 'SIGINT');
  }
  removeLeftOvers();
});

const begin = async (stateDir: string): Promise<{ cluster: Cluster; postmaster: Postmaster }> => {
  privateFolder(stateDir);
  removeLeftOvers();
  const user = await chooseUser();
  const folder = await clusterFolder(stateDir, user);
  return withFolderLock(folder, async () => {
    const cluster: Cluster = {
      folder,
      dataDir: path.join(folder, 'data'),
      password: await readPassword(path.join(folder, 'password')),
      user,
      binaries: await reachableBinaries(await findBinaries(), user),
    };
    await initialise(cluster);
    const postmaster = (await adopt(cluster)) ?? (await start(cluster));
    await mkdir(usersFolder(cluster), { recursive: true, mode: 0o700 });
    await writeFile(userFile(cluster), '', { mode: 0o600 });
    held.get(folder)?.watch.end();
    held.set(folder, { cluster, postmaster, watch: watchOver(folder) });
    return { cluster, postmaster };
  });
};

/** Address of the maintenance database as the server's owner; no service gets it. */
const ownerUrl = ({ password }: Cluster, { port }: Postmaster): string =>
  `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`;

const urlForService = (cluster: Cluster, postmaster: Postmaster, place: ServiceSchema): Promise<string> => {
  checkNames(place);
  // One at a time, also of several processes: each reads the password that the first one made.
  return withFolderLock(cluster.folder, async () => {
    const passwords = path.join(cluster.folder, 'roles');
    await mkdir(passwords, { recursive: true, mode: 0o700 });
    const password = await readPassword(path.join(passwords, roleOf(place)));
    return prepareServiceRole(ownerUrl(cluster, postmaster), place, password);
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
    urlFor: (place) => urlForService(cluster, postmaster, place),
    async release() {
      if (released) return;
      released = true;
      mine.uses -= 1;
      if (mine.uses > 0) return;
      sharedByStateDir.delete(key);
      if (!supervised.has(cluster.folder)) await letGo(cluster, postmaster);
    },
  };
};

const letGo = (cluster: Cluster, postmaster: Postmaster): Promise<void> =>
  withFolderLock(cluster.folder, async () => {
    held.get(cluster.folder)?.watch.end();
    held.delete(cluster.folder);
    rmSync(userFile(cluster), { force: true });
    if (!usedByOthers(cluster)) await stop(postmaster);
  });

/** Removes the shipped server's data of a state folder, which need not lie inside it. Nothing may use it. */
export const removeDatabase = async (stateDir: string): Promise<void> => {
  await rm(await clusterFolder(path.resolve(stateDir), await chooseUser()), { recursive: true, force: true });
};

/** A server that somebody supervises: it is started once, and told when it ends. */
export interface DatabaseProcess {
  /** Where it listens; the same after each start on the same folder. */
  readonly port: number;
  /** Address for one service, as a role of its own that is made when it is missing; the same after each start. */
  urlFor(place: ServiceSchema): Promise<string>;
  readonly pid: number;
  /** Resolves when the server is gone. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

const WATCH_EVERY_MS = 50;

const untilGone = async (pid: number): Promise<string> => {
  while (isAlive(pid)) await sleep(WATCH_EVERY_MS, undefined, { ref: false });
  return `PostgreSQL ${pid} is gone`;
};

/** Starts the shipped server of a folder, for who starts it again when it ends. */
export const startDatabase = async (stateDir: string): Promise<DatabaseProcess> => {
  const { cluster, postmaster } = await begin(path.resolve(stateDir));
  supervised.add(cluster.folder);
  return {
    port: postmaster.port,
    urlFor: (place) => urlForService(cluster, postmaster, place),
    pid: postmaster.pid,
    ended: untilGone(postmaster.pid),
    stop: () => {
      supervised.delete(cluster.folder);
      return letGo(cluster, postmaster);
    },
  };
};
