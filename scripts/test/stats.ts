import { readFileSync } from 'node:fs';
import type { Timing } from './slowest.ts';

/** What the reporter leaves of one test file. */
export interface FileStats {
  readonly file: string;
  readonly passes: number;
  /** Of tests, and of preparations. */
  readonly failures: number;
}

/** What the reporter leaves of a suite. */
export interface Stats {
  readonly failures: number;
  readonly pending: number;
  readonly files: readonly FileStats[];
  readonly timings: readonly Omit<Timing, 'folder'>[];
}

/** Undefined when the suite left none, or not all of it, as when the disk was full. */
export function readStats(file: string): Stats | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Stats;
  } catch {
    return undefined;
  }
}

/** More than this is no matter of a machine that had too much to do. */
const MOST_FILES_AGAIN = 3;

/**
 * Files to be run once more, alone, when all else has ended: tests live through whole consortia beside one another, and one that waits
 * for a busy machine in vain says nothing of the product. What fails then has failed.
 */
export function filesAgain({ files }: Stats): readonly string[] {
  const failed = files.filter(({ failures }) => failures > 0).map(({ file }) => file);
  return failed.length > MOST_FILES_AGAIN ? [] : failed;
}
