/**
 * The checks of the repository's structure that no compiler makes: `npx tsx scripts/checks/main.ts [--root DIR] [check …]`.
 * One line a check, its problems below it; exit code 1 when there are any, 2 for a check that does not exist.
 */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { checkDeterminism } from './determinism/check.ts';
import { checkDuplicates } from './duplicates/check.ts';
import { checkImports } from './imports/check.ts';
import { checkNumbers } from './numbers/check.ts';
import { describeProblem, type Outcome } from './problem.ts';
import { checkUnused } from './unused/check.ts';
import { workspacesOf } from './workspaces.ts';

const { values, positionals: named } = parseArgs({
  allowPositionals: true,
  options: { root: { type: 'string', default: join(import.meta.dirname, '..', '..') } },
});
const root = resolve(values.root);

const CHECKS: Readonly<Record<string, () => Outcome | Promise<Outcome>>> = {
  imports: () => checkImports(root),
  numbers: () => checkNumbers(root, workspacesOf(root)),
  duplicates: () => checkDuplicates(root),
  determinism: () => checkDeterminism(root),
  unused: () => checkUnused(root),
};

const unknown = named.filter((name) => !Object.hasOwn(CHECKS, name));
if (unknown.length > 0) {
  console.error(`unknown check ${unknown.join(', ')}; there are ${Object.keys(CHECKS).join(', ')}`);
  process.exit(2);
}
for (const [name, check] of Object.entries(CHECKS)) {
  if (named.length > 0 && !named.includes(name)) continue;
  const { covered, problems } = await check();
  const verdict = problems.length === 0 ? 'ok' : `FAILED, ${problems.length} problems`;
  console.log(`${name}: ${verdict} (${covered})`);
  for (const problem of problems) console.log(`  ${describeProblem(problem)}`);
  if (problems.length > 0) process.exitCode = 1;
}
