import { readFile } from 'node:fs/promises';
import { createRequire, isBuiltin } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { builtName } from '@roamgrid/service-kit';
import { build, type Plugin } from 'esbuild';

/**
 * Builds programs that are started often, each in a process or thread of its own, into the folder that `ROAMGRID_PROGRAMS` is to name. They
 * run on this machine, from this place.
 */
const PROGRAMS = [
  'aaa-node/src/main.ts',
  'chaincode/src/server.ts',
  'cli/src/main.ts',
  'compute-agent/src/testing/agent-child.ts',
  'energy-controller/src/adapters/modbus/simulator/main.ts',
  'energy-controller/src/cloud/main.ts',
  'energy-controller/src/devices/service/main.ts',
  'energy-controller/src/devices/simulator/main.ts',
  'energy-controller/src/solver/highs-worker.ts',
  'gateway/src/testing/crash-child.ts',
  'stories/src/chaos/station-child.ts',
  'stories/src/offline/charger-child.ts',
  'tariff-service/src/jobs/worker.ts',
  'test-network/src/embedded/main.ts',
  'utility/src/services/service-child.ts',
];

/** Where a package lies, when it is installed inside a workspace: another version than the one at the root. */
const nestedAt = (root: string, path: string, importer: string): string | undefined => {
  try {
    const found = createRequire(importer).resolve(path);
    return found.startsWith(join(root, 'node_modules') + sep) ? undefined : found;
  } catch {
    return undefined; // of the root, for `import` alone
  }
};

/** Our own sources go into the program; packages stay where they are installed. */
const packagesStay = (root: string): Plugin => ({
  name: 'packages-stay',
  setup(steps) {
    steps.onResolve({ filter: /^[^./]/ }, ({ path, importer, kind }) => {
      if (kind === 'entry-point' || path.startsWith('@roamgrid/')) return undefined;
      if (isBuiltin(path)) return { path, external: true };
      return { path: nestedAt(root, path, importer) ?? path, external: true };
    });
  },
});

/** What stands for a source's own place, which each declares for itself. */
const PLACES = { 'import.meta.dirname': 'sourceFolder', 'import.meta.url': 'sourceUrl' };

/** A source that looks for something beside itself finds it there. */
const placesStay: Plugin = {
  name: 'places-stay',
  setup(steps) {
    steps.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const folder = `const ${PLACES['import.meta.dirname']} = ${JSON.stringify(dirname(path))};`;
      const url = `const ${PLACES['import.meta.url']} = ${JSON.stringify(pathToFileURL(path).href)};`;
      return { contents: `${folder} ${url} ${source}`, loader: 'ts' };
    });
  },
};

const [, , folder] = process.argv;
if (folder === undefined) throw new Error('usage: build-programs FOLDER (inside the repository)');
const root = join(import.meta.dirname, '..', '..');
await build({
  absWorkingDir: root,
  entryPoints: PROGRAMS.map((file) => ({
    in: join(root, file),
    out: builtName(root, join(root, file)).replace(/\.mjs$/, ''),
  })),
  outdir: folder,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  define: PLACES,
  logLevel: 'error',
  plugins: [packagesStay(root), placesStay],
});
