import { PeriodId } from '../ids/index.ts';

/** The first instant of a settlement period and the first after it, UTC. */
export interface PeriodSpan {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** The span of a period such as `2026-07` or `2026-07-31`; nothing for what is no month or day of the calendar. */
export const periodSpan = (periodId: string): PeriodSpan | undefined => {
  if (!PeriodId.is(periodId)) return undefined;
  const [year = 0, month = 1, day] = periodId.split('-').map(Number);
  const fromMs = Date.UTC(year, month - 1, day ?? 1);
  if (day === undefined) return { fromMs, untilMs: Date.UTC(year, month, 1) };
  const untilMs = Date.UTC(year, month - 1, day + 1);
  return new Date(fromMs).getUTCDate() === day ? { fromMs, untilMs } : undefined;
};
