/**
 * Measures the commit before numbered sessions with its own bench, given 400 stations by a patch of its tests' helpers:
 * in a work tree of its own, which is taken away afterwards. Prints that bench's JSON. Needs git, npm and Fabric's
 * programs. Run: `npx tsx bench/src/compare.ts [options of that commit's native-sessions]`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The last commit with two public keys and two bodies a session. */
const BEFORE = 'd650e84';
const workspace = fileURLToPath(new URL('../..', import.meta.url));
const patch = fileURLToPath(new URL(`../compare/${BEFORE}.patch`, import.meta.url));

const run = async (cwd: string, command: string, args: readonly string[]): Promise<void> => {
  // What the steps say goes beside the result; that of the bench itself is the result.
  const isBench = args.includes('bench/src/native-sessions.ts');
  const child = spawn(command, args, { cwd, stdio: ['ignore', isBench ? 'inherit' : 2, 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code ?? 'a signal'}`);
};

const folder = await mkdtemp(join(tmpdir(), 'roamgrid-before-'));
const tree = join(folder, 'tree');
try {
  await run(workspace, 'git', ['worktree', 'add', '--detach', tree, BEFORE]);
  await run(tree, 'git', ['apply', patch]);
  await run(tree, 'npm', ['ci', '--no-audit', '--no-fund']);
  await run(tree, 'npx', ['tsx', 'bench/src/native-sessions.ts', ...process.argv.slice(2)]);
} finally {
  await run(workspace, 'git', ['worktree', 'remove', '--force', tree]);
  await rm(folder, { recursive: true, force: true });
}
