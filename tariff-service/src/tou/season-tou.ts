import { z } from 'zod';
import type { Zone } from '../time/zone.ts';
import { localTimeOf, TouError, touMicrosOf, type LocalTime, type TouRate } from './tou-rate.ts';

const season = z.looseObject({
  id: z.string(),
  /** `MM-DD`, both ends belong to it; one that ends before it starts goes over the turn of the year. */
  effective_start: z.string(),
  effective_end: z.string(),
  dow_mask: z.enum(['ALL', 'WEEKDAYS', 'WEEKENDS']),
  /** Hours from which the price beside them holds; the first is 0. */
  times: z.array(z.number().min(0).max(24)).min(1),
  tariffs: z.array(z.number()).min(1),
  demand_charge: z.number().default(0),
});

/** A rate as a list of seasons: the shape in which `acnportal` keeps its tariffs. */
export const seasonFile = z.looseObject({
  name: z.string(),
  schedule: z.array(season).min(1),
});

interface Season {
  readonly id: string;
  readonly from: number;
  readonly to: number;
  readonly days: 'ALL' | 'WEEKDAYS' | 'WEEKENDS';
  readonly prices: readonly { readonly fromMinute: number; readonly micros: bigint }[];
  readonly peakMicros: bigint;
}

/** Month and day as one number that orders them. */
const dayNumber = (text: string, where: string): number => {
  const match = /^(\d{1,2})-(\d{1,2})$/u.exec(text);
  const [month, day] = [Number(match?.[1]), Number(match?.[2])];
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= 31))
    throw new TouError(`${where}: ${text} is no MM-DD`);
  return month * 100 + day;
};

const isIn = ({ from, to, days }: Season, { month, dayOfMonth, isWeekend }: LocalTime): boolean => {
  const today = (month + 1) * 100 + dayOfMonth;
  const isSeason = from <= to ? from <= today && today <= to : today >= from || today <= to;
  return isSeason && (days === 'ALL' || isWeekend === (days === 'WEEKENDS'));
};

const DAYS = Array.from({ length: 366 }, (_, day) => new Date(Date.UTC(2024, 0, 1 + day)));

/** Days of the year on which the seasons leave a gap or overlap, at either kind of day. */
const countDays = (seasons: readonly Season[], isWanted: (matches: number) => boolean): number =>
  [false, true].reduce(
    (total, isWeekend) =>
      total +
      DAYS.filter((day) => {
        const at = {
          month: day.getUTCMonth(),
          dayOfMonth: day.getUTCDate(),
          isWeekend,
          minuteOfDay: 0,
          monthKey: '',
        };
        return isWanted(seasons.filter((one) => isIn(one, at)).length);
      }).length,
    0,
  );

/**
 * The prices of a file of seasons. Where two overlap the earlier in the file holds, and a note says so.
 * @throws TouError for a gap between seasons, and for prices or days that cannot be read
 */
export const seasonTou = ({ name, schedule }: z.infer<typeof seasonFile>, zone: Zone): TouRate => {
  const seasons = schedule.map((one): Season => {
    if (one.times.length !== one.tariffs.length || one.times[0] !== 0)
      throw new TouError(`${one.id}: as many prices as times are needed, and the first time is 0`);
    if (one.times.some((hour, at) => hour <= (one.times[at - 1] ?? -1)))
      throw new TouError(`${one.id}: its times do not rise`);
    return {
      id: one.id,
      from: dayNumber(one.effective_start, one.id),
      to: dayNumber(one.effective_end, one.id),
      days: one.dow_mask,
      prices: one.times.map((hour, at) => ({
        fromMinute: Math.round(hour * 60),
        micros: touMicrosOf(one.tariffs[at] ?? 0, one.id),
      })),
      peakMicros: touMicrosOf(one.demand_charge, one.id),
    };
  });
  const gaps = countDays(seasons, (matches) => matches === 0);
  if (gaps > 0) throw new TouError(`on ${gaps} kinds of days of the year no season holds`);
  const overlaps = countDays(seasons, (matches) => matches > 1);
  const at = (atMs: number): { readonly local: LocalTime; readonly season: Season } => {
    const local = localTimeOf(zone, atMs);
    const found = seasons.find((one) => isIn(one, local));
    if (found === undefined) throw new TouError('no season holds');
    return { local, season: found };
  };
  return {
    name,
    energyMicrosPerKWh: (atMs) => {
      const { local, season: found } = at(atMs);
      return found.prices.findLast(({ fromMinute }) => fromMinute <= local.minuteOfDay)?.micros ?? 0n;
    },
    peakMicrosPerKW: (atMs) => {
      const { local, season: found } = at(atMs);
      return { month: local.monthKey, micros: found.peakMicros };
    },
    notes:
      overlaps === 0
        ? []
        : [`on ${overlaps} kinds of days of the year two seasons hold: the earlier in the file is taken`],
  };
};
