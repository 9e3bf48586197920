import { cp, mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

/** Pages that can be built, by folder name. */
export const PAGES = ['kiosk', 'overview', 'driver', 'auditor', 'operations', 'site'] as const;
export type Page = (typeof PAGES)[number];

const source = join(import.meta.dirname, '..');

/**
 * Build a page into a folder of static files that any server can serve: HTML, CSS and one script, nothing from elsewhere.
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
  const files = [join(page, 'index.html'), join(page, `${page}.css`), join('shared', 'base.css')];
  await Promise.all(files.map((file) => cp(join(source, file), join(folder, basename(file)))));
  return folder;
}
