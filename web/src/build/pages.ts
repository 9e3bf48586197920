import { createHash } from 'node:crypto';
import { cp, mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

/** Pages that can be built, by folder name. */
export const PAGES = ['kiosk', 'overview', 'driver', 'auditor', 'operations', 'site'] as const;
export type Page = (typeof PAGES)[number];

const source = join(import.meta.dirname, '..');

/** Pages that a browser keeps as an app, with what else they consist of. */
const INSTALLED: Readonly<Partial<Record<Page, readonly string[]>>> = {
  driver: ['manifest.webmanifest', 'icon.svg'],
};
const VERSION_DIGITS = 16;

/**
 * Builds what keeps a page's files in the browser (`worker.ts` of its folder): which they are, and a version that is another one as soon as one of them is.
 */
const buildWorker = async (page: Page, folder: string, files: readonly string[]): Promise<void> => {
  const hash = createHash('sha256');
  for (const file of files) hash.update(await readFile(join(folder, file)));
  const kept = ['./', ...files.filter((file) => file !== 'index.html')];
  await build({
    entryPoints: [join(source, page, 'worker.ts')],
    outfile: join(folder, 'worker.js'),
    bundle: true,
    format: 'iife',
    target: 'es2022',
    minify: true,
    define: {
      APP_FILES: JSON.stringify(kept),
      APP_VERSION: JSON.stringify(hash.digest('hex').slice(0, VERSION_DIGITS)),
    },
  });
};

/**
 * Build a page into a folder of static files that any server can serve: HTML, CSS and one script, nothing from elsewhere; of a page that is an app, what
 * keeps it in the browser as well.
 * @returns the folder
 */
export async function buildPage(page: Page, targetFolder: string): Promise<string> {
  const folder = join(targetFolder, page);
  await mkdir(folder, { recursive: true });
  await build({
    entryPoints: [join(source, page, `${page}.ts`)],
    outfile: join(folder, `${page}.js`),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    legalComments: 'external',
  });
  const installed = INSTALLED[page];
  const own = ['index.html', `${page}.css`, ...(installed ?? [])].map((file) => join(page, file));
  const files = [...own, join('shared', 'base.css')];
  await Promise.all(files.map((file) => cp(join(source, file), join(folder, basename(file)))));
  if (installed !== undefined)
    await buildWorker(page, folder, [...files.map((file) => basename(file)), `${page}.js`]);
  return folder;
}
