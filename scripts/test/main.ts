/**
 * `npm test`: static checks and every workspace's suite, then the native Fabric suite where its binaries are.
 * It prints the ten slowest tests, so that whoever adds one sees what it costs.
 * The last line is always `N passed, N failed`; a check that fails counts as one failure.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { slowestLines, type Timing } from './slowest.ts';
import { runStep } from './steps.ts';

/** What the reporter leaves of a suite. */
interface Stats {
  readonly passes: number;
  readonly failures: number;
  readonly pending: number;
  readonly timings: readonly Omit<Timing, 'folder'>[];
}

const HELP = `usage: npm test -- [--checks-only] [workspace …]

Runs the static checks and the test suites. With workspaces named, only their suites.`;

/**
 * Suites that start whole systems and mostly wait for them. They run one after the other, so that none disturbs
 * another; the rest, which computes or starts less, runs beside them. Whichever is done first begins with the checks.
 */
const WAITING = new Set(['stories', 'cli', 'gateway']);

/** The suite that needs Fabric's own binaries. */
const NATIVE = 'test-network/src/native/suite';

const root = join(import.meta.dirname, '..', '..');
const args = process.argv.slice(2);
if (args.includes('--help')) {
  console.log(HELP);
  process.exit(0);
}
const scratch = mkdtempSync(join(tmpdir(), 'roamgrid-test-'));
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

/** The longest first: it is on one core to its end. */
const waitingChecks: [string, readonly string[]][] = [
  ['lint', node('node_modules/oxlint/bin/oxlint', '--tsconfig', 'tsconfig.lint.json')],
  ['types', node('node_modules/tsgo/bin/tsc', '-b')],
  ['format', tsx('scripts/format/main.ts')],
  ['structure', tsx('scripts/checks/main.ts')],
];

/** Runs checks until none waits: whoever has nothing else to do calls it, and each check runs once. */
async function runChecks(): Promise<void> {
  for (let check = waitingChecks.shift(); check !== undefined; check = waitingChecks.shift()) {
    const [title, command] = check;
    if (await runStep({ title, command, folder: root, isPatient: true }, scratch)) tally.passed += 1;
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

/** Undefined when the suite left none, or not all of it, as when the disk was full. */
function readStats(file: string): Stats | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Stats;
  } catch {
    return undefined;
  }
}

async function runSuite(folder: string, ending?: string): Promise<void> {
  const files = testFiles(join(root, folder), ending);
  if (files.length === 0) return;
  const statsFile = join(scratch, `${folder.replaceAll('/', '-')}.json`);
  const command = node(
    'node_modules/mocha/bin/mocha.js',
    '--config',
    join(root, '.mocharc.json'),
    '--reporter',
    join(root, 'scripts/test/reporter.cjs'),
    ...files,
  );
  const env = { ROAMGRID_TEST_STATS: statsFile };
  const ok = await runStep({ title: folder, command, folder: join(root, folder), env }, scratch);
  const stats = readStats(statsFile);
  if (stats === undefined) {
    tally.failed += 1; // the suite died before it could count
    return;
  }
  tally.passed += stats.passes;
  tally.failed += stats.failures + (ok || stats.failures > 0 ? 0 : 1);
  tally.skipped += stats.pending;
  timings.push(...stats.timings.map((timing) => ({ folder, ...timing })));
}

/** Programs that suites start again and again are loaded in a third of the time when they are built first. */
function buildPrograms(): void {
  const folder = join(root, '.tsbuild', 'programs');
  const [command = '', ...rest] = tsx('utility/scripts/build-programs.ts', folder);
  if (spawnSync(command, rest, { cwd: root, stdio: 'inherit' }).status === 0)
    process.env['ROAMGRID_PROGRAMS'] = folder;
}

async function runSuites(folders: readonly string[]): Promise<void> {
  for (const folder of folders) await runSuite(folder);
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { workspaces: string[] };
const notes: string[] = [];
if (!checksOnly) buildPrograms();
if (checksOnly) await runChecks();
else if (named.length > 0) await runSuites(named);
else {
  const folders = [...manifest.workspaces, 'scripts'];
  const isWaiting = (folder: string): boolean => WAITING.has(folder);
  const suitesThenChecks = async (suites: readonly string[]): Promise<void> => {
    await runSuites(suites);
    await runChecks();
  };
  const beside = folders.filter((folder) => !isWaiting(folder));
  await Promise.all([suitesThenChecks(folders.filter(isWaiting)), suitesThenChecks(beside)]);
  if (hasFabricBinaries()) await runSuite(NATIVE, '.native.ts');
  else notes.push('native: skipped, no Fabric binaries');
}
rmSync(scratch, { recursive: true });
console.log('');
for (const line of [...slowestLines(timings), ...notes]) console.log(line);
if (tally.skipped > 0) console.log(`${tally.skipped} skipped`);
console.log(`${tally.passed} passed, ${tally.failed} failed`);
process.exit(tally.failed === 0 ? 0 : 1);
