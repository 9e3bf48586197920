import { offlineReport, runOffline } from '@roamgrid/stories/offline';
import type { Command } from 'commander';
import { checkedScenario } from './checked-scenario.ts';

/** `roamgrid scenario offline` */
export const offlineCommand = (): Command =>
  checkedScenario({
    name: 'offline',
    description: 'an underground car park: chargers and phones without a network, settled exactly once',
    schema: offlineReport,
    run: runOffline,
  });
