import { mkdir, open, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM';
  }
};

const POLL_MS = 20;
const LIMIT_MS = 60_000;

/** Runs `work` while no other process, and no other caller here, does so for the same folder. */
export const withFolderLock = async <T>(folder: string, work: () => Promise<T>): Promise<T> => {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, 'lock');
  const untilMs = Date.now() + LIMIT_MS;
  for (;;) {
    try {
      const handle = await open(file, 'wx', 0o600);
      await handle.writeFile(process.pid.toString());
      await handle.close();
      break;
    } catch (thrown) {
      if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST')) throw thrown;
      const holder = Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10);
      // A holder that died left its lock behind. Two may find that at once, hence the unlink is followed by a new race.
      if (Number.isInteger(holder) && !isAlive(holder)) await rm(file, { force: true });
      if (Date.now() > untilMs) throw new Error(`${file} is held by process ${holder}`, { cause: thrown });
      await sleep(POLL_MS);
    }
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
};
