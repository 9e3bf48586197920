import { ocpiReport, runOcpi } from '@roamgrid/stories/ocpi';
import type { Command } from 'commander';
import { checkedScenario } from './checked-scenario.ts';

/** `roamgrid scenario ocpi` */
export const ocpiCommand = (): Command =>
  checkedScenario({
    name: 'ocpi',
    description:
      'a driver of a partner outside charges at a member’s OCPP station, and a member’s at the partner’s',
    schema: ocpiReport,
    run: runOcpi,
  });
