import { Command } from 'commander';
import { type Io, processIo } from '../study/io.ts';
import { simulateCommand } from './simulate-command.ts';

/** `roamgrid power`: who gets how much power at a site. */
export function powerCommand(io: Io = processIo): Command {
  return new Command('power')
    .description('who gets how much power at a site whose limit binds')
    .addCommand(simulateCommand(io));
}
