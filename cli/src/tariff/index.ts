import { Command } from 'commander';
import { publishCommand } from './publish-command.ts';

/** `roamgrid tariff` */
export const tariffCommand = (): Command =>
  new Command('tariff').description('publish tariffs that follow the grid').addCommand(publishCommand());
