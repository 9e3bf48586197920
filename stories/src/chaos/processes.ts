import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Parent of a process. Spec: proc_pid_stat(5), field 4, behind a name in brackets that may hold anything. */
const parentOf = (pid: number): number | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
};

/** Processes with all that they started, as Linux lists them. */
export function withDescendants(pids: readonly number[]): readonly number[] {
  const listed = readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0);
  const parents = new Map(listed.map((pid) => [pid, parentOf(pid)]));
  const found = new Set(pids);
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const [pid, parent] of parents) if (parent !== undefined && found.has(parent)) found.add(pid);
  }
  return [...found];
}

export const signalAll = (pids: readonly number[], signal: NodeJS.Signals): void => {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended meanwhile.
    }
  }
};

/**
 * Lets processes write to no file, or lets them again: the operating system refuses every byte (`EFBIG`), as it does on a
 * full disk (`ENOSPC`), and PostgreSQL takes the one for the other. Only the soft limit is changed, so that it can be undone.
 */
export const limitFiles = async (pids: readonly number[], limit: '0' | 'unlimited'): Promise<void> => {
  await Promise.all(
    pids.map((pid) => run('prlimit', ['--pid', pid.toString(), `--fsize=${limit}:`]).catch(() => undefined)),
  );
};

/** Why this host cannot do so; undefined when it can. */
export const noFileLimits = async (): Promise<string | undefined> => {
  try {
    await run('prlimit', ['--pid', process.pid.toString(), '--fsize=unlimited:']);
    return undefined;
  } catch (thrown) {
    return `the program prlimit cannot limit files here: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
  }
};
