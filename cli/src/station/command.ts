import { Command } from 'commander';
import { hashPasswordCommand, newStationCommand } from './set-up-commands.ts';
import { simulateOcppCommand } from './simulate-command.ts';

/** `roamgrid station`: stations of other protocols. */
export function stationCommand(): Command {
  return new Command('station')
    .description('stations of other protocols: simulated ones, and what their door needs')
    .addCommand(simulateOcppCommand())
    .addCommand(newStationCommand())
    .addCommand(hashPasswordCommand());
}
