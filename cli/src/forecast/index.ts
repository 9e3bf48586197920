import { Command, type CommanderError } from 'commander';
import { backtestCommand } from './backtest.ts';
import { EXIT, type Io, processIo } from './io.ts';
import { predictCommand } from './predict.ts';

/** `roamgrid forecast`: load forecasting. */
export function forecastCommand(io: Io = processIo): Command {
  // A wrong command line ends with 2 everywhere; commander's own code for it is 1.
  const exit = (error: CommanderError): never => process.exit(error.exitCode === 0 ? EXIT.ok : EXIT.usage);
  return new Command('forecast')
    .description('forecast the load of an area and check how good the forecasts are')
    .exitOverride(exit)
    .addCommand(backtestCommand(io).exitOverride(exit))
    .addCommand(predictCommand(io).exitOverride(exit));
}
