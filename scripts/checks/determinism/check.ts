import { applyAllowances } from '../allowances.ts';
import { readImportGraph } from '../imports/graph.ts';
import type { Outcome, Problem } from '../problem.ts';
import { lineOf, readSources, walk } from '../program.ts';
import { sourcesOf } from '../workspaces.ts';
import { reachFrom } from './reach.ts';
import { DETERMINISM_RULES } from './rules.ts';

/**
 * The one file of the chaincode that may look at a clock: it decides whether an endorser signs, never what is written.
 * Anywhere else no reason excuses one.
 */
const CLOCK_FILE = 'src/context/endorsement-clock.ts';

const excusable = (path: string, contract: string): readonly string[] =>
  Object.keys(DETERMINISM_RULES).filter((rule) => rule !== 'clock' || path === `${contract}/${CLOCK_FILE}`);

/** Checks the chaincode and everything of the repository that it loads for what would make peers disagree. */
export const checkDeterminism = async (root: string, contract = 'chaincode'): Promise<Outcome> => {
  const files = reachFrom(await readImportGraph(root), sourcesOf(root, [contract]));
  const sources = readSources(root, files);
  const problems = files.flatMap((path) => {
    const file = sources.file(path);
    const found: Problem[] = [];
    walk(file, (node) => {
      for (const [rule, judge] of Object.entries(DETERMINISM_RULES)) {
        const message = judge(node, sources.checker);
        if (message !== undefined) found.push({ file: path, line: lineOf(node), rule, message });
      }
    });
    return applyAllowances(path, file, excusable(path, contract), found);
  });
  return { covered: `${files.length} files`, problems };
};
