/**
 * `npm test`: static checks and every workspace's suite, then the native Fabric suite where its binaries are.
 * It prints the ten slowest tests, so that whoever adds one sees what it costs.
 * Up to three files of a suite that fail are run once more, alone, when all else has ended; it says which.
 * The last line is always `N passed, N failed`; a check that fails counts as one failure.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { slowestLines, type Timing } from './slowest.ts';
import { filesAgain, readStats } from './stats.ts';
import { runStep } from './steps.ts';
import { suitesOf, testFiles, type Suite } from './suites.ts';

const HELP = `usage: npm test -- [--checks-only] [workspace …]

Runs the static checks and the test suites. With workspaces named, or folders of them, only their suites.`;

/** A suite waits about a third of its time, so one more than there are cores; past four they would be short of memory. */
const LANES = Math.min(4, availableParallelism() + 1);

/** The suite that needs Fabric's own binaries. */
const NATIVE = 'test-network/src/native/suite';

const root = join(import.meta.dirname, '..', '..');
const args = process.argv.slice(2);
if (args.includes('--help')) {
  console.log(HELP);
  process.exit(0);
}
const scratch = mkdtempSync(join(tmpdir(), 'roamgrid-test-'));
const notes: string[] = [];
const tally = { passed: 0, failed: 0, skipped: 0 };
const timings: Timing[] = [];
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

/**
 * The longest first: it is on one core to its end. Checkers side by side each find out again what types mean: one takes a
 * quarter to a third less processor time, and other steps have the other cores.
 */
const waitingChecks: [string, readonly string[]][] = [
  ['lint', node('node_modules/oxlint/bin/oxlint', '--tsconfig', 'tsconfig.lint.json')],
  ['types', node('node_modules/tsgo/bin/tsc', '-b', '--checkers', '1')],
  ['format', tsx('scripts/format/main.ts')],
  ['structure', tsx('scripts/checks/main.ts')],
];

/** Runs checks until none waits: whoever has nothing else to do calls it, and each check runs once. */
async function runChecks(): Promise<void> {
  for (let check = waitingChecks.shift(); check !== undefined; check = waitingChecks.shift()) {
    const [title, command] = check;
    // The linter has a checker for each core that Go's runtime may use.
    const env = title === 'lint' ? { GOMAXPROCS: '1' } : {};
    if (await runStep({ title, command, folder: root, env, isPatient: true }, scratch)) tally.passed += 1;
    else tally.failed += 1;
  }
}

/** The native network's own check says whether it could start here. */
function hasFabricBinaries(): boolean {
  const [command = '', ...rest] = tsx('test-network/src/native/main.ts', 'check');
  return spawnSync(command, rest, { cwd: root, stdio: 'ignore' }).status === 0;
}

/** Files that are to be run again, alone, when all else has ended. */
const again: Suite[] = [];

/** @param isLast what fails has failed, and is not run again */
async function runSuite({ folder, files }: Suite, isLast = false): Promise<void> {
  const title = isLast ? `${folder}, again` : folder;
  const statsFile = join(scratch, `${title.replaceAll('/', '-')}.json`);
  const command = node(
    'node_modules/mocha/bin/mocha.js',
    '--config',
    join(root, '.mocharc.json'),
    '--reporter',
    join(root, 'scripts/test/reporter.cjs'),
    ...files,
  );
  const env = { ROAMGRID_TEST_STATS: statsFile };
  const workspace = join(root, folder.split('/')[0] ?? folder);
  const ok = await runStep({ title, command, folder: workspace, env }, scratch);
  const stats = readStats(statsFile);
  if (stats === undefined) {
    tally.failed += 1; // the suite died before it could count
    return;
  }
  const isAgain = isLast ? [] : filesAgain(stats);
  if (isAgain.length > 0) again.push({ folder, files: isAgain });
  for (const { file, passes, failures } of stats.files) {
    if (isAgain.includes(file)) continue;
    tally.passed += passes;
    tally.failed += failures;
  }
  tally.failed += ok || stats.failures > 0 ? 0 : 1;
  tally.skipped += stats.pending;
  timings.push(...stats.timings.map((timing) => ({ folder, ...timing })));
}

/** Says which tests needed a machine for themselves: whoever reads it should mend them. */
async function runAgain(): Promise<void> {
  for (const suite of again.splice(0)) {
    const failed = tally.failed;
    await runSuite(suite, true);
    const names = suite.files.map((file) => relative(root, file)).join(', ');
    notes.push(`${tally.failed === failed ? 'passed' : 'failed'} when it was run again, alone: ${names}`);
  }
}

/** Programs that suites start again and again are loaded in a third of the time when they are built first. */
function buildPrograms(): void {
  const folder = join(root, '.tsbuild', 'programs');
  const [command = '', ...rest] = tsx('utility/scripts/build-programs.ts', folder);
  if (spawnSync(command, rest, { cwd: root, stdio: 'inherit' }).status === 0)
    process.env['ROAMGRID_PROGRAMS'] = folder;
}

/**
 * Runs suites side by side, and then the checks, which only compute and would take their time from who waits: a lane that
 * is free takes the next.
 */
async function runAll(folders: readonly string[]): Promise<void> {
  const waiting = [...suitesOf(root, folders)];
  const lane = async (): Promise<void> => {
    for (let suite = waiting.shift(); suite !== undefined; suite = waiting.shift()) await runSuite(suite);
    await runChecks();
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  workspaces: string[];
};
if (!checksOnly) buildPrograms();
if (checksOnly) await runChecks();
else if (named.length > 0) for (const suite of suitesOf(root, named)) await runSuite(suite);
else {
  await runAll([...manifest.workspaces, 'scripts']);
  if (hasFabricBinaries()) {
    await runSuite({ folder: NATIVE, files: testFiles(join(root, NATIVE), '.native.ts') });
  } else notes.push('native: skipped, no Fabric binaries');
}
await runAgain();
rmSync(scratch, { recursive: true });
console.log('');
for (const line of [...slowestLines(timings), ...notes]) console.log(line);
if (tally.skipped > 0) console.log(`${tally.skipped} skipped`);
console.log(`${tally.passed} passed, ${tally.failed} failed`);
process.exit(tally.failed === 0 ? 0 : 1);
