import { z } from 'zod';
import { check } from '../scenario/check.ts';
import { dayPart, isDayExact, sumsOf } from './day-rows.ts';
import type { DaySeen } from './day.ts';
import { checksOf, type Part } from './part.ts';

const wattHours = z.string().regex(/^\d+$/);

/** What `roamgrid scenario site --json` prints. */
export const siteReport = z.strictObject({
  scenario: z.literal('site'),
  /** Of the whole day by the meters of the devices, Wh: what loads took and sources gave. */
  day: z.strictObject({ takenWh: wattHours, givenWh: wattHours }),
  exact: z.boolean(),
  checks: z.array(check),
});
export type SiteReport = z.output<typeof siteReport>;

/** A part with what was seen of it. */
export interface Lived {
  readonly part: Part;
  readonly seen: unknown;
}

const orderOf = (row: string): number => Number(row.slice(row.indexOf('-') + 1));

/** The report, from what was seen and nothing else. @throws Error when the day is not among it */
export const reportOf = (lived: readonly Lived[]): SiteReport => {
  const day = lived.find(({ part }) => part.name === dayPart.name)?.seen as DaySeen | undefined;
  if (day === undefined) throw new Error('the day was not lived through');
  return {
    scenario: 'site',
    day: sumsOf(day),
    exact: isDayExact(day),
    checks: lived
      .flatMap(({ part, seen }) => checksOf(part, seen))
      .sort((a, b) => orderOf(a.row) - orderOf(b.row)),
  };
};
