import { readFileSync, writeFileSync } from 'node:fs';
import { bundleText, checkpointText, doorsIn, makeCheckpoint, readDoors } from '@roamgrid/stories/audit';
import { auditCheckpoint } from '@roamgrid/wire';
import { Command } from 'commander';
import { EXIT_CODES } from '../exit-codes.ts';
import { stateDirOf } from '../state-dir.ts';
import { alterBundle } from './alter.ts';

interface DoorOptions {
  readonly doors?: string;
  readonly out?: string;
}

const doorsFrom = ({ doors }: DoorOptions) =>
  doors === undefined ? doorsIn(stateDirOf('start'), 'auditor') : readDoors(doors, 'auditor');

/** Files hold what two utilities may see of each other, so they are their owner's alone. */
const write = (text: string, out: string | undefined): void => {
  if (out === undefined) process.stdout.write(`${text}\n`);
  else writeFileSync(out, text, { mode: 0o600 });
};

/** Says on standard error why nothing was made. */
const orRefuse = async (make: () => Promise<void>): Promise<void> => {
  try {
    await make();
  } catch (thrown) {
    process.stderr.write(`roamgrid: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
    process.exitCode = EXIT_CODES.refused;
  }
};

const withDoors = (command: Command): Command =>
  command
    .option(
      '--doors <file>',
      'gateways to ask and the auditor’s key (default: of the latest `npm start` here)',
    )
    .option('--out <file>', 'where to write; standard output without it');

const checkpointCommand = (): Command =>
  withDoors(new Command('checkpoint'))
    .description('the state of the channel that every utility that is asked signs')
    .action((options: DoorOptions) =>
      orRefuse(async () => {
        write(checkpointText(await makeCheckpoint(doorsFrom(options))), options.out);
      }),
    );

const bundleCommand = (): Command =>
  withDoors(new Command('bundle'))
    .description('one bill with everything that proves it, from the quote to the payment')
    .argument('<session>', 'the session’s id, such as USDUK-USALP-g0-17')
    .requiredOption('--checkpoint <file>', 'the checkpoint that it is to be verified with')
    .action((session: string, options: DoorOptions & { readonly checkpoint: string }) =>
      orRefuse(async () => {
        const checkpoint = auditCheckpoint.parse(JSON.parse(readFileSync(options.checkpoint, 'utf8')));
        write(await bundleText(doorsFrom(options), session, checkpoint), options.out);
      }),
    );

const alterCommand = (): Command =>
  new Command('alter')
    .description('change single bytes of a bundle and tell which changes its verification would not find')
    .argument('<bundle>', 'a bundle that holds')
    .requiredOption('--checkpoint <file>', 'its checkpoint')
    .option('--every <bytes>', 'change every so manieth byte', Number, 1)
    .action((bundle: string, options: { readonly checkpoint: string; readonly every: number }) =>
      orRefuse(async () => {
        const files = [readFileSync(bundle), readFileSync(options.checkpoint, 'utf8')] as const;
        const found = await alterBundle(...files, options.every);
        process.stdout.write(`${JSON.stringify(found)}\n`);
        process.exitCode = found.missed.length === 0 ? EXIT_CODES.ok : EXIT_CODES.checkFailed;
      }),
    );

/** `roamgrid audit` */
export function auditCommand(): Command {
  return new Command('audit')
    .description('take a checkpoint and bills away from a consortium, to verify them anywhere')
    .addCommand(checkpointCommand())
    .addCommand(bundleCommand())
    .addCommand(alterCommand());
}
