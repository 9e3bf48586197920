import { parseTariff, type Tariff } from '@roamgrid/domain';
import { priceDay, type PricedSlot } from '../../policy/price-day.ts';
import type { TariffPolicy } from '../../policy/policy.ts';
import { type LoadInterval, slotsOfDay } from '../../policy/slots.ts';
import { ocpiElements } from '../../policy/to-ocpi.ts';
import {
  DAY_MS,
  formatDay,
  instantOfLocal,
  localDayOf,
  MINUTE_MS,
  weekdayOf,
  type Zone,
} from '../../time/zone.ts';

/** Prices of a span of local days, as published day by day. */
export interface PriceSpan {
  readonly policy: TariffPolicy;
  readonly zone: Zone;
  readonly days: ReadonlyMap<number, readonly PricedSlot[]>;
}

/** A span could not be priced. */
export interface PriceError {
  readonly code: 'NO_LOAD';
  readonly message: string;
}

/** Prices every day of a span with the policy; each day is published at the gate of the day before. */
export function priceSpan(
  policy: TariffPolicy,
  zone: Zone,
  loadOf: (day: number) => readonly LoadInterval[],
  span: { readonly fromDay: number; readonly toDay: number; readonly gateMinutes: number },
  capacityW: bigint,
): PriceSpan | PriceError {
  const days = new Map<number, readonly PricedSlot[]>();
  let previous: bigint | undefined;
  for (let day = span.fromDay; day <= span.toDay; day++) {
    const slots = slotsOfDay(zone, day, policy.intervalMinutes, loadOf(day));
    if (slots === undefined)
      return { code: 'NO_LOAD', message: `there is no load or forecast for all of ${formatDay(day)}` };
    const priced = priceDay(policy, slots, {
      weekday: weekdayOf(day),
      capacityW,
      previousMicrosPerKWh: previous,
      publishedAtMs: instantOfLocal(zone, day - 1, span.gateMinutes),
      standing: new Map(),
    });
    previous = priced.at(-1)?.microsPerKWh;
    days.set(day, priced);
  }
  return { policy, zone, days };
}

/** Price at an instant inside the span, in micros per kWh; undefined outside. */
export function priceAt({ policy, zone, days }: PriceSpan, ms: number): bigint | undefined {
  const localMs = ms + zone.offsetMs(ms);
  const minute = Math.floor((localMs % DAY_MS) / MINUTE_MS);
  return days.get(Math.floor(localMs / DAY_MS))?.[Math.floor(minute / policy.intervalMinutes)]?.microsPerKWh;
}

/** The OCPI tariff that a session starting on a local day is rated by: that day's elements and the next two days'. */
export function tariffsOf(span: PriceSpan): (startMs: number) => Tariff {
  const made = new Map<number, Tariff>();
  return (startMs) => {
    const day = localDayOf(span.zone, startMs);
    const known = made.get(day);
    if (known !== undefined) return known;
    const days = [day, day + 1, day + 2].flatMap((each) => {
      const slots = span.days.get(each);
      return slots === undefined ? [] : [{ day: each, slots }];
    });
    const { policy } = span;
    const parsed = parseTariff({
      country_code: policy.utility.slice(0, 2),
      party_id: policy.utility.slice(2),
      id: `${policy.policyId}-${policy.version}-${formatDay(day)}`,
      currency: policy.currency,
      elements: ocpiElements(days, policy.intervalMinutes, 0),
    });
    if (!parsed.ok) throw new Error(`a priced day is no tariff: ${JSON.stringify(parsed.error)}`);
    made.set(day, parsed.value.tariff);
    return parsed.value.tariff;
  };
}
