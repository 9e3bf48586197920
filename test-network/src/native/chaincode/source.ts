/** The chaincode that a network is told to run: one bundled CommonJS file, or a folder with a package.json. */
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NativeNetworkError } from '../errors.ts';

/** Small contract that the network's own tests use; it is deployed when no other is named. */
export const PROBE_CHAINCODE = fileURLToPath(new URL('../probe/probe.cjs', import.meta.url));

export interface ChaincodeSource {
  readonly path: string;
  readonly kind: 'file' | 'folder';
  /** SHA-256 over names and contents, hex. */
  readonly sha256: string;
}

async function filesBelow(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)))
    .sort();
}

/** Reads and measures the chaincode. Throws `BAD_CHAINCODE`. */
export async function readSource(path: string): Promise<ChaincodeSource> {
  const full = resolve(path);
  const kind = await stat(full).then(
    (found) => (found.isDirectory() ? 'folder' : 'file'),
    () => undefined,
  );
  if (kind === undefined)
    throw new NativeNetworkError('BAD_CHAINCODE', `there is no chaincode at ${full}: build it first`);
  const hash = createHash('sha256');
  if (kind === 'file') hash.update(await readFile(full));
  else {
    const names = await filesBelow(full);
    if (!names.includes('package.json'))
      throw new NativeNetworkError('BAD_CHAINCODE', `the chaincode folder ${full} has no package.json`);
    for (const name of names) hash.update(`${name}\0`).update(await readFile(join(full, name)));
  }
  return { path: full, kind, sha256: hash.digest('hex') };
}

/** Copies the chaincode to `dir`, so that rebuilding it does not change what runs. */
export async function installSource(source: ChaincodeSource, name: string, dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  if (source.kind === 'folder') {
    await cp(source.path, dir, { recursive: true });
    return;
  }
  await cp(source.path, join(dir, 'bundle.cjs'));
  await writeFile(join(dir, 'package.json'), JSON.stringify({ name, version: '1.0.0', main: 'bundle.cjs' }));
}
