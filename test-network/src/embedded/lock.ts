/** One process a state folder: a lock file with the process id, stale once that process is gone. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** A holder that lost the process which supervised it is on its way out. */
const PATIENCE_MS = 5_000;
const POLL_MS = 50;

/** Takes the lock; returns what releases it. Throws when another living process holds it and does not end. */
export async function lockFolder(directory: string): Promise<() => Promise<void>> {
  const path = join(directory, 'lock');
  const untilMs = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      await writeFile(path, String(process.pid), { flag: 'wx' });
      return () => rm(path, { force: true });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      const holder = Number(await readFile(path, 'utf8').catch(() => ''));
      if (Number.isInteger(holder) && holder > 0 && isAlive(holder)) {
        if (Date.now() < untilMs) {
          await sleep(POLL_MS);
          continue;
        }
        throw new Error(
          `${directory} is in use by process ${holder}: stop it or choose another state folder`,
        );
      }
      await rm(path, { force: true });
    }
  }
}
