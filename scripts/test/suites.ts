import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Test files that one process runs. */
export interface Suite {
  /** A workspace, or a folder of one whose tests are a suite of their own. */
  readonly folder: string;
  /** Absolute. */
  readonly files: readonly string[];
}

/**
 * Folders that are suites of their own beside the rest of their workspace: those that take long, and one whose test needs a whole day
 * of the test ledger's clock, which is one day behind the wall's.
 */
const OWN = ['stories/src/start', 'stories/src/system', 'gateway/src/flexibility'];

/**
 * What takes longest begins first, so that no lane is left with it at the end; whatever is not named here follows in the
 * manifest's order.
 */
const LONGEST = [
  'stories',
  'gateway',
  'stories/src/start',
  'cli',
  'aaa-node',
  'tariff-service',
  'stories/src/system',
  'energy-controller',
  'test-network',
  'chaincode',
  'ocpi',
  'roaming-router',
  'compute-agent',
];

/** Test files of a folder tree, without what is generated or installed. */
export function testFiles(folder: string, ending = '.test.ts'): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(
      (entry) =>
        entry.isFile() && entry.name.endsWith(ending) && !/node_modules|fixtures/.test(entry.parentPath),
    )
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

const isUnder = (file: string, folder: string): boolean => file.startsWith(join(folder, '/'));

/** The suites of these workspaces or folders, the longest first. Each of their test files is in one suite. */
export function suitesOf(root: string, folders: readonly string[]): readonly Suite[] {
  const all = folders.flatMap((folder) => [
    folder,
    ...OWN.filter((own) => isUnder(own, folder) && !folders.includes(own)),
  ]);
  const rank = ({ folder }: Suite): number => {
    const at = LONGEST.indexOf(folder);
    return at < 0 ? LONGEST.length : at;
  };
  return all
    .map((folder) => ({
      folder,
      files: testFiles(join(root, folder)).filter(
        (file) => !all.some((inner) => isUnder(inner, folder) && isUnder(file, join(root, inner))),
      ),
    }))
    .filter(({ files }) => files.length > 0)
    .sort((a, b) => rank(a) - rank(b));
}
