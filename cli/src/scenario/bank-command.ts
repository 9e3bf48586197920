import { formatMicros } from '@roamgrid/domain';
import { bankReport, runBank, type BankReport } from '@roamgrid/stories/bank';
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

const print = ({ payments, invoicedMicros, leftMicros, exact, checks }: BankReport): string =>
  [
    ...payments.map(
      ({ fate, paymentId, amountMicros, currency, state, endState }) =>
        `${paymentId}  ${formatMicros(amountMicros)} ${currency}, a bank that does "${fate}": ${state}, then ${endState}`,
    ),
    '',
    ...checks.map(({ row, ok, seen }) => `${ok ? 'ok ' : 'NOT'} ${row}  ${seen}`),
    '',
    `invoiced ${formatMicros(invoicedMicros)}, left over ${formatMicros(leftMicros)}: ${exact ? 'exact' : 'NOT EXACT'}`,
    '',
  ].join('\n');

async function bank(options: Options): Promise<void> {
  const beganMs = Date.now();
  const report = await runBank({
    stateDir: stateDirOf('bank', options.stateDir),
    ledger: ledgerChoice(options),
    logLevel: options.verbose === true ? 'info' : 'silent',
    progress: (text) =>
      process.stderr.write(`${((Date.now() - beganMs) / 1000).toFixed(1).padStart(6)} s  ${text}\n`),
  });
  process.stdout.write(
    options.json === true ? `${JSON.stringify(z.encode(bankReport, report))}\n` : print(report),
  );
  process.exitCode =
    report.exact && report.checks.every(({ ok }) => ok) ? EXIT_CODES.ok : EXIT_CODES.checkFailed;
}

/** `roamgrid scenario bank` */
export const bankCommand = (): Command =>
  new Command('bank')
    .description('payments by a bank that rejects, errs, doubles and takes back, put right to the cent')
    .option('--json', 'print one JSON object')
    .addOption(ledgerOption())
    .addOption(ordererOption())
    .option('--state-dir <folder>', 'folder of the run; its content is replaced (default .roamgrid/bank)')
    .option('--verbose', 'log what the services do to standard error')
    .action(bank);
