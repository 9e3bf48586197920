import { runSite, siteReport } from '@roamgrid/stories/site';
import type { Command } from 'commander';
import { checkedScenario } from './checked-scenario.ts';

/** `roamgrid scenario site` */
export const siteCommand = (): Command =>
  checkedScenario({
    name: 'site',
    description:
      'a day of a station that shares its power with servers, and every row of such a site on real parts',
    schema: siteReport,
    run: runSite,
  });
