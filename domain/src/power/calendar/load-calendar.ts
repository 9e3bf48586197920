import { err, ok, type DomainError, type Result } from '../../result/index.ts';
import { chargeDurationMs } from './charge-duration.ts';
import { byText } from '../model/phases.ts';

/**
 * Load management of chargers that are seldom online: yesterday's load says when the peaks of the next two days are, and one
 * calendar for all chargers says how many of them are withdrawn and to what current the others are capped.
 */

const SLOTS_A_DAY = 96;
const DAYS_AHEAD = 2;
export const CALENDAR_SLOT_MS = 15 * 60_000;

export interface CalendarSlot {
  readonly startMs: number;
  /** What the building took in the same quarter of an hour of the last day, Wh. */
  readonly expectedWh: bigint;
  readonly isPeak: boolean;
}

export type CalendarError = DomainError<'READINGS_COUNT' | 'READING_NEGATIVE' | 'START_OFF_GRID'>;

const PERMILLE = 1_000n;

/**
 * The 192 slots from `startMs` on, each with the reading of its quarter-hour: `readingsWh` are the 96 before. A slot is a peak when its
 * reading is at least `peakPermille` of the highest; a day without load has none.
 */
export const loadCalendar = (
  readingsWh: readonly bigint[],
  startMs: number,
  peakPermille: bigint,
): Result<readonly CalendarSlot[], CalendarError> => {
  if (readingsWh.length !== SLOTS_A_DAY)
    return err({
      code: 'READINGS_COUNT',
      message: `a day has ${SLOTS_A_DAY} readings, got ${readingsWh.length}`,
    });
  if (readingsWh.some((readingWh) => readingWh < 0n))
    return err({ code: 'READING_NEGATIVE', message: 'a reading of a load is not negative' });
  if (startMs % CALENDAR_SLOT_MS !== 0)
    return err({ code: 'START_OFF_GRID', message: 'a calendar starts with a quarter of an hour' });
  const highestWh = readingsWh.reduce((most, readingWh) => (readingWh > most ? readingWh : most), 0n);
  return ok(
    Array.from({ length: SLOTS_A_DAY * DAYS_AHEAD }, (_, at) => {
      const expectedWh = readingsWh[at % SLOTS_A_DAY] ?? 0n;
      const isPeak = expectedWh > 0n && expectedWh * PERMILLE >= highestWh * peakPermille;
      return { startMs: startMs + at * CALENDAR_SLOT_MS, expectedWh, isPeak };
    }),
  );
};

/** A charger as far as it matters who is withdrawn. */
export interface CalendarCharger {
  readonly chargerId: string;
  /** What it gave in the last days, Wh: whoever is used least is missed least. */
  readonly usedWh: bigint;
}

/** The chargers that are withdrawn in peaks: a share of all, rounded down, the least used ones, ties by id. */
export const withdrawn = (chargers: readonly CalendarCharger[], sharePermille: bigint): readonly string[] => {
  const count = Number((BigInt(chargers.length) * sharePermille) / PERMILLE);
  return [...chargers]
    .sort((a, b) => (a.usedWh < b.usedWh ? -1 : a.usedWh > b.usedWh ? 1 : byText(a.chargerId, b.chargerId)))
    .slice(0, count)
    .map(({ chargerId }) => chargerId)
    .sort(byText);
};

/** The current in a slot: the highest of the set, or in a peak the next one below it. */
export const cappedAmps = (stepsA: readonly bigint[], isPeak: boolean): bigint => {
  const falling = [...stepsA].sort((a, b) => (a > b ? -1 : a < b ? 1 : 0));
  return (isPeak ? falling[1] : undefined) ?? falling[0] ?? 0n;
};

/** How long a charge takes that draws a current slot by slot, ms rounded up; undefined when the calendar ends first. */
export const shownDurationMs = (
  needWh: bigint,
  volts: bigint,
  fromMs: number,
  slots: readonly CalendarSlot[],
  stepsA: readonly bigint[],
): number | undefined => {
  const [first, last] = [slots[0], slots.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const startMs = Math.min(fromMs, first.startMs);
  const periods = slots.map((slot) => ({
    offsetMs: slot.startMs - startMs,
    limitW: cappedAmps(stepsA, slot.isPeak) * volts,
  }));
  const schedule = { startMs, periods: [{ offsetMs: 0, limitW: 0n }, ...periods], stackLevel: 0 };
  return chargeDurationMs({
    ...{ needWh, fromMs, untilMs: last.startMs + CALENDAR_SLOT_MS },
    ...{ mostW: cappedAmps(stepsA, false) * volts, purposes: [[schedule]] },
  });
};
