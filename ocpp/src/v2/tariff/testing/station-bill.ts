import { decimalToRational, type Rational } from '@roamgrid/domain';
import type { Conditions, Prices, TariffContent } from '../tariff-type.ts';

/** What passed from one instant to the next, at even flow. */
export interface Interval {
  readonly startMs: number;
  readonly seconds: number;
  readonly energyWh: bigint;
  readonly isCharging: boolean;
}

const HOURS = 24;
const MINUTES = 60;
const MS_PER_S = 1_000;
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

const exactly = (number: number): Rational => {
  const value = decimalToRational(String(number));
  if (value === undefined) throw new Error(`${number} is no decimal`);
  return value;
};
const add = (a: Rational, b: Rational): Rational => ({ n: a.n * b.d + b.n * a.d, d: a.d * b.d });
const times = (a: Rational, b: Rational): Rational => ({ n: a.n * b.n, d: a.d * b.d });
const less = (a: Rational, b: Rational): boolean => a.n * b.d < b.n * a.d;
const ZERO: Rational = { n: 0n, d: 1n };

interface At {
  readonly localMs: number;
  readonly energyWh: bigint;
  readonly seconds: number;
}

const minuteOf = (text: string): number => {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  return hours * MINUTES + minutes;
};

const isInWindow = ({ startTimeOfDay, endTimeOfDay }: Conditions, minute: number): boolean => {
  if (startTimeOfDay === undefined || endTimeOfDay === undefined) return true;
  const [start, end] = [minuteOf(startTimeOfDay), minuteOf(endTimeOfDay) || HOURS * MINUTES];
  return end < start ? minute >= start || minute < end : minute >= start && minute < end;
};

const holds = (on: Conditions, { localMs, energyWh, seconds }: At): boolean => {
  const local = new Date(localMs);
  const date = local.toISOString().slice(0, 10);
  return (
    isInWindow(on, local.getUTCHours() * MINUTES + local.getUTCMinutes()) &&
    (on.dayOfWeek?.includes(DAYS[local.getUTCDay()] ?? '') ?? true) &&
    date >= (on.validFromDate ?? date) &&
    (on.validToDate === undefined || date < on.validToDate) &&
    Number(energyWh) >= (on.minEnergy ?? 0) &&
    Number(energyWh) < (on.maxEnergy ?? Infinity) &&
    seconds >= (on.minTime ?? 0) &&
    seconds < (on.maxTime ?? Infinity)
  );
};

type Amounts = readonly [net: Rational, gross: Rational];

const charge = <P>(
  field: Prices<P> | undefined,
  at: At,
  priceOf: (price: P) => number,
  quantity: Rational,
): Amounts => {
  const price = field?.prices.find(({ conditions }) => holds(conditions ?? {}, at));
  if (field === undefined || price === undefined) return [ZERO, ZERO];
  const net = times(exactly(priceOf(price)), quantity);
  const [rate] = field.taxRates ?? [];
  const tax = rate === undefined ? ZERO : times(exactly(rate.tax), { n: 1n, d: 100n });
  return [net, times(net, add({ n: 1n, d: 1n }, tax))];
};

/** What a station comes to by itself with a tariff that it was told: conditions do not change inside an interval. */
export const stationBill = (
  tariff: TariffContent,
  intervals: readonly Interval[],
  offsetMinutes: number,
): { readonly inclTax: Rational } => {
  let total: Amounts = [ZERO, ZERO];
  let energyWh = 0n;
  let seconds = 0;
  for (const interval of intervals) {
    const localMs = interval.startMs + offsetMinutes * MINUTES * MS_PER_S;
    const at = { localMs, energyWh, seconds };
    const time: Rational = { n: BigInt(interval.seconds), d: 60n };
    const parts = [
      ...(seconds === 0
        ? [charge(tariff.fixedFee, at, ({ priceFixed }) => priceFixed, { n: 1n, d: 1n })]
        : []),
      charge(tariff.energy, at, ({ priceKwh }) => priceKwh, { n: interval.energyWh, d: 1_000n }),
      charge(
        interval.isCharging ? tariff.chargingTime : tariff.idleTime,
        at,
        ({ priceMinute }) => priceMinute,
        time,
      ),
    ];
    for (const [net, gross] of parts) total = [add(total[0], net), add(total[1], gross)];
    energyWh += interval.energyWh;
    seconds += interval.seconds;
  }
  const [, gross] = total;
  const { minCost, maxCost } = tariff;
  const least = minCost && less(gross, exactly(minCost.inclTax)) ? exactly(minCost.inclTax) : gross;
  const inclTax = maxCost && less(exactly(maxCost.inclTax), least) ? exactly(maxCost.inclTax) : least;
  return { inclTax };
};
