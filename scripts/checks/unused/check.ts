import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Outcome, Problem } from '../problem.ts';

/** What knip reports, as far as it is read here; each of these is a list in the entry of a file. */
const RULES = {
  files: 'no entry of its part leads to this file',
  dependencies: 'is a dependency that nothing uses',
  devDependencies: 'is a development dependency that nothing uses',
  unlisted: 'is imported and not in the part’s package.json',
  unresolved: 'is imported and leads nowhere',
  binaries: 'is run and not in the part’s package.json',
  exports: 'is exported and used by no other file',
  types: 'is an exported type that no other file uses',
  namespaceMembers: 'is exported in a namespace and used by no other file',
} as const;

type RuleName = keyof typeof RULES;

interface Finding {
  readonly name: string;
  readonly line?: number;
}

type FileFindings = { readonly file: string } & Readonly<Partial<Record<RuleName, readonly Finding[]>>>;

const KNIP = join(dirname(fileURLToPath(import.meta.resolve('knip'))), '..', 'bin', 'knip.js');

const runKnip = async (root: string): Promise<readonly FileFindings[]> => {
  const args = ['--directory', root, '--reporter', 'json', '--no-progress', '--no-config-hints'];
  const child = spawn(process.execPath, [KNIP, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, complaint] = await Promise.all([text(child.stdout), text(child.stderr)]);
  try {
    return (JSON.parse(out) as { readonly issues: readonly FileFindings[] }).issues;
  } catch (cause) {
    throw new Error(`knip did not answer with a report: ${complaint.trim() || out.slice(0, 200)}`, { cause });
  }
};

const problemsOf = (findings: FileFindings): readonly Problem[] =>
  (Object.keys(RULES) as RuleName[]).flatMap((rule) =>
    (findings[rule] ?? []).map(({ name, line }): Problem => {
      const message = rule === 'files' ? RULES[rule] : `${name} ${RULES[rule]}`;
      return {
        file: findings.file,
        ...(line === undefined ? {} : { line }),
        rule: `unused-${rule}`,
        message,
      };
    }),
  );

/** Checks for files, exports and dependencies that nothing uses, as `knip.json` defines the entries. */
export const checkUnused = async (root: string): Promise<Outcome> => {
  const problems = (await runKnip(root)).flatMap(problemsOf);
  return { covered: 'all parts', problems };
};
