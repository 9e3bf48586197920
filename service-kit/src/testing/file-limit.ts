import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A process and all that it started. */
export const withChildren = async (pid: number): Promise<number[]> => {
  const { stdout } = await run('ps', ['-eo', 'pid=,ppid=']);
  const pairs = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const found = [pid];
  for (const parent of found)
    for (const [child, of] of pairs) if (of === parent && child !== undefined) found.push(child);
  return found;
};

/**
 * Lets a process and its children write no file beyond so many bytes: the operating system refuses what a full disk would
 * refuse, as "file too large" (`EFBIG`) and not as "no space left" (`ENOSPC`). Linux alone; only the soft limit is changed.
 */
export const limitFiles = async (pid: number, bytes: number | 'unlimited'): Promise<void> => {
  // Who is root limits another user's processes as that user.
  const { uid, gid } = await stat(`/proc/${pid}`);
  for (const each of await withChildren(pid))
    await run('prlimit', ['--pid', each.toString(), `--fsize=${bytes}:`], { uid, gid }).catch(
      (thrown: unknown) => {
        // One of them ended meanwhile.
        if (each === pid) throw thrown;
      },
    );
};
