import { isSame } from '../cbor/bytes.ts';
import { isBytes, isWhole, itemsOf, type CborValue } from '../cbor/cbor.ts';

/** How many sessions each driver had on one day of a place. */
export interface DayCount {
  readonly day: number;
  readonly counts: readonly { readonly driver: Uint8Array; readonly sessions: number }[];
}

export const NO_DAY: DayCount = { day: 0, counts: [] };

export const sessionsOf = (count: DayCount, day: number, driver: Uint8Array): number =>
  count.day === day ? (count.counts.find((one) => isSame(one.driver, driver))?.sessions ?? 0) : 0;

/** With one more; another day begins at none. */
export const counted = (count: DayCount, day: number, driver: Uint8Array): DayCount => {
  const others = count.day === day ? count.counts.filter((one) => !isSame(one.driver, driver)) : [];
  return { day, counts: [...others, { driver, sessions: sessionsOf(count, day, driver) + 1 }] };
};

export const dayValue = ({ day, counts }: DayCount): CborValue => [
  day,
  counts.map(({ driver, sessions }): CborValue => [driver, sessions]),
];

export const readDay = (value: CborValue | undefined): DayCount => {
  const [day, rows] = itemsOf(value);
  if (!isWhole(day)) return NO_DAY;
  const counts = itemsOf(rows).flatMap((row) => {
    const [driver, sessions] = itemsOf(row);
    return isBytes(driver) && isWhole(sessions) ? [{ driver, sessions }] : [];
  });
  return { day, counts };
};
