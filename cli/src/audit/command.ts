import { readFileSync, writeFileSync } from 'node:fs';
import {
  billBundleText,
  bundleText,
  checkpointText,
  doorsIn,
  makeCheckpoint,
  readBill,
  readDoors,
  writeLedger,
} from '@roamgrid/stories/audit';
import { auditCheckpoint, sessionId } from '@roamgrid/wire';
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
    .description(
      'a session, or a bill with all of its sessions, with everything that proves it, from the quote to the payment',
    )
    .argument('<what>', 'a session’s id, such as USDUK-USALP-g0-17, or the file of a bill as home gave it')
    .requiredOption('--checkpoint <file>', 'the checkpoint that it is to be verified with')
    .action((what: string, options: DoorOptions & { readonly checkpoint: string }) =>
      orRefuse(async () => {
        const checkpoint = auditCheckpoint.parse(JSON.parse(readFileSync(options.checkpoint, 'utf8')));
        const doors = doorsFrom(options);
        const text = sessionId.safeParse(what).success
          ? await bundleText(doors, what, checkpoint)
          : await billBundleText(doors, readBill(readFileSync(what, 'utf8')), checkpoint);
        write(text, options.out);
      }),
    );

const ledgerCommand = (): Command =>
  new Command('ledger')
    .description('the whole ledger as files: its blocks, and the private bodies of one utility')
    .requiredOption('--of <utility>', 'whose gateway is asked, such as USDUK')
    .requiredOption('--out <folder>', 'where to write: blocks and bodies below it')
    .option(
      '--doors <file>',
      'gateways to ask and the auditor’s key (default: of the latest `npm start` here)',
    )
    .action((options: DoorOptions & { readonly of: string; readonly out: string }) =>
      orRefuse(async () => {
        const door = doorsFrom(options).find(({ utilityId }) => utilityId === options.of);
        if (door === undefined) throw new Error(`there is no door to ${options.of}`);
        process.stdout.write(`${JSON.stringify(await writeLedger(door, options.out))}\n`);
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
    .addCommand(ledgerCommand())
    .addCommand(alterCommand());
}
