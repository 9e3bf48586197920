import { SHARE_PARTIES, sumSplits } from '@roamgrid/domain';
import type { BatchHeader, Cdr } from '@roamgrid/wire';
import { ensure } from '../context/index.ts';

/** Refuses a header whose sums are not those of its CDRs. */
export const requireSums = (header: BatchHeader, cdrs: readonly Cdr[]): void => {
  const sum = (of: (cdr: Cdr) => bigint) => cdrs.reduce((total, cdr) => total + of(cdr), 0n);
  const split = sumSplits(cdrs.map(({ shares }) => shares));
  ensure(
    header.energyWh === sum((cdr) => cdr.energyWh),
    'NOT_BALANCED',
    'header.energyWh is not the sum of its CDRs',
  );
  ensure(
    header.totalMicros === sum((cdr) => cdr.totalMicros),
    'NOT_BALANCED',
    'header.totalMicros is not the sum of its CDRs',
  );
  for (const party of SHARE_PARTIES) {
    ensure(
      header.shares[party] === split[party],
      'NOT_BALANCED',
      `header.shares.${party} is not the sum of its CDRs`,
    );
  }
  ensure(
    cdrs.every(({ currency }) => currency === header.currency),
    'NOT_BALANCED',
    `not every CDR of the batch is in ${header.currency}`,
  );
};
