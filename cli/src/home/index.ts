import { Command } from 'commander';
import { processIo, type Io } from '../study/io.ts';
import { simulateCommand } from './simulate-command.ts';

/** `roamgrid home`: a house that plans. */
export function homeCommand(io: Io = processIo): Command {
  return new Command('home')
    .description('a house that plans when it charges, buys and gives')
    .addCommand(simulateCommand(io));
}
