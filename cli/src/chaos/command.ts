import {
  chaos,
  chaosParts,
  failures,
  isOutageShort,
  LONGEST_OUTAGE_SECONDS,
  planChaos,
  type ChaosReport,
} from '@roamgrid/stories/chaos';
import { Command } from 'commander';
import { EXIT_CODES } from '../exit-codes.ts';
import { ledgerChoice, ledgerOption, ordererOption, type LedgerOptions } from '../ledger-options.ts';
import { stateDirOf } from '../state-dir.ts';

interface Options extends LedgerOptions {
  readonly seed: number;
  readonly sessions: number;
  readonly plan?: boolean;
  readonly json?: boolean;
  readonly stateDir?: string;
  readonly verbose?: boolean;
}

const whole = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`${text} is no whole number from 1 on`);
  return value;
};

const jsonText = (value: unknown) =>
  JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item));

const listed = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, times]) => `${name} ${times}`)
    .join(', ');

const printed = (report: ChaosReport): string =>
  [
    `sessions    ${report.charged} of ${report.sessions} charged; ${report.settled} settled, ${report.unbilled} closed as unbilled`,
    `faults      ${report.faults}: ${listed(report.byKind)}; ${report.inSessionPercent} % while a session was authorised or charged`,
    `parts       ${listed(report.byPart)}`,
    ...report.skipped.map(({ kind, planned, reason }) => `skipped     ${planned} ${kind}: ${reason}`),
    `lost        ${report.lost}`,
    `twice       ${report.billedTwice}`,
    `left open   ${report.leftOpen}`,
    `sums        ${report.exact ? 'exact to the micro-unit' : 'NOT EXACT'}: ${jsonText(report.sums)}`,
    `chain       ${report.chain}`,
    `outage      ${report.longestOutageSeconds} s at the longest, from the end of a fault to the next accepted swipe`,
    ...report.findings.map((finding) => `found       ${finding}`),
    '',
  ].join('\n');

async function run(options: Options): Promise<void> {
  if (options.plan === true) {
    process.stdout.write(
      `${jsonText(planChaos(options.seed, options.sessions, await chaosParts(ledgerChoice(options))))}\n`,
    );
    return;
  }
  const beganMs = Date.now();
  const progress = (text: string) =>
    process.stderr.write(`${((Date.now() - beganMs) / 1000).toFixed(1).padStart(7)} s  ${text}\n`);
  const report = await chaos({
    seed: options.seed,
    sessions: options.sessions,
    stateDir: stateDirOf('chaos', options.stateDir),
    ledger: ledgerChoice(options),
    logLevel: options.verbose === true ? 'warn' : 'silent',
    progress,
  });
  process.stdout.write(options.json === true ? `${jsonText(report)}\n` : printed(report));
  const wrong = [
    ...failures(report),
    ...(isOutageShort(report) ? [] : [`not back within ${LONGEST_OUTAGE_SECONDS} s`]),
  ];
  for (const text of wrong) progress(`does not hold: ${text}`);
  process.exitCode = wrong.length === 0 ? EXIT_CODES.ok : EXIT_CODES.checkFailed;
}

/** `roamgrid chaos` */
export function chaosCommand(): Command {
  return new Command('chaos')
    .description(
      'let parts of the consortium die, freeze, lose connections, time and disk while cars charge; nothing may be lost or billed twice',
    )
    .option('--seed <number>', 'fixes sessions, faults, targets and instants', whole, 1)
    .option('--sessions <count>', 'how many cars charge', whole, 40)
    .option('--plan', 'print the plan as one JSON object and do nothing')
    .addOption(ledgerOption())
    .addOption(ordererOption())
    .option('--json', 'print one JSON object, with the plan')
    .option('--state-dir <folder>', 'folder of the run; its content is replaced (default .roamgrid/chaos)')
    .option('--verbose', 'log what the services warn of to standard error')
    .action(run);
}
