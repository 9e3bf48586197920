/** Processes that outlive the command that started them: own session, output to a file, known by a pid file. */
import { execFile, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { z } from 'zod';

const record = z.strictObject({ pid: z.int().min(1), startedAtMs: z.number() });

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

/** The process that the pid file names, if that very process is alive. */
export async function livePid(pidFile: string): Promise<number | undefined> {
  let text: string;
  try {
    text = await readFile(pidFile, 'utf8');
  } catch {
    return undefined;
  }
  const { pid, startedAtMs: recorded } = record.parse(JSON.parse(text));
  const actual = await startedAtMs(pid);
  return actual !== undefined && Math.abs(actual - recorded) <= START_TOLERANCE_MS ? pid : undefined;
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
    const started = (await startedAtMs(pid)) ?? Date.now();
    await writeFile(job.pidFile, JSON.stringify({ pid, startedAtMs: started }));
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

/** Ends the process: asks first unless `kill`, then insists. Without a live process it does nothing. */
export async function stopDetached(pidFile: string, how: 'terminate' | 'kill' = 'terminate'): Promise<void> {
  const pid = await livePid(pidFile);
  if (pid !== undefined) {
    signal(pid, how === 'kill' ? 'SIGKILL' : 'SIGTERM');
    const insistAtMs = Date.now() + TERMINATION_MS;
    while ((await startedAtMs(pid)) !== undefined) {
      if (Date.now() > insistAtMs) signal(pid, 'SIGKILL');
      await sleep(50);
    }
  }
  await rm(pidFile, { force: true });
}
