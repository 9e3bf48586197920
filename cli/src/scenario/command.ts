import { runAlabamaDuke } from '@roamgrid/stories/scenario';
import { scenarioReport } from '@roamgrid/wire';
import { Command } from 'commander';
import { z } from 'zod';
import { EXIT_CODES } from '../exit-codes.ts';
import { ledgerChoice, ledgerOption, ordererOption, type LedgerOptions } from '../ledger-options.ts';
import { stateDirOf } from '../state-dir.ts';
import { bankCommand } from './bank-command.ts';
import { disputeCommands } from './dispute-command.ts';
import { heatWaveCommand } from './heat-wave-command.ts';
import { homeCommand } from './home-command.ts';
import { nettingCommands } from './netting-commands.ts';
import { ocpiCommand } from './ocpi-command.ts';
import { offlineCommand } from './offline-command.ts';
import { printReport } from './print.ts';
import { siteCommand } from './site-command.ts';

interface Options extends LedgerOptions {
  readonly json?: boolean;
  readonly stateDir?: string;
  readonly speed?: number;
  readonly verbose?: boolean;
}

const speedOf = (text: string): number => {
  const speed = Number(text);
  if (!(speed >= 1)) throw new Error('--speed is a number from 1 on');
  return speed;
};

async function alabamaDuke(options: Options): Promise<void> {
  const beganMs = Date.now();
  const progress = (text: string) =>
    process.stderr.write(`${((Date.now() - beganMs) / 1000).toFixed(1).padStart(6)} s  ${text}\n`);
  const run = await runAlabamaDuke({
    stateDir: stateDirOf('scenario', options.stateDir),
    progress,
    speed: options.speed ?? Infinity,
    ledger: ledgerChoice(options),
    logLevel: options.verbose === true ? 'info' : 'silent',
  });
  await run.system.close();
  const { report } = run;
  process.stdout.write(
    options.json === true ? `${JSON.stringify(z.encode(scenarioReport, report))}\n` : printReport(report),
  );
  process.exitCode =
    report.chain === 'verified' && report.reconciliation.exact ? EXIT_CODES.ok : EXIT_CODES.checkFailed;
}

/** `roamgrid scenario` */
export function scenarioCommand(): Command {
  const command = new Command('scenario').description(
    'run a story on real components and print what it came to',
  );
  command
    .command('alabama-duke')
    .description('an Alabama Power customer charges twice at Duke Energy and gets one bill')
    .option('--json', 'print one JSON object')
    .addOption(ledgerOption())
    .addOption(ordererOption())
    .option(
      '--speed <times>',
      'let charging pass so many times faster than the wall; at once when absent',
      speedOf,
    )
    .option('--state-dir <folder>', 'folder of the run; its content is replaced (default .roamgrid/scenario)')
    .option('--verbose', 'log what the services do to standard error')
    .action(alabamaDuke);
  command.addCommand(heatWaveCommand());
  command.addCommand(bankCommand());
  for (const netting of nettingCommands()) command.addCommand(netting);
  command.addCommand(ocpiCommand());
  command.addCommand(siteCommand());
  command.addCommand(homeCommand());
  command.addCommand(offlineCommand());
  for (const each of disputeCommands()) command.addCommand(each);
  return command;
}
