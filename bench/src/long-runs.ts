/**
 * `npx tsx bench/src/long-runs.ts --help`: the random sequences of the power core and of a running site, as long as they are asked for. Each is
 * the test of that name, lived through for more steps; it stops at the first step that breaks a limit.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';

interface Options {
  readonly steps: string;
  readonly seed: string;
  readonly out?: string;
}

/** What mocha's own JSON reporter says of a run. */
interface Outcome {
  readonly stats: { readonly passes: number; readonly failures: number };
  readonly tests: readonly {
    readonly title: string;
    readonly duration?: number;
    readonly err: { readonly message?: string };
  }[];
}

const root = join(import.meta.dirname, '..', '..');

/** The test, and what it takes its number of steps from. */
const RUNS = [
  ['domain/src/power/sequences.test.ts', 'ROAMGRID_POWER_STEPS'],
  ['energy-controller/src/site/sequences.test.ts', 'ROAMGRID_SITE_STEPS'],
] as const;

function lived(file: string, variable: string, { steps, seed }: Options): Outcome {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/mocha/bin/mocha.js'),
      ...['--config', join(root, '.mocharc.json'), '--reporter', 'json', join(root, file)],
    ],
    {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, [variable]: steps, ROAMGRID_LAWS_SEED: seed },
      maxBuffer: 2 ** 28,
    },
  );
  try {
    return JSON.parse(stdout) as Outcome;
  } catch {
    throw new Error(`${file} ended without a report: ${stderr.slice(-2_000)}`);
  }
}

function measure(options: Options): void {
  const rows = RUNS.map(([file, variable]) => {
    const { stats, tests } = lived(file, variable, options);
    const row = {
      file,
      steps: Number(options.steps),
      seed: Number(options.seed),
      passed: stats.passes,
      failed: stats.failures,
      tests: tests.map(({ title, duration, err }) => ({
        title,
        seconds: Math.round((duration ?? 0) / 1_000),
        ...(err.message !== undefined && { error: err.message }),
      })),
    };
    console.log(JSON.stringify(row));
    return row;
  });
  const machine = { processor: cpus()[0]?.model ?? 'unknown', cores: availableParallelism() };
  if (options.out !== undefined)
    writeFileSync(
      options.out,
      `${JSON.stringify({ machine, node: process.version, runs: rows }, undefined, 2)}\n`,
    );
  if (rows.some(({ failed, passed }) => failed > 0 || passed === 0)) process.exitCode = 1;
}

await new Command('long-runs')
  .option('--steps <count>', 'steps of each sequence', '1000000')
  .option('--seed <number>', 'another path', '1')
  .option('--out <json>', 'write what came of it')
  .action(measure)
  .parseAsync();
