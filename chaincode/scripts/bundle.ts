import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

/**
 * Bundles the contracts with everything they need, fabric-shim included, into `dist/`:
 * `server.cjs` runs as chaincode as a service; `package.json` makes the folder a node package that starts it.
 * The output depends on the sources alone, so that every organisation can build and compare it; a benchmark builds other
 * sources by a plugin.
 */
const root = fileURLToPath(new URL('..', import.meta.url));

export const bundle = async (outDir: string, plugins: Plugin[] = []): Promise<void> => {
  mkdirSync(outDir, { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: ['src/server.ts'],
    outfile: `${outDir}/server.cjs`,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    legalComments: 'none',
    logLevel: 'error',
    plugins,
  });
  const manifest = {
    name: 'roamgrid-chaincode',
    version: '0.1.0',
    private: true,
    license: 'Apache-2.0',
    engines: { node: '>=20.19' },
    scripts: { start: 'node server.cjs' },
  };
  writeFileSync(`${outDir}/package.json`, `${JSON.stringify(manifest, null, 2)}\n`);
};

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle(`${root}/dist`);
