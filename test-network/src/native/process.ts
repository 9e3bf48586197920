/** Processes that outlive the command that started them: own session, output to a file, known by a pid file. */
import { execFile, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { z } from 'zod';

const record = z.strictObject({ pid: z.int().min(1), startedAtMs: z.number() });
type ProcessRecord = z.infer<typeof record>;

export interface DetachedProcess {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly pidFile: string;
}

/** `ps` counts whole seconds and drifts by one; a reused pid is farther off. */
const START_TOLERANCE_MS = 3000;
const TERMINATION_MS = 10_000;

/** When a live process began, in ms; undefined when there is none, or only its zombie. */
async function startedAtMs(pid: number): Promise<number | undefined> {
  try {
    const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
    const { stdout } = await promisify(execFile)('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { env });
    const [state = '', ...start] = stdout.trim().split(/\s+/);
    return state === '' || state.startsWith('Z') ? undefined : Date.parse(`${start.join(' ')} UTC`);
  } catch {
    return undefined;
  }
}

async function recorded(pidFile: string): Promise<ProcessRecord | undefined> {
  try {
    return record.parse(JSON.parse(await readFile(pidFile, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The process that the pid file names, if that very process is alive. */
export async function livePid(pidFile: string): Promise<number | undefined> {
  return ifLive(await recorded(pidFile));
}

async function ifLive(known: ProcessRecord | undefined): Promise<number | undefined> {
  if (known === undefined) return undefined;
  const actual = await startedAtMs(known.pid);
  return actual !== undefined && Math.abs(actual - known.startedAtMs) <= START_TOLERANCE_MS
    ? known.pid
    : undefined;
}

/** Whole or not at all: who looks meanwhile reads the file before, not half of this one. */
async function keepRecord(pidFile: string, pid: number): Promise<void> {
  const whole: ProcessRecord = { pid, startedAtMs: (await startedAtMs(pid)) ?? Date.now() };
  await writeFile(`${pidFile}.${pid}`, JSON.stringify(whole));
  await rename(`${pidFile}.${pid}`, pidFile);
}

/** Starts it unless it lives already; returns its pid. The caller's environment is not passed on. */
export async function startDetached(job: DetachedProcess): Promise<number> {
  const alive = await livePid(job.pidFile);
  if (alive !== undefined) return alive;
  await mkdir(dirname(job.logFile), { recursive: true });
  const log = openSync(job.logFile, 'a');
  try {
    const child = spawn(job.command, job.args, {
      cwd: job.cwd,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...job.env },
      detached: true,
      stdio: ['ignore', log, log],
    });
    const pid = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('spawn', () => {
        if (child.pid !== undefined) resolve(child.pid);
      });
    });
    child.unref();
    await keepRecord(job.pidFile, pid);
    return pid;
  } finally {
    closeSync(log);
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/**
 * Ends the process: asks first unless `kill`, then insists. Without a live process it does nothing. Who supervises the
 * process may have started it again meanwhile: that one stays, and so does what is known of it.
 */
export async function stopDetached(pidFile: string, how: 'terminate' | 'kill' = 'terminate'): Promise<void> {
  const known = await recorded(pidFile);
  const pid = await ifLive(known);
  if (pid !== undefined) {
    signal(pid, how === 'kill' ? 'SIGKILL' : 'SIGTERM');
    const insistAtMs = Date.now() + TERMINATION_MS;
    while ((await startedAtMs(pid)) !== undefined) {
      if (Date.now() > insistAtMs) signal(pid, 'SIGKILL');
      await sleep(50);
    }
  }
  if ((await recorded(pidFile))?.pid === known?.pid) await rm(pidFile, { force: true });
}
