import type { IViolation } from 'dependency-cruiser';
import type { Outcome, Problem } from '../problem.ts';
import { workspacesOf } from '../workspaces.ts';
import { readImportGraph } from './graph.ts';
import { importRules } from './rules.ts';

const describeTarget = ({ to, cycle }: IViolation): string =>
  cycle === undefined ? `→ ${to}` : `→ ${cycle.map(({ name }) => name).join(' → ')}`;

/** Checks the direction of imports between parts, cycles, and what single parts must never import. */
export const checkImports = async (root: string): Promise<Outcome> => {
  const rules = importRules(workspacesOf(root));
  const { modules, summary } = await readImportGraph(root);
  const problems = summary.violations.map((violation): Problem => {
    const { rule, from } = violation;
    return {
      file: from,
      rule: rule.name,
      message: `${describeTarget(violation)} (${commentOf(violation, rules)})`,
    };
  });
  return { covered: `${modules.length} modules`, problems };
};

/** Rules of one name differ by part: the comment is that of the rule whose `from` takes the file. */
const commentOf = ({ rule, from }: IViolation, rules: ReturnType<typeof importRules>): string => {
  const takes = (path: string | string[] | undefined): boolean =>
    path === undefined || (typeof path === 'string' && new RegExp(path).test(from));
  return (
    rules.find((candidate) => candidate.name === rule.name && takes(candidate.from.path))?.comment ??
    rule.name
  );
};
