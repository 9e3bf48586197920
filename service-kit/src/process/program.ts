import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/**
 * What Node is given to run a program of this repository: the one that was built of it, where `ROAMGRID_PROGRAMS` names the folder
 * of those (`utility/scripts/build-programs.ts`), else its source, which takes some two seconds of processor time more to load.
 * @param file the program's source
 */
export const programArguments = (file: string): readonly string[] => {
  const folder = process.env['ROAMGRID_PROGRAMS'];
  const built = folder === undefined ? undefined : join(folder, builtName(ROOT, file));
  if (built !== undefined && existsSync(built)) return [built];
  return ['--import', createRequire(import.meta.url).resolve('tsx'), file];
};

/** Where in the folder of built programs the one of a source lies. */
export const builtName = (root: string, file: string): string =>
  `${relative(root, file).replace(/\.ts$/, '').replaceAll(/[\\/]/g, '-')}.mjs`;
