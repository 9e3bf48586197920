import { floor, isLess, minus, NOTHING, ONE, over, plus, times, type Fraction } from './fraction.ts';
import type { Dimension, Price, Tariff, When } from './tariff.ts';

/** How much of each thing a session used under which price: time is cut wherever a price can begin or end. */

export interface Reading {
  readonly atMs: number;
  /** Since the first reading. */
  readonly energyWh: bigint;
  /** From here to the next one. */
  readonly charging: boolean;
}

/** From the instant on, local time is UTC plus so many minutes. */
export interface ZoneOffset {
  readonly fromMs: number;
  readonly offsetMinutes: number;
}

/** What fell to one price: Wh, ms, or once. */
export interface Use {
  readonly price: Price;
  used: Fraction;
  /** What whole steps add. */
  extra: Fraction;
  /** When it was used last. */
  order: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

interface Moment {
  readonly atMs: number;
  readonly sinceMs: number;
  readonly energyWh: Fraction;
  /** Mean power of the interval; unknown of one without length. */
  readonly kW: Fraction | undefined;
}

const offsetAt = (zone: readonly ZoneOffset[], atMs: number): number =>
  (zone.findLast(({ fromMs }) => fromMs <= atMs) ?? zone[0])?.offsetMinutes ?? 0;

const inside = (value: Fraction, from: Fraction | undefined, until: Fraction | undefined): boolean =>
  (from === undefined || !isLess(value, from)) && (until === undefined || isLess(value, until));

const holds = (when: When, moment: Moment, zone: readonly ZoneOffset[]): boolean => {
  if (when.never) return false;
  const localMs = moment.atMs + offsetAt(zone, moment.atMs) * MINUTE_MS;
  const day = Math.floor(localMs / DAY_MS);
  const msOfDay = localMs - day * DAY_MS;
  if (when.window !== undefined) {
    const [from, until] = [when.window[0] * MINUTE_MS, when.window[1] * MINUTE_MS];
    const isIn = until < from ? msOfDay >= from || msOfDay < until : msOfDay >= from && msOfDay < until;
    if (!isIn) return false;
  }
  // 1970-01-01 was a Thursday.
  const weekday = (((day + 4) % 7) + 7) % 7;
  return (
    day >= (when.fromDay ?? -Infinity) &&
    day < (when.untilDay ?? Infinity) &&
    (when.weekdays === undefined || when.weekdays.includes(weekday)) &&
    moment.sinceMs >= (when.fromMs ?? 0) &&
    moment.sinceMs < (when.untilMs ?? Infinity) &&
    inside(moment.energyWh, when.fromWh, when.untilWh) &&
    (moment.kW === undefined || inside(moment.kW, when.fromKw, when.untilKw))
  );
};

const isLocal = ({ window, fromDay, untilDay, weekdays }: When): boolean =>
  [window, fromDay, untilDay, weekdays].some((bound) => bound !== undefined);

/** Instants strictly inside a span at which some price may begin or end by the clock. */
const clockCuts = (
  { prices }: Tariff,
  zone: readonly ZoneOffset[],
  startMs: number,
  fromMs: number,
  untilMs: number,
): readonly number[] => {
  const found = new Set<number>();
  for (const { when } of prices) {
    for (const sinceMs of [when.fromMs, when.untilMs])
      if (sinceMs !== undefined) found.add(startMs + sinceMs);
    if (!isLocal(when)) continue;
    const minutes = [0, ...(when.window ?? [])];
    for (const { fromMs: changesMs } of zone.slice(1)) found.add(changesMs);
    for (const { offsetMinutes } of zone) {
      const shiftMs = offsetMinutes * MINUTE_MS;
      const last = Math.floor((untilMs + shiftMs) / DAY_MS);
      for (let day = Math.floor((fromMs + shiftMs) / DAY_MS); day <= last; day += 1)
        for (const minute of minutes) found.add(day * DAY_MS + minute * MINUTE_MS - shiftMs);
    }
  }
  return [...found].filter((atMs) => fromMs < atMs && atMs < untilMs);
};

/** Cuts of an interval as parts of it, from 0 to 1, ascending. */
const cutsOf = (
  tariff: Tariff,
  zone: readonly ZoneOffset[],
  startMs: number,
  from: Reading,
  until: Reading,
): readonly Fraction[] => {
  const lengthMs = BigInt(until.atMs - from.atMs);
  const gained = until.energyWh - from.energyWh;
  const cuts = clockCuts(tariff, zone, startMs, from.atMs, until.atMs).map((atMs) =>
    over(BigInt(atMs - from.atMs), lengthMs),
  );
  if (gained !== 0n) {
    for (const { when } of tariff.prices)
      for (const bound of [when.fromWh, when.untilWh]) {
        if (bound === undefined) continue;
        const part = times(minus(bound, over(from.energyWh)), over(1n, gained));
        if (isLess(NOTHING, part) && isLess(part, ONE)) cuts.push(part);
      }
  }
  return [NOTHING, ...cuts.sort((a, b) => (isLess(a, b) ? -1 : 1)), ONE];
};

const HALF = over(1n, 2n);
const KW = over(3_600n);

export const usesOf = (
  tariff: Tariff,
  readings: readonly Reading[],
  zone: readonly ZoneOffset[],
): readonly Use[] => {
  const uses: Use[] = [];
  const startMs = readings[0]?.atMs ?? 0;
  let order = 0;
  const take = (dimension: Dimension, used: Fraction, moment: Moment): void => {
    if (used.n === 0n) return;
    const price = tariff.prices.find(
      (each) => each.dimension === dimension && holds(each.when, moment, zone),
    );
    if (price === undefined) return;
    if (dimension === 'FLAT' && uses.some((use) => use.price.dimension === 'FLAT')) return;
    order += 1;
    const known = uses.find((use) => use.price === price);
    if (known === undefined) uses.push({ price, used, extra: NOTHING, order });
    else {
      known.used = plus(known.used, used);
      known.order = order;
    }
  };
  for (const [index, until] of readings.entries()) {
    const from = readings[index - 1];
    if (from === undefined) continue;
    const lengthMs = BigInt(until.atMs - from.atMs);
    const gained = until.energyWh - from.energyWh;
    const kW = lengthMs === 0n ? undefined : times(over(gained, lengthMs), KW);
    const cuts = cutsOf(tariff, zone, startMs, from, until);
    for (const [at, end] of cuts.entries()) {
      const begin = cuts[at - 1];
      if (begin === undefined) continue;
      const part = minus(end, begin);
      if (part.n === 0n) continue;
      const middle = times(plus(begin, end), HALF);
      const atMs = from.atMs + Number(floor(times(middle, over(lengthMs))));
      const moment = {
        atMs,
        sinceMs: atMs - startMs,
        energyWh: plus(over(from.energyWh), times(over(gained), middle)),
        kW,
      };
      take('FLAT', ONE, moment);
      take('ENERGY', times(over(gained), part), moment);
      take(from.charging ? 'TIME' : 'PARKING_TIME', times(over(lengthMs), part), moment);
    }
  }
  return uses;
};
