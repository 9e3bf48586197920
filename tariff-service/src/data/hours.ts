import { readClockMs, type BareStamps, type Stamp } from '@roamgrid/service-kit/csv';
import { DAY_MS, dayStart, MINUTE_MS, type Zone } from '../time/zone.ts';

/**
 * Hours in a column of their own, as publishers number them: 1 to 24 at the end or 0 to 23 at the start of the hour, by the
 * clock or counted through (1 to 25 on the long day), a second pass marked with an X, times of day, or settlement periods.
 */

const HOUR_MS = 60 * MINUTE_MS;
/** Periods of a normal day by the highest number that the long one then has. */
const PERIODS = [
  { upTo: 50, stepMs: 30 * MINUTE_MS },
  { upTo: 100, stepMs: 15 * MINUTE_MS },
  { upTo: 300, stepMs: 5 * MINUTE_MS },
] as const;

export interface HourCell {
  readonly dayMs: number;
  readonly text: string;
}

export interface HourOptions {
  readonly zone: Zone;
  readonly label: 'start' | 'end';
  readonly bareStamps: BareStamps;
}

type Parsed = { readonly n: number; readonly pass?: 2 } | { readonly clockMs: number } | undefined;

const parse = (text: string): Parsed => {
  const [, digits, mark] = /^0*(\d{1,3})(?:\.0+)?\s*([xX*])?$/u.exec(text) ?? [];
  if (digits !== undefined) return { n: Number(digits), ...(mark !== undefined && { pass: 2 as const }) };
  const clockMs = text.includes(':') ? readClockMs(text) : undefined;
  return clockMs === undefined ? undefined : { clockMs };
};

/** Whether a day of another length than 24 hours numbers its hours through instead of reading them off the clock. */
const isCounted = (numbers: ReadonlySet<number>, hours: number, first: 0 | 1): boolean => {
  const last = hours - 1 + first;
  if (hours > 24) return numbers.has(last);
  return numbers.size === hours && Math.max(...numbers) === last && Math.min(...numbers) === first;
};

/** What a cell says, or why it says nothing. */
export type HourResult = Stamp | { readonly why: string };

/** Stamps of cells that keep the day and the hour apart, each at the edge of its interval that the label names. */
export const stampsOfHours = (
  cells: readonly (HourCell | undefined)[],
  { zone, label, bareStamps }: HourOptions,
): readonly (HourResult | undefined)[] => {
  const parsed = cells.map((cell) => (cell === undefined ? undefined : parse(cell.text)));
  const lengthMs = (dayMs: number): number => {
    if (bareStamps !== 'local') return DAY_MS;
    const day = dayMs / DAY_MS;
    return dayStart(zone, day + 1) - dayStart(zone, day);
  };
  const at = (dayMs: number, pastMs: number): Stamp =>
    bareStamps === 'local'
      ? { kind: 'instant', ms: dayStart(zone, dayMs / DAY_MS) + pastMs }
      : { kind: 'bare', ms: dayMs + pastMs };
  const numbersOf = new Map<number, Set<number>>();
  let most = 0;
  for (const [index, each] of parsed.entries()) {
    const cell = cells[index];
    if (each === undefined || cell === undefined || !('n' in each)) continue;
    most = Math.max(most, each.n);
    const numbers = numbersOf.get(cell.dayMs) ?? new Set<number>();
    numbersOf.set(cell.dayMs, numbers.add(each.n));
  }
  const periods = most > 25 ? PERIODS.find(({ upTo }) => most <= upTo) : undefined;
  // Where a file marks second passes, what it does not mark is a first one.
  const isMarked = parsed.some((each) => each !== undefined && 'pass' in each);
  const first = label === 'end' ? 1 : 0;
  const counted = new Set(
    [...numbersOf].flatMap(([dayMs, numbers]) => {
      const hours = lengthMs(dayMs) / HOUR_MS;
      return hours !== 24 && isCounted(numbers, hours, first) ? [dayMs] : [];
    }),
  );
  return cells.map((cell, index): HourResult | undefined => {
    const each = parsed[index];
    if (cell === undefined) return undefined;
    const { dayMs, text } = cell;
    if (each === undefined) return { why: `'${text}' is no hour, no time of day and no period` };
    if ('clockMs' in each) return { kind: 'bare', ms: dayMs + each.clockMs };
    const { n, pass } = each;
    if (periods !== undefined) {
      const count = lengthMs(dayMs) / periods.stepMs;
      if (n < 1 || n > count) return { why: `'${text}' is no period of a day that has ${count}` };
      return at(dayMs, (n - 1 + first) * periods.stepMs);
    }
    if (counted.has(dayMs)) return at(dayMs, n * HOUR_MS);
    if (n > 24) return { why: `'${text}' is no hour of a day that has ${lengthMs(dayMs) / HOUR_MS}` };
    return { kind: 'bare', ms: dayMs + n * HOUR_MS, ...(isMarked && { pass: pass ?? 1 }) };
  });
};
