import { applyAllowances } from '../allowances.ts';
import { readImportGraph } from '../imports/graph.ts';
import type { Outcome, Problem } from '../problem.ts';
import { lineOf, readSources, walk } from '../program.ts';
import { sourcesOf } from '../workspaces.ts';
import { reachFrom } from './reach.ts';
import { DETERMINISM_RULES } from './rules.ts';

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
    return applyAllowances(path, file, Object.keys(DETERMINISM_RULES), found);
  });
  return { covered: `${files.length} files`, problems };
};
