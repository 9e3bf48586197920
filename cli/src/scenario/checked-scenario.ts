import type { LedgerChoice } from '@roamgrid/stories/system';
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

interface Report {
  readonly exact: boolean;
  readonly checks: readonly { readonly row: string; readonly ok: boolean; readonly seen: string }[];
}

/** A story that prints checks by row, and whether its sums came out. */
interface Scenario<R extends Report> {
  readonly name: string;
  readonly description: string;
  readonly schema: z.ZodType<R, object>;
  readonly run: (options: {
    readonly stateDir: string;
    readonly progress: (text: string) => void;
    readonly ledger: LedgerChoice;
    readonly logLevel: 'info' | 'silent';
  }) => Promise<R>;
}

const print = ({ exact, checks }: Report): string =>
  [
    ...checks.map(({ row, ok, seen }) => `${ok ? 'ok ' : 'NOT'} ${row}  ${seen}`),
    '',
    exact ? 'exact' : 'NOT EXACT',
    '',
  ].join('\n');

/** The command of a story. It exits with `checkFailed` when a check or a sum does not hold. */
export const checkedScenario = <R extends Report>({ name, description, schema, run }: Scenario<R>): Command =>
  new Command(name)
    .description(description)
    .option('--json', 'print one JSON object')
    .addOption(ledgerOption())
    .addOption(ordererOption())
    .option('--state-dir <folder>', `folder of the run; its content is replaced (default .roamgrid/${name})`)
    .option('--verbose', 'log what the services do to standard error')
    .action(async (options: Options) => {
      const beganMs = Date.now();
      const report = await run({
        stateDir: stateDirOf(name, options.stateDir),
        ledger: ledgerChoice(options),
        logLevel: options.verbose === true ? 'info' : 'silent',
        progress: (text) =>
          process.stderr.write(`${((Date.now() - beganMs) / 1000).toFixed(1).padStart(6)} s  ${text}\n`),
      });
      process.stdout.write(
        options.json === true ? `${JSON.stringify(z.encode(schema, report))}\n` : print(report),
      );
      process.exitCode =
        report.exact && report.checks.every(({ ok }) => ok) ? EXIT_CODES.ok : EXIT_CODES.checkFailed;
    });
