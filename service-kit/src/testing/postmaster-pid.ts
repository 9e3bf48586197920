import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { chooseUser, clusterFolder } from '../sql/run-as.ts';

/** Process id of the shipped PostgreSQL of a state folder, for tests that freeze or kill it. */
export const postmasterPid = async (stateDir: string): Promise<number> => {
  const folder = await clusterFolder(stateDir, await chooseUser());
  const [pid = ''] = (await readFile(path.join(folder, 'data', 'postmaster.pid'), 'utf8')).split('\n');
  return Number.parseInt(pid, 10);
};
