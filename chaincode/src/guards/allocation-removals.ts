import type { Removal } from './removal.ts';

const CHECKS = 'chaincode/src/grid/allocations.ts';
const RECORD = 'chaincode/src/grid/transactions/record-allocations.ts';
const CHARGE = 'chaincode/src/clearing/transactions/charge.ts';

/** What a site's utility and the one that its servers work for, and whose cars give, could take from each other. */
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
    find: 'energyWh === owed.energyWh && amountMicros === owed.micros,',
    replace: 'true,',
  },
  {
    guard: 'compute-once',
    file: CHARGE,
    find: 'ensure(record.chargeId === undefined,',
    replace: 'ensure(true,',
  },
  {
    guard: 'given-share',
    file: CHECKS,
    find: 'givenWh * MS_PER_HOUR <= shareW * BigInt(lengthMs),',
    replace: 'true,',
  },
  {
    guard: 'given-sum',
    file: CHECKS,
    find: 'cars.every(({ sourceId, givenWh }) => sums.get(sourceId) === givenWh),',
    replace: 'true,',
  },
  { guard: 'given-price', file: CHECKS, find: 'ensure(micros === owed,', replace: 'ensure(true,' },
  {
    guard: 'given-once',
    file: CHARGE,
    find: '...(givenChargeId !== undefined && { chargeId: givenChargeId }),',
    replace: '',
  },
];
