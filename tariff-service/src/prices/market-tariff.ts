import { type DataError, fail, ok, type Result } from '../data/result.ts';
import { divideHalfUp } from '../policy/curve.ts';
import { PPM } from '../policy/policy.ts';
import { valuesOfDay } from '../policy/slots.ts';
import { ocpiElements } from '../policy/to-ocpi.ts';
import { formatDay, localDayOf, type Zone } from '../time/zone.ts';
import type { OcpiElement } from '../urdb/to-ocpi.ts';
import type { PriceTable } from './read-prices.ts';

/** How a market's price becomes the driver's: times a factor, plus the operator's own part, within limits. */
export interface MarketRule {
  readonly timesPpm: bigint;
  readonly plusMicrosPerKWh: bigint;
  readonly floorMicrosPerKWh: bigint;
  readonly ceilingMicrosPerKWh?: bigint;
  readonly vatPercent: number;
}

export interface MarketSlot {
  /** Minutes after local midnight. */
  readonly minute: number;
  readonly marketNanosPerKWh: bigint;
  readonly microsPerKWh: bigint;
  readonly limitedBy: 'none' | 'floor' | 'ceiling';
}

export interface MarketDay {
  readonly day: string;
  readonly slots: readonly MarketSlot[];
  readonly elements: readonly OcpiElement[];
}

const NANOS_PER_MICRO = 1_000n;
/** OCPI prices have four decimals. */
const TICK_MICROS = 100n;

/**
 * The OCPI tariff elements of a local day from a market's prices. An hour that the clocks show twice has one price, the higher one;
 * half a tick goes up. A day that the table does not hold in full is refused.
 */
export function marketDay(
  table: PriceTable,
  zone: Zone,
  day: number,
  rule: MarketRule,
): Result<MarketDay, DataError> {
  const { stepMinutes } = table;
  const values = valuesOfDay(zone, day, stepMinutes, valuesOf(table));
  if (values === undefined)
    return fail({ code: 'TOO_SHORT', message: `the table has no price for all of ${formatDay(day)}` });
  const slots = values.map(({ minute, value }) => slotOf(minute, value, rule));
  return ok({
    day: formatDay(day),
    slots,
    elements: ocpiElements([{ day, slots }], stepMinutes, rule.vatPercent),
  });
}

/** The last local day that the table holds in full. */
export function lastWholeDay(table: PriceTable, zone: Zone): number | undefined {
  const { intervals, stepMinutes } = table;
  const values = valuesOf(table);
  return [...new Set(intervals.map(({ startMs }) => localDayOf(zone, startMs)))]
    .sort((left, right) => right - left)
    .find((day) => valuesOfDay(zone, day, stepMinutes, values) !== undefined);
}

const valuesOf = ({ intervals, stepMinutes }: PriceTable) =>
  intervals.map(({ startMs, nanosPerKWh }) => ({ startMs, minutes: stepMinutes, value: nanosPerKWh }));

function slotOf(minute: number, marketNanosPerKWh: bigint, rule: MarketRule): MarketSlot {
  const { timesPpm, plusMicrosPerKWh, floorMicrosPerKWh: floor, ceilingMicrosPerKWh: ceiling } = rule;
  const made =
    divideHalfUp(
      marketNanosPerKWh * timesPpm + plusMicrosPerKWh * NANOS_PER_MICRO * PPM,
      NANOS_PER_MICRO * PPM * TICK_MICROS,
    ) * TICK_MICROS;
  if (made < floor) return { minute, marketNanosPerKWh, microsPerKWh: floor, limitedBy: 'floor' };
  if (ceiling !== undefined && made > ceiling)
    return { minute, marketNanosPerKWh, microsPerKWh: ceiling, limitedBy: 'ceiling' };
  return { minute, marketNanosPerKWh, microsPerKWh: made, limitedBy: 'none' };
}
