import { scaled } from '../metering/scaled.ts';
import type { CommandAnswer, CompositeSchedule } from './answer.ts';

interface Period {
  readonly startPeriod: number;
  /** Optional in 2.1, where a period may say something else. */
  readonly limit?: number;
  readonly numberPhases?: number;
}

export interface ToldSchedule {
  readonly start: string | undefined;
  readonly durationS: number | undefined;
  readonly unit: 'A' | 'W';
  readonly periods: readonly Period[];
}

const isAscending = (periods: CompositeSchedule['periods']): boolean =>
  periods.every(({ startS }, at) => at === 0 || startS > (periods[at - 1]?.startS ?? 0));

const scheduleOf = (told: ToldSchedule): CompositeSchedule | undefined => {
  const startMs = Date.parse(told.start ?? '');
  const periods = told.periods.flatMap(({ startPeriod, limit, numberPhases }) => {
    const limitTenths = limit === undefined ? undefined : scaled(String(limit), 1);
    if (limitTenths === undefined) return [];
    const phases = numberPhases === undefined ? {} : { phases: numberPhases };
    return [{ startS: startPeriod, limitTenths: Number(limitTenths), ...phases }];
  });
  const isWhole = periods.length === told.periods.length && periods.length > 0 && isAscending(periods);
  if (!isWhole || Number.isNaN(startMs) || told.durationS === undefined) return undefined;
  return { startMs, durationS: told.durationS, unit: told.unit, periods };
};

/** A station that accepts and gives no schedule, or one that cannot be read, has given none. */
export const readComposite = (status: string, told: ToldSchedule | undefined): CommandAnswer => {
  if (status !== 'Accepted') return { outcome: 'rejected', said: status };
  const schedule = told === undefined ? undefined : scheduleOf(told);
  if (schedule === undefined)
    return { outcome: 'rejected', said: 'Accepted, without a schedule that can be read' };
  return { outcome: 'accepted', said: status, schedule };
};
