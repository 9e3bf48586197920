/**
 * `npm test`: static checks, then every workspace's suite, then the native Fabric suite where its binaries are.
 * The last line is always `N passed, N failed`; a check that fails counts as one failure.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

const HELP = `usage: npm test -- [--checks-only] [workspace …]

Runs the static checks and the test suites. With workspaces named, only their suites.`;

/** A step that takes longer hangs, and counts as failed. */
const LONGEST_STEP_MS = 12 * 60_000;

/** The suite that needs Fabric's own binaries. */
const NATIVE = 'test-network/src/native/suite';

const root = join(import.meta.dirname, '..', '..');
const args = process.argv.slice(2);
if (args.includes('--help')) {
  console.log(HELP);
  process.exit(0);
}
const checksOnly = args.includes('--checks-only');
const named = args.filter((arg) => !arg.startsWith('--'));

const node = (script: string, ...rest: string[]) => [process.execPath, join(root, script), ...rest];
const tsx = (script: string, ...rest: string[]) => [
  process.execPath,
  '--import',
  'tsx',
  join(root, script),
  ...rest,
];

/** Run a command, its output shown; true when it succeeds. */
function succeeds(
  title: string,
  [command, ...rest]: string[],
  cwd = root,
  env: NodeJS.ProcessEnv = {},
): boolean {
  if (command === undefined) throw new Error('empty command');
  const startedMs = Date.now();
  console.log(`\n── ${title}`);
  const { status } = spawnSync(command, rest, {
    cwd,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
    timeout: LONGEST_STEP_MS,
    killSignal: 'SIGKILL',
  });
  const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
  console.log(`── ${title}: ${status === 0 ? 'ok' : 'FAILED'} (${seconds} s)`);
  return status === 0;
}

function runChecks(tally: Tally): void {
  const checks: [string, string[]][] = [
    ['types', node('node_modules/tsgo/bin/tsc', '-b')],
    ['format', node('node_modules/prettier/bin/prettier.cjs', '--check', '.', '--log-level', 'warn')],
    ['lint', node('node_modules/eslint/bin/eslint.js', '.', '--max-warnings', '0')],
    ['structure', tsx('scripts/checks/main.ts')],
  ];
  for (const [title, command] of checks) {
    if (succeeds(title, command)) tally.passed += 1;
    else tally.failed += 1;
  }
}

/** The native network's own check says whether it could start here. */
function hasFabricBinaries(): boolean {
  const [command = '', ...rest] = tsx('test-network/src/native/main.ts', 'check');
  return spawnSync(command, rest, { cwd: root, stdio: 'ignore' }).status === 0;
}

/** Test files of a folder tree, without what is generated or installed. */
function testFiles(folder: string, ending = '.test.ts'): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(
      (entry) =>
        entry.isFile() && entry.name.endsWith(ending) && !/node_modules|fixtures/.test(entry.parentPath),
    )
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function runSuite(folder: string, files: readonly string[], statsFolder: string, tally: Tally): void {
  if (files.length === 0) return;
  const statsFile = join(statsFolder, `${folder.replaceAll('/', '-')}.json`);
  const mocha = node(
    'node_modules/mocha/bin/mocha.js',
    '--config',
    join(root, '.mocharc.json'),
    '--reporter',
    join(root, 'scripts/test/reporter.cjs'),
    ...files,
  );
  const ok = succeeds(folder, mocha, join(root, folder), { ROAMGRID_TEST_STATS: statsFile });
  if (!existsSync(statsFile)) {
    tally.failed += 1; // the suite died before it could count
    return;
  }
  const stats = JSON.parse(readFileSync(statsFile, 'utf8')) as {
    passes: number;
    failures: number;
    pending: number;
  };
  tally.passed += stats.passes;
  tally.failed += stats.failures + (ok || stats.failures > 0 ? 0 : 1);
  tally.skipped += stats.pending;
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { workspaces: string[] };
const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
const notes: string[] = [];
if (named.length === 0) runChecks(tally);
if (!checksOnly) {
  const statsFolder = mkdtempSync(join(tmpdir(), 'roamgrid-test-'));
  for (const folder of named.length > 0 ? named : [...manifest.workspaces, 'scripts']) {
    runSuite(folder, testFiles(join(root, folder)), statsFolder, tally);
  }
  if (named.length === 0) {
    if (hasFabricBinaries())
      runSuite(NATIVE, testFiles(join(root, NATIVE), '.native.ts'), statsFolder, tally);
    else notes.push('native: skipped, no Fabric binaries');
  }
  rmSync(statsFolder, { recursive: true });
}
console.log('');
for (const note of notes) console.log(note);
if (tally.skipped > 0) console.log(`${tally.skipped} skipped`);
console.log(`${tally.passed} passed, ${tally.failed} failed`);
process.exit(tally.failed === 0 ? 0 : 1);
