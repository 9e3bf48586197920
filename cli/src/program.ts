import { Command } from 'commander';
import { cinCommand } from './cin/index.ts';
import { rateCommand } from './rate/index.ts';
import { studyCommand } from './study/index.ts';

const EXIT_CODES = `
Exit codes:
  0  done
  1  a fault in the program or in what it talks to
  2  the command line is wrong
  3  the input was refused; standard error (or the JSON) says what and where
  4  done, but a check that was asked for failed`;

/** The `roamgrid` command line. */
export function program(): Command {
  return new Command('roamgrid')
    .description('Charge an electric car anywhere with one card and one bill.')
    .addCommand(cinCommand())
    .addCommand(rateCommand())
    .addCommand(studyCommand())
    .addHelpText('after', EXIT_CODES);
}
