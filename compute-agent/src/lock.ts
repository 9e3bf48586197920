import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startTicksOf } from './jobs/processes.ts';

/**
 * One agent a state folder: two would both run its jobs. A lock of a process that is no more, or of another one that has its id by now, is
 * no lock.
 * @throws Error ALREADY_RUNNING
 */
export const lockFolder = (stateDir: string): (() => void) => {
  const file = join(stateDir, 'lock');
  const own = `${process.pid} ${startTicksOf(process.pid) ?? 0}`;
  if (existsSync(file)) {
    const [pid = '', startTicks = ''] = readFileSync(file, 'utf8').split(' ');
    const isHeld = /^\d+$/.test(pid) && startTicksOf(Number(pid)) === Number(startTicks);
    if (isHeld) {
      throw new Error(
        `ALREADY_RUNNING: process ${pid} is the agent of ${stateDir}: end it, or give this one a folder of its own`,
      );
    }
    rmSync(file);
  }
  // Whoever made it in between is seen here.
  writeFileSync(file, own, { flag: 'wx', mode: 0o600 });
  return () => {
    rmSync(file, { force: true });
  };
};
