import { SHARE_PARTIES, sumSplits } from '@roamgrid/domain';
import type { BatchHeader, CdrAmounts } from '@roamgrid/wire';
import { ensure } from '../context/index.ts';

/** Refuses a header whose sums are not those of its records. */
export const requireSums = (header: BatchHeader, cdrs: readonly CdrAmounts[]): void => {
  const sum = (of: (cdr: CdrAmounts) => bigint) => cdrs.reduce((total, cdr) => total + of(cdr), 0n);
  const split = sumSplits(cdrs.map(({ shares }) => shares));
  const wrong = [
    ['energyWh', header.energyWh === sum(({ energyWh }) => energyWh)],
    ['totalMicros', header.totalMicros === sum(({ totalMicros }) => totalMicros)],
    ['currency', cdrs.every(({ currency }) => currency === header.currency)],
    ['lastEndMs', header.lastEndMs === cdrs.reduce((last, { endMs }) => Math.max(last, endMs), 0)],
    ...SHARE_PARTIES.map((party) => [`shares.${party}`, header.shares[party] === split[party]] as const),
  ] as const;
  for (const [field, holds] of wrong) {
    ensure(holds, 'NOT_BALANCED', `header.${field} is not what the records of the batch come to`);
  }
};
