import { Command } from 'commander';
import { policyCommand } from './policy-command.ts';
import { pricesCommand } from './prices-command.ts';
import { publishCommand } from './publish-command.ts';

/** `roamgrid tariff` */
export const tariffCommand = (): Command =>
  new Command('tariff')
    .description('make and publish tariffs that follow the grid')
    .addCommand(policyCommand())
    .addCommand(pricesCommand())
    .addCommand(publishCommand());
