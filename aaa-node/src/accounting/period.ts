import { PeriodId } from '@roamgrid/domain';
import { aaaError } from '../problems.ts';

/** First instant after a settlement period, `2026-07` or `2026-07-31`, both in UTC. */
export const periodEndMs = (periodId: string): number => {
  if (!PeriodId.is(periodId)) throw aaaError('PERIOD_INVALID', `write it like ${PeriodId.expects}`);
  const [year = 0, month = 1, day] = periodId.split('-').map(Number);
  const endMs = day === undefined ? Date.UTC(year, month, 1) : Date.UTC(year, month - 1, day + 1);
  if (day !== undefined && new Date(endMs - 1).getUTCDate() !== day) {
    throw aaaError('PERIOD_INVALID', `${periodId} is no day of the calendar`);
  }
  return endMs;
};

/** First instant of a settlement period. */
export const periodStartMs = (periodId: string): number => {
  periodEndMs(periodId);
  return Date.parse(periodId);
};
