import { Command, type CommanderError } from 'commander';
import { EXIT, type Io, processIo } from './io.ts';
import { revenueCommand } from './revenue.ts';

/** `roamgrid study`: what roaming and tariffs earn whom, by simulation and by replay. */
export function studyCommand(io: Io = processIo): Command {
  // A wrong command line ends with 2 everywhere; commander's own code for it is 1.
  const exit = (error: CommanderError): never => process.exit(error.exitCode === 0 ? EXIT.ok : EXIT.usage);
  return new Command('study')
    .description('simulate and replay what roaming and tariffs earn whom')
    .exitOverride(exit)
    .addCommand(revenueCommand(io).exitOverride(exit));
}
