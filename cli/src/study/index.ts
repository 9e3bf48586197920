import { Command } from 'commander';
import { type Io, processIo } from './io.ts';
import { revenueCommand } from './revenue.ts';
import { yearCommand } from './year.ts';

/** `roamgrid study`: what roaming and tariffs earn whom, by simulation and by replay. */
export function studyCommand(io: Io = processIo): Command {
  return new Command('study')
    .description('simulate and replay what roaming and tariffs earn whom')
    .addCommand(revenueCommand(io))
    .addCommand(yearCommand(io));
}
