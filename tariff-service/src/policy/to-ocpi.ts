import type { OcpiElement } from '../urdb/to-ocpi.ts';
import { formatDay } from '../time/zone.ts';
import type { PricedSlot } from './price-day.ts';

/** The prices of one local day. */
export interface PricedDay {
  /** Local epoch day. */
  readonly day: number;
  readonly slots: readonly Pick<PricedSlot, 'minute' | 'microsPerKWh'>[];
}

/**
 * OCPI tariff elements of priced days, one for each run of equal prices. Prices are JSON numbers there; they come from
 * exact micros and never enter arithmetic.
 *
 * Spec: OCPI 2.2.1 mod_tariffs, TariffElement and TariffRestrictions (local times, `end_date` exclusive).
 */
export function ocpiElements(
  days: readonly PricedDay[],
  slotMinutes: number,
  vatPercent: number,
): readonly OcpiElement[] {
  return days.flatMap(({ day, slots }) =>
    runsOf(slots, slotMinutes).map((run) => ({
      price_components: [
        // check-allow number-money: OCPI prices are JSON numbers; this is the one nearest to the exact micros
        { type: 'ENERGY', price: Number(run.microsPerKWh) / 1e6, vat: vatPercent, step_size: 1 },
      ],
      restrictions: {
        start_date: formatDay(day),
        end_date: formatDay(day + 1),
        // A run over the whole day needs no times; midnight as an end is written 00:00.
        ...(run.from === 0 && run.until === 1440
          ? {}
          : { start_time: clock(run.from), end_time: clock(run.until % 1440) }),
      },
    })),
  );
}

interface Run {
  readonly from: number;
  readonly until: number;
  readonly microsPerKWh: bigint;
}

function runsOf(slots: PricedDay['slots'], slotMinutes: number): readonly Run[] {
  const runs: Run[] = [];
  for (const { minute, microsPerKWh } of slots) {
    const last = runs.at(-1);
    if (last?.microsPerKWh === microsPerKWh && last.until === minute)
      runs[runs.length - 1] = { ...last, until: minute + slotMinutes };
    else runs.push({ from: minute, until: minute + slotMinutes, microsPerKWh });
  }
  return runs;
}

function clock(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}
