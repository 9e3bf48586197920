import { periodSpan } from '@roamgrid/domain';
import { ensure, type Transaction } from '../context/index.ts';

/** What was told as a period ended may arrive so much later. */
const LATE_MS = 24 * 3_600_000;

/**
 * Refuses a period that does not run now. What a dispute came to is netted with what is owed now: whoever owes it may say
 * so, and would else put it on the list of a period that nobody ever nets.
 */
export const requireRunning = (tx: Transaction, periodId: string): void => {
  const span = periodSpan(periodId);
  ensure(
    span !== undefined && span.fromMs <= tx.nowMs && tx.nowMs < span.untilMs + LATE_MS,
    'INVALID_ARGUMENT',
    `period ${periodId} does not run now: what a dispute came to is netted with what is owed now`,
  );
};
