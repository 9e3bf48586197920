import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import pg from 'pg';
import type { PostgresBinaries } from './binaries.ts';
import { isAlive } from './folder-lock.ts';
import type { RunAs } from './run-as.ts';

const run = promisify(execFile);

export const SUPERUSER = 'roamgrid';

export interface Postmaster {
  readonly pid: number;
  readonly port: number;
}

export interface Cluster {
  /** Folder of the data, its password and its log. */
  readonly folder: string;
  readonly dataDir: string;
  readonly password: string;
  readonly user: RunAs;
  readonly binaries: PostgresBinaries;
}

const READY_LIMIT_MS = 60_000;
const POLL_MS = 15;

/** Process id and port of `postmaster.pid`. Spec: PostgreSQL 18, "Database File Layout", postmaster.pid lines 1 and 4. */
const readPidFile = async (dataDir: string): Promise<Postmaster | undefined> => {
  const text = await readFile(path.join(dataDir, 'postmaster.pid'), 'utf8').catch(() => undefined);
  const lines = text?.split('\n') ?? [];
  const pid = Number.parseInt(lines[0] ?? '', 10);
  const port = Number.parseInt(lines[3] ?? '', 10);
  return Number.isInteger(pid) && Number.isInteger(port) ? { pid, port } : undefined;
};

const answers = async (cluster: Cluster, port: number): Promise<boolean> => {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: SUPERUSER,
    password: cluster.password,
    database: 'postgres',
    connectionTimeoutMillis: 2_000,
  });
  try {
    await client.connect();
    // Another cluster may have taken the port of a dead one.
    const { rows } = await client.query<{ data_directory: string }>('show data_directory');
    return rows[0]?.data_directory === cluster.dataDir;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
};

/** Waits until the server answers with its own data, its process is gone, or the time is up. */
const waitReady = async (cluster: Cluster, { pid, port }: Postmaster, limitMs: number): Promise<boolean> => {
  const untilMs = Date.now() + limitMs;
  while (Date.now() < untilMs && isAlive(pid)) {
    if (await answers(cluster, port)) return true;
    await sleep(POLL_MS);
  }
  return false;
};

const commandOf = async (pid: number): Promise<string> =>
  (await run('ps', ['-p', pid.toString(), '-o', 'args=']).catch(() => ({ stdout: '' }))).stdout;

/**
 * A server left by a process that was killed. A `postmaster.pid` whose process is another program (ids are reused) is
 * stale, and PostgreSQL would refuse to start over it: it is removed.
 */
export const adopt = async (cluster: Cluster): Promise<Postmaster | undefined> => {
  const known = await readPidFile(cluster.dataDir);
  if (known === undefined) return undefined;
  if (isAlive(known.pid)) {
    if (await waitReady(cluster, known, 5_000)) return known;
    if (isAlive(known.pid) && (await commandOf(known.pid)).includes(cluster.dataDir)) {
      throw new Error(`PostgreSQL ${known.pid} holds ${cluster.dataDir} and does not answer: end it`);
    }
  }
  await rm(path.join(cluster.dataDir, 'postmaster.pid'), { force: true });
  return undefined;
};

/** Makes the data directory, if there is none yet. Not half of one: it is made aside and renamed by initdb's success. */
export const initialise = async (cluster: Cluster): Promise<void> => {
  const done = path.join(cluster.folder, 'initialised');
  if ((await readFile(done, 'utf8').catch(() => undefined)) !== undefined) return;
  await rm(cluster.dataDir, { recursive: true, force: true });
  await mkdir(cluster.dataDir, { recursive: true, mode: 0o700 });
  const passwordFile = path.join(cluster.folder, `initdb-password.${process.pid}`);
  await writeFile(passwordFile, `${cluster.password}\n`, { mode: 0o600 });
  if (cluster.user.uid !== undefined && cluster.user.gid !== undefined) {
    await chown(cluster.dataDir, cluster.user.uid, cluster.user.gid);
    await chown(passwordFile, cluster.user.uid, cluster.user.gid);
  }
  try {
    await run(
      cluster.binaries.initdb,
      [
        `--pgdata=${cluster.dataDir}`,
        `--username=${SUPERUSER}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        // Bytewise order on every machine, as on the ledger.
        '--locale=C',
      ],
      { ...cluster.user, cwd: cluster.folder },
    );
  } finally {
    await rm(passwordFile, { force: true });
  }
  await writeFile(done, 'yes\n', { mode: 0o600 });
};

const freePort = async (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port);
        else reject(new Error('no free port'));
      });
    });
  });

const ATTEMPTS = 6;
const AGAIN_AFTER_MS = 100;

const portFile = (cluster: Cluster): string => path.join(cluster.folder, 'port');

/** The port that the server had before, so that who knows its address finds it again. */
const keptPort = async (cluster: Cluster): Promise<number | undefined> => {
  const port = Number.parseInt(await readFile(portFile(cluster), 'utf8').catch(() => ''), 10);
  return Number.isInteger(port) ? port : undefined;
};

/** Starts the server on the loopback port that it had before, or on a free one. */
export const start = async (cluster: Cluster): Promise<Postmaster> => {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const port = (attempt === ATTEMPTS ? undefined : await keptPort(cluster)) ?? (await freePort());
    const log = openSync(path.join(cluster.folder, 'postgres.log'), 'a', 0o600);
    const child = spawn(
      cluster.binaries.postgres,
      [
        ...['-D', cluster.dataDir, '-p', port.toString()],
        ...['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
        ...['-c', 'max_connections=200', '-c', 'shared_buffers=64MB', '-c', 'log_min_messages=warning'],
      ],
      // A session of its own: Ctrl-C reaches the services first, and they end the server in order.
      { ...cluster.user, cwd: cluster.folder, detached: true, stdio: ['ignore', log, log] },
    );
    closeSync(log);
    const failed = new Promise<never>((_resolve, reject) => child.once('error', reject));
    failed.catch(() => undefined);
    child.unref();
    if (child.pid === undefined) await failed;
    else if (await waitReady(cluster, { pid: child.pid, port }, READY_LIMIT_MS)) {
      await writeFile(portFile(cluster), port.toString(), { mode: 0o600 });
      return { pid: child.pid, port };
    }
    // Another program may have the port, or the processes of a killed server still its memory.
    await sleep(AGAIN_AFTER_MS);
  }
  throw new Error(`PostgreSQL did not start: see ${path.join(cluster.folder, 'postgres.log')}`);
};

/** Ends the server in order and waits until it is gone. */
export const stop = async ({ pid }: Postmaster, limitMs = 20_000): Promise<void> => {
  // SIGINT is PostgreSQL's "fast" shutdown: running transactions are rolled back.
  if (isAlive(pid)) process.kill(pid, 'SIGINT');
  const untilMs = Date.now() + limitMs;
  while (isAlive(pid) && Date.now() < untilMs) await sleep(POLL_MS);
};
