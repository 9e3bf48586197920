import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** The parts of the repository at `root`, in the order of its manifest. */
export const workspacesOf = (root: string): readonly string[] => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly workspaces: readonly string[];
  };
  return manifest.workspaces;
};

/** True for what only tests load: the rules of production code do not bind it. */
export const isTestFile = (file: string): boolean => /\.(?:test|fixture)\.ts$|\/testing\//.test(file);

/** A path from the root with forward slashes, as problems name it. */
export const fromRoot = (root: string, path: string): string => relative(root, path).split(sep).join('/');

/** The production sources of some parts, from the root, sorted: what runs, without tests and declarations. */
export const sourcesOf = (root: string, workspaces: readonly string[]): readonly string[] =>
  workspaces
    .flatMap((workspace) =>
      readdirSync(join(root, workspace), { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts'))
        .map((entry) => fromRoot(root, join(entry.parentPath, entry.name))),
    )
    .filter((file) => /^[^/]+\/src\//.test(file) && !isTestFile(file) && !file.includes('/node_modules/'))
    .sort();
