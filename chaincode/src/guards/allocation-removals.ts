import type { Removal } from './removal.ts';

const CHECKS = 'chaincode/src/grid/allocations.ts';
const RECORD = 'chaincode/src/grid/transactions/record-allocations.ts';
const CHARGE = 'chaincode/src/clearing/transactions/charge.ts';

/** What a site's utility could take from the one that its servers work for. */
export const allocationRemovals: readonly Removal[] = [
  { guard: 'allocation-sum', file: CHECKS, find: 'breach === undefined,', replace: 'true,' },
  {
    guard: 'allocation-servers',
    file: CHECKS,
    find: 'serversWh * MS_PER_HOUR <= computeW * BigInt(lengthMs),',
    replace: 'true,',
  },
  {
    guard: 'allocation-once',
    file: RECORD,
    find: 'before === undefined || before.untilMs <= fromMs,',
    replace: 'true,',
  },
  { guard: 'allocation-price', file: RECORD, find: 'header.totalMicros === owed', replace: 'true' },
  {
    guard: 'compute-amount',
    file: CHARGE,
    find: 'energyWh === serversWh && amountMicros === totalMicros,',
    replace: 'true,',
  },
  {
    guard: 'compute-once',
    file: CHARGE,
    find: 'ensure(record.chargeId === undefined,',
    replace: 'ensure(true,',
  },
];
