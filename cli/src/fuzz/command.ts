import {
  fuzz,
  isClean,
  restartsIn,
  servedInterfaces,
  startStand,
  type FuzzReport,
} from '@roamgrid/stories/fuzz';
import { Command } from 'commander';
import { EXIT_CODES } from '../exit-codes.ts';
import { stateDirOf } from '../state-dir.ts';

interface Options {
  readonly inputs: number;
  readonly seed: number;
  readonly first: number;
  readonly json?: boolean;
  readonly stateDir?: string;
}

const PROGRESS_EVERY = 1_000;

const whole = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`${text} is no whole number from 0 on`);
  return value;
};

const table = ({ byInterface, ...sum }: FuzzReport): string => {
  const rows = [...Object.entries(byInterface), ['all', sum] as const];
  return rows
    .map(
      ([name, { inputs, crashes, hangs, untyped, errors500 }]) =>
        `${name.padEnd(24)}${String(inputs).padStart(8)} inputs ${crashes} crashes ${hangs} hangs ${untyped} untyped ${errors500} errors of 500\n`,
    )
    .join('');
};

async function run(options: Options): Promise<void> {
  const beganMs = Date.now();
  const progress = (text: string) =>
    process.stderr.write(`${((Date.now() - beganMs) / 1000).toFixed(1).padStart(7)} s  ${text}\n`);
  let uncaught = 0;
  const onUncaught = (thrown: unknown): void => {
    uncaught += 1;
    progress(`uncaught: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`);
  };
  process.on('uncaughtException', onUncaught).on('unhandledRejection', onUncaught);
  const stateDir = stateDirOf('fuzz', options.stateDir);
  const stand = await startStand(stateDir, progress);
  try {
    const interfaces = await servedInterfaces(stand);
    const restarted = restartsIn(stand.system);
    progress(`${options.inputs} inputs to ${interfaces.length} interfaces, seed ${options.seed}`);
    const report = await fuzz({
      interfaces,
      inputs: options.inputs,
      seed: options.seed,
      first: options.first,
      onFault: progress,
      onProgress: (done) => {
        if (done % PROGRESS_EVERY === 0) progress(`${done} inputs`);
      },
      crashed: () => {
        const since = uncaught;
        uncaught = 0;
        return since + restarted();
      },
    });
    process.stdout.write(options.json === true ? `${JSON.stringify(report)}\n` : table(report));
    process.exitCode = isClean(report) ? EXIT_CODES.ok : EXIT_CODES.checkFailed;
  } finally {
    await stand.close();
  }
}

/** `roamgrid fuzz` */
export function fuzzCommand(): Command {
  return new Command('fuzz')
    .description(
      'start the consortium and send every interface inputs that fit, nearly fit and are hostile; none may crash, hang or confuse it',
    )
    .option('--inputs <count>', 'how many, spread over all interfaces', whole, 2_000)
    .option('--seed <number>', 'where chance begins', whole, 1)
    .option('--first <number>', 'begin with this input, to have again what was found there', whole, 0)
    .option('--json', 'print one JSON object')
    .option('--state-dir <folder>', 'folder of the run; its content is replaced (default .roamgrid/fuzz)')
    .action(run);
}
