import { formatMicros } from '@roamgrid/domain';
import {
  disputeReport,
  missingReport,
  runDispute,
  runMissing,
  type DisputeReport,
  type MissingReport,
} from '@roamgrid/stories/disputes';
import { Command } from 'commander';
import { z } from 'zod';
import { EXIT_CODES } from '../exit-codes.ts';
import { ledgerChoice, ledgerOption, ordererOption, type LedgerOptions } from '../ledger-options.ts';
import { stateDirOf } from '../state-dir.ts';

interface Options extends LedgerOptions {
  readonly json?: boolean;
  readonly stateDir?: string;
  readonly verbose?: boolean;
}

type Report = DisputeReport | MissingReport;

const storyOptions = (folder: string, options: Options) => {
  const beganMs = Date.now();
  return {
    stateDir: stateDirOf(folder, options.stateDir),
    ledger: ledgerChoice(options),
    logLevel: options.verbose === true ? ('info' as const) : ('silent' as const),
    progress: (text: string) =>
      process.stderr.write(`${((Date.now() - beganMs) / 1000).toFixed(1).padStart(6)} s  ${text}\n`),
  };
};

const finish = ({ exact, checks }: Report): void => {
  process.exitCode = exact && checks.every(({ ok }) => ok) ? EXIT_CODES.ok : EXIT_CODES.checkFailed;
};

const checkLines = ({ exact, checks }: Report): readonly string[] => [
  ...checks.map(({ row, ok, seen }) => `${ok ? 'ok ' : 'NOT'} ${row}  ${seen}`),
  '',
  exact ? 'exact' : 'NOT EXACT',
  '',
];

async function dispute(options: Options): Promise<void> {
  const report = await runDispute(storyOptions('dispute', options));
  const { invoicedMicros, nettedMicros, billedMicros } = report;
  const sums = `invoiced ${formatMicros(invoicedMicros)}, owed in the end ${formatMicros(nettedMicros)}, billed ${formatMicros(billedMicros)}`;
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify(z.encode(disputeReport, report))}\n`
      : [sums, '', ...checkLines(report)].join('\n'),
  );
  finish(report);
}

async function missing(options: Options): Promise<void> {
  const report = await runMissing(storyOptions('missing-cdr', options));
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify(z.encode(missingReport, report))}\n`
      : checkLines(report).join('\n'),
  );
  finish(report);
}

const command = (name: string, description: string, action: (options: Options) => Promise<void>): Command =>
  new Command(name)
    .description(description)
    .option('--json', 'print one JSON object')
    .addOption(ledgerOption())
    .addOption(ordererOption())
    .option('--state-dir <folder>', `folder of the run; its content is replaced (default .roamgrid/${name})`)
    .option('--verbose', 'log what the services do to standard error')
    .action(action);

/** `roamgrid scenario dispute`, `roamgrid scenario missing-cdr` */
export const disputeCommands = (): readonly Command[] => [
  command(
    'dispute',
    'records that home does not accept, each decided in another way, billed by what they come to',
    dispute,
  ),
  command(
    'missing-cdr',
    'a session whose record never comes: shown on both sides, demanded, ended without a bill',
    missing,
  ),
];
