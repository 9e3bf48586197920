import { DAY_MS, instantOfLocal, MINUTE_MS, type Zone } from '../time/zone.ts';
import type { LoadSlot } from './price-day.ts';

/** A forecast interval: integer watts from an instant on. */
export interface LoadInterval {
  readonly startMs: number;
  readonly minutes: number;
  readonly loadW: bigint;
}

/**
 * Lays forecast intervals out as the wall-clock slots of one local day. OCPI restricts prices by clock time, so an
 * hour that the clocks show twice has one price: that of the higher load. Slots that the clocks skip take the load of
 * the slot before, which nobody will ever be charged by. Undefined when a slot that exists has no forecast.
 */
export function slotsOfDay(
  zone: Zone,
  day: number,
  slotMinutes: number,
  intervals: readonly LoadInterval[],
): readonly LoadSlot[] | undefined {
  const values = intervals.map(({ loadW, ...when }) => ({ ...when, value: loadW }));
  return valuesOfDay(zone, day, slotMinutes, values)?.map(({ value, ...slot }) => ({
    ...slot,
    loadW: value,
  }));
}

/** The slots of a local day with the highest value that any interval has in each. */
export function valuesOfDay(
  zone: Zone,
  day: number,
  slotMinutes: number,
  intervals: readonly { readonly startMs: number; readonly minutes: number; readonly value: bigint }[],
): readonly { readonly minute: number; readonly startMs: number; readonly value: bigint }[] | undefined {
  const byMinute = new Map<number, bigint>();
  for (const interval of intervals) {
    for (
      let ms = interval.startMs;
      ms < interval.startMs + interval.minutes * MINUTE_MS;
      ms += 15 * MINUTE_MS
    ) {
      const localMs = ms + zone.offsetMs(ms);
      if (Math.floor(localMs / DAY_MS) !== day) continue;
      const minute = Math.floor((localMs - day * DAY_MS) / (slotMinutes * MINUTE_MS)) * slotMinutes;
      const known = byMinute.get(minute);
      if (known === undefined || interval.value > known) byMinute.set(minute, interval.value);
    }
  }
  const slots: { minute: number; startMs: number; value: bigint }[] = [];
  for (let minute = 0; minute < 1440; minute += slotMinutes) {
    const skipped = zone.instantsOf(day * DAY_MS + minute * MINUTE_MS).length === 0;
    const value =
      byMinute.get(minute) ?? (skipped ? (slots.at(-1)?.value ?? intervals[0]?.value) : undefined);
    if (value === undefined) return undefined;
    slots.push({ minute, startMs: instantOfLocal(zone, day, minute), value });
  }
  return slots;
}
