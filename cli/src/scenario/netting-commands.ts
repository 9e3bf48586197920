import {
  latePayerReport,
  runLatePayer,
  runThreeWayNet,
  runToken,
  threeWayReport,
  tokenReport,
} from '@roamgrid/stories/netting';
import type { Command } from 'commander';
import { checkedScenario } from './checked-scenario.ts';

/** `roamgrid scenario three-way-net | late-payer | token` */
export const nettingCommands = (): readonly Command[] => [
  checkedScenario({
    name: 'three-way-net',
    description: 'three utilities that owe each other net two rounds unseen and pay by bank what is left',
    schema: threeWayReport,
    run: runThreeWayNet,
  }),
  checkedScenario({
    name: 'late-payer',
    description: 'one utility does not pay: the others net anew without it, and it pays late',
    schema: latePayerReport,
    run: runLatePayer,
  }),
  checkedScenario({
    name: 'token',
    description: 'a driver charges against money in escrow, and two utilities net by token, on an EVM node',
    schema: tokenReport,
    run: runToken,
  }),
];
