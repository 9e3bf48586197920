import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

/** Pages that can be built, by folder name. */
export const PAGES = ['kiosk'] as const;
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
  await Promise.all(
    ['index.html', `${page}.css`].map((file) => cp(join(source, page, file), join(folder, file))),
  );
  return folder;
}
