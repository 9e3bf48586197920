/** CPU profiles of the chaincode processes under load. */
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { BenchNetwork } from './network.ts';

const profiler = fileURLToPath(new URL('profiler.cjs', import.meta.url));
const WRITING_MS = 3000;

/** Makes a chaincode program listen for the signal that starts and ends a profile. */
export async function makeProfiled(program: string): Promise<void> {
  await writeFile(program, `${await readFile(profiler, 'utf8')}\n${await readFile(program, 'utf8')}`);
}

/** Profiles one chaincode process while `work` runs, when a file is named; the file opens in Chrome's developer tools. */
export async function whileProfiling<T>(
  { nodes, chaincodeDir }: BenchNetwork,
  file: string | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const node = nodes.find(({ kind, id }) => kind === 'chaincode' && !id.endsWith('-assets'));
  if (file === undefined || node === undefined) return work();
  process.kill(node.pid, 'SIGUSR2');
  const result = await work();
  process.kill(node.pid, 'SIGUSR2');
  await sleep(WRITING_MS);
  const found = (await readdir(chaincodeDir)).find((name) => name === `${node.pid}.cpuprofile`);
  if (found === undefined)
    throw new Error(`process ${node.pid} wrote no profile into ${dirname(chaincodeDir)}`);
  await copyFile(join(chaincodeDir, found), file);
  return result;
}
