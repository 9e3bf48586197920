import { homeReport, runHome } from '@roamgrid/stories/home';
import type { Command } from 'commander';
import { checkedScenario } from './checked-scenario.ts';

/** `roamgrid scenario home` */
export const homeCommand = (): Command =>
  checkedScenario({
    name: 'home',
    description:
      'a house that plans over 48 hours: two cars, a week, limits, groups and a bill, on real parts',
    schema: homeReport,
    run: runHome,
  });
