import { PeriodId, periodSpan, type PeriodSpan } from '@roamgrid/domain';
import { aaaError } from '../problems.ts';

/** The span of a settlement period, `2026-07` or `2026-07-31`, both in UTC. @throws ServiceError PERIOD_INVALID */
const spanOf = (periodId: string): PeriodSpan => {
  const span = periodSpan(periodId);
  if (span === undefined)
    throw aaaError('PERIOD_INVALID', `${periodId} is not ${PeriodId.expects}, of the calendar`);
  return span;
};

/** First instant after a settlement period. */
export const periodEndMs = (periodId: string): number => spanOf(periodId).untilMs;

/** First instant of a settlement period. */
export const periodStartMs = (periodId: string): number => spanOf(periodId).fromMs;
