import { Command } from 'commander';
import { cinCommand } from './cin/index.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { forecastCommand } from './forecast/index.ts';
import { replayCommand } from './replay/command.ts';
import { rateCommand } from './rate/index.ts';
import { scenarioCommand } from './scenario/command.ts';
import { startCommand } from './start/command.ts';
import { verifyCommand } from './verify/command.ts';
import { studyCommand } from './study/index.ts';

const EXIT_HELP = `
Exit codes:
  ${EXIT_CODES.ok}  done
  ${EXIT_CODES.fault}  a fault in the program or in what it talks to
  ${EXIT_CODES.usage}  the command line is wrong
  ${EXIT_CODES.refused}  the input was refused; standard error (or the JSON) says what and where
  ${EXIT_CODES.checkFailed}  done, but what was checked does not hold`;

/** The `roamgrid` command line. */
export function program(): Command {
  const whole = new Command('roamgrid')
    .description('Charge an electric car anywhere with one card and one bill.')
    .addCommand(startCommand())
    .addCommand(scenarioCommand())
    .addCommand(replayCommand())
    .addCommand(verifyCommand())
    .addCommand(cinCommand())
    .addCommand(rateCommand())
    .addCommand(forecastCommand())
    .addCommand(studyCommand())
    .addHelpText('after', EXIT_HELP);
  exitOnUsage(whole);
  return whole;
}

/** Commander's own code for a wrong command line is 1; here 1 is a fault, so that scripts can tell the two apart. */
function exitOnUsage(command: Command): void {
  command.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage));
  command.commands.forEach(exitOnUsage);
}
