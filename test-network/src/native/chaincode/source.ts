/**
 * The chaincode that a network is told to run:
 * - a folder whose `package.json` names a main module with `fabric-contract-api` contracts, run by
 *   `fabric-chaincode-node server`; or
 * - a program that serves itself. It reads `CHAINCODE_SERVER_ADDRESS`, `CORE_CHAINCODE_ID_NAME` (also as
 *   `CHAINCODE_ID`), `CORE_PEER_LOCALMSPID`, and the TLS files `CHAINCODE_TLS_KEY_FILE`, `CHAINCODE_TLS_CERT_FILE`,
 *   `CHAINCODE_TLS_CLIENT_CACERT_FILE`. TypeScript is bundled first.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { NativeNetworkError } from '../errors.ts';

/** Small contract that the network's own tests use. */
export const PROBE_CHAINCODE = fileURLToPath(new URL('../probe', import.meta.url));

/** What `npm run bundle -w chaincode` makes. */
const bundledContracts = fileURLToPath(new URL('../../../../chaincode/dist/server.cjs', import.meta.url));

/** The roaming contracts when they have been bundled, or else the probe. */
export const defaultChaincode = (): string =>
  existsSync(bundledContracts) ? bundledContracts : PROBE_CHAINCODE;

/** The packages of this repository, `fabric-shim` among them. */
const packages = dirname(dirname(createRequire(import.meta.url).resolve('fabric-shim/package.json')));

export type ChaincodeSource = {
  /** SHA-256 over names and contents, hex. */
  readonly sha256: string;
  readonly path: string;
} & (
  | { readonly kind: 'folder' }
  | { readonly kind: 'program'; readonly file: string; readonly content: Uint8Array }
);

async function filesBelow(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)))
    .sort();
}

async function readFolder(path: string): Promise<ChaincodeSource> {
  const names = await filesBelow(path);
  if (!names.includes('package.json'))
    throw new NativeNetworkError('BAD_CHAINCODE', `the chaincode folder ${path} has no package.json`);
  const hash = createHash('sha256');
  for (const name of names) hash.update(`${name}\0`).update(await readFile(join(path, name)));
  return { kind: 'folder', path, sha256: hash.digest('hex') };
}

async function bundled(path: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    external: ['fabric-shim', 'fabric-shim/*', 'fabric-shim-api', 'fabric-contract-api'],
    // CommonJS packages inside the bundle may ask for Node's own modules.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'silent',
  });
  const [output] = outputFiles;
  if (output === undefined) throw new NativeNetworkError('BAD_CHAINCODE', `${path} bundles to nothing`);
  return output.contents;
}

async function readProgram(path: string): Promise<ChaincodeSource> {
  const extension = extname(path);
  if (!['.ts', '.mjs', '.cjs'].includes(extension))
    throw new NativeNetworkError(
      'BAD_CHAINCODE',
      `${path} is no chaincode program: name it .ts, .mjs or .cjs`,
    );
  const content = extension === '.ts' ? await bundled(path) : await readFile(path);
  const file = `program${extension === '.ts' ? '.mjs' : extension}`;
  return { kind: 'program', path, file, content, sha256: createHash('sha256').update(content).digest('hex') };
}

/** Reads and measures the chaincode. Throws `BAD_CHAINCODE`. */
export async function readSource(path: string): Promise<ChaincodeSource> {
  const full = resolve(path);
  const found = await stat(full).catch(() => undefined);
  if (found === undefined)
    throw new NativeNetworkError('BAD_CHAINCODE', `there is no chaincode at ${full}: build it first`);
  return found.isDirectory() ? readFolder(full) : readProgram(full);
}

/** Copies the chaincode to `dir`, so that rebuilding it does not change what runs. */
export async function installSource(source: ChaincodeSource, dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  if (source.kind === 'folder') await cp(source.path, dir, { recursive: true });
  else await writeFile(join(dir, source.file), source.content);
  const link = join(dir, 'node_modules');
  if (!existsSync(link)) await symlink(packages, link);
}
