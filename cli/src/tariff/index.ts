import { Command } from 'commander';
import { policyCommand } from './policy-command.ts';
import { publishCommand } from './publish-command.ts';

/** `roamgrid tariff` */
export const tariffCommand = (): Command =>
  new Command('tariff')
    .description('make and publish tariffs that follow the grid')
    .addCommand(policyCommand())
    .addCommand(publishCommand());
