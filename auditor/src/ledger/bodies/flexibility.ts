import { hold } from '../../failure.ts';
import { parseCanonical, type JsonObject } from '../../json.ts';
import type { Primitives } from '../../primitives.ts';
import { hashOf } from '../../session/verify.ts';
import { amount, list, object, text, whole } from '../../shape.ts';
import type { Change, Records } from '../step.ts';

/**
 * What a day of a house comes to, worked out anew from bodies: the meter's registers, the events that were called, and the terms. The days of a
 * baseline are those whose records stood before the event was called.
 */

const DAY_MS = 86_400_000;
const SLOT_MS = 900_000;
const HOUR_MS = 3_600_000;
const LOOK_BACK_DAYS = 45;
const MILLION = 1_000_000n;

export interface DaySum {
  readonly currency: string;
  /** Lines as the body has them, proven. */
  readonly lines: readonly JsonObject[];
}

/** Bodies by the hash that their record has. */
export type FlexibilityBodies = (bodyHash: string) => string | undefined;

interface Event {
  readonly eventId: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly calledAtMs: number;
}

export const isLineOf = (line: JsonObject, item: JsonObject): boolean =>
  line['line'] === item['line'] &&
  (line['eventId'] ?? null) === (item['eventId'] ?? null) &&
  line['energyWh'] === item['energyWh'] &&
  line['micros'] === item['amountMicros'];

/** Half to even, of what is not negative. */
const rounded = (numerator: bigint, denominator: bigint): bigint => {
  const [whole, rest] = [numerator / denominator, (numerator % denominator) * 2n];
  return rest > denominator || (rest === denominator && whole % 2n === 1n) ? whole + 1n : whole;
};

const total = (amounts: readonly bigint[]): bigint => amounts.reduce((sum, each) => sum + each, 0n);

interface Terms {
  readonly of: (name: string) => bigint;
  readonly method: string;
  readonly offsetMs: number;
  readonly holidays: readonly string[];
  readonly currency: string;
}

const termsOf = (body: string, what: string): Terms => {
  const terms = object(parseCanonical(body, what), what);
  const flexibility = object(terms['flexibility'], `${what}: its part on houses`);
  const minutes = flexibility['dayOffsetMinutes'];
  hold(typeof minutes === 'number', `${what}: its days begin at no hour`);
  return {
    of: (name) => amount(flexibility[name], what),
    method: text(flexibility['method'], what),
    offsetMs: minutes * 60_000,
    holidays: list(flexibility['holidays'], what).map((each) => text(each, what)),
    currency: text(terms['currency'], what),
  };
};

const isWorkday = (dayMs: number, { offsetMs, holidays }: Terms): boolean => {
  const date = new Date(dayMs + offsetMs);
  const isWeekend = date.getUTCDay() === 0 || date.getUTCDay() === 6;
  return !isWeekend && !holidays.includes(date.toISOString().slice(0, 10));
};

/** A day's net energy by quarter-hour, milliwatt-hours: below nothing where the house gave. */
type Net = readonly bigint[];

const netOf = (day: JsonObject, what: string): Net => {
  const read = (name: string) => list(day[name], what).map((each) => amount(each, what));
  const [taken, given] = [read('importMilliWh'), read('exportMilliWh')];
  hold(
    taken.length === DAY_MS / SLOT_MS + 1 && taken.length === given.length,
    `${what}: not a day of readings`,
  );
  const net: bigint[] = [];
  for (let at = 1; at < taken.length; at += 1) {
    const [into, out] = [
      (taken[at] ?? 0n) - (taken[at - 1] ?? 0n),
      (given[at] ?? 0n) - (given[at - 1] ?? 0n),
    ];
    hold(into >= 0n && out >= 0n, `${what}: a register goes back`);
    net.push(into - out);
  }
  return net;
};

const within = (net: Net, fromMs: number, untilMs: number): Net =>
  net.slice(Math.max(0, fromMs / SLOT_MS), Math.max(0, untilMs / SLOT_MS));
const takenOf = (net: Net): bigint => total(net.filter((each) => each > 0n));
const givenOf = (net: Net): bigint => -total(net.filter((each) => each < 0n));

/** Numerator and denominator of a baseline before its cap. */
const uncapped = (
  method: string,
  events: readonly bigint[],
  windows: readonly bigint[],
  window: bigint | undefined,
): readonly [bigint, bigint] => {
  const count = BigInt(events.length);
  const [sumEvents, sumWindows] = [total(events), total(windows)];
  const mean: readonly [bigint, bigint] = [sumEvents, count];
  if (window === undefined) return mean;
  if (method === 'ten-in-ten') return sumWindows === 0n ? mean : [sumEvents * window, sumWindows];
  const spread = count * total(windows.map((each) => each * each)) - sumWindows * sumWindows;
  if (spread === 0n) return mean;
  const products = total(windows.map((each, at) => each * (events[at] ?? 0n)));
  const slope = count * products - sumWindows * sumEvents;
  return [sumEvents * spread + slope * (count * window - sumWindows), count * spread];
};

/** The baseline, milliwatt-hours, and how it stands to the days' mean in parts per million. */
const baselineOf = (
  terms: Terms,
  events: readonly bigint[],
  windows: readonly bigint[],
  window: bigint | undefined,
): readonly [bigint, bigint] => {
  const [sum, count, cap] = [total(events), BigInt(events.length), terms.of('adjustmentCapPpm')];
  let [numerator, denominator] = uncapped(terms.method, events, windows, window);
  const least = sum * (cap > MILLION ? 0n : MILLION - cap);
  const most = sum * (MILLION + cap);
  const scale = count * MILLION;
  if (numerator * scale < least * denominator) [numerator, denominator] = [least, scale];
  else if (numerator * scale > most * denominator) [numerator, denominator] = [most, scale];
  return [
    rounded(numerator, denominator),
    sum === 0n ? MILLION : rounded(numerator * count * MILLION, denominator * sum),
  ];
};

/** What one house's days and events come to, from the records of the ledger and the bodies of one party. */
export class HouseDays {
  readonly #primitives: Primitives;
  readonly #records: Records;
  readonly #bodies: FlexibilityBodies;

  constructor(primitives: Primitives, records: Records, bodies: FlexibilityBodies) {
    this.#primitives = primitives;
    this.#records = records;
    this.#bodies = bodies;
  }

  /** Absent where a body that it rests on is not given. */
  #body(record: JsonObject, what: string): JsonObject | undefined {
    const hash = text(record['bodyHash'], what);
    const body = this.#bodies(hash);
    if (body === undefined) return undefined;
    hold(hashOf(this.#primitives, body) === hash, `${what}: the body given is not its own`);
    return object(parseCanonical(body, what), what);
  }

  #reduction(
    event: Event,
    reductionW: bigint,
    { houseId, dayMs, net, terms, events }: Day,
  ): Line | undefined {
    const [from, until] = [event.fromMs - dayMs, event.untilMs - dayMs];
    const taken = takenOf(within(net, from, until));
    const nothing = { days: 0, baselineWh: '0', adjustmentPpm: '1000000', energyWh: '0', micros: '0' };
    const line = { line: 'DR', eventId: event.eventId, takenWh: (taken / 1_000n).toString() };
    const recorded = this.#records
      .startingWith(`flexDay:${houseId}:`)
      .map((day) => ({ day, at: whole(day['dayMs'], houseId), by: whole(day['recordedAtMs'], houseId) }))
      .filter(
        ({ at, by }) => at < dayMs && by < event.calledAtMs && at >= dayMs - (LOOK_BACK_DAYS + 1) * DAY_MS,
      )
      .sort((one, other) => other.at - one.at);
    const [latest] = recorded;
    if (latest !== undefined && latest.at + DAY_MS < event.calledAtMs - 3 * DAY_MS)
      return { ...line, ...nothing, without: 'READINGS_LATE' };
    const isWork = isWorkday(dayMs, terms);
    const like = recorded.filter(
      ({ at }) =>
        at >= dayMs - LOOK_BACK_DAYS * DAY_MS &&
        isWorkday(at, terms) === isWork &&
        !events.some((each) => each.fromMs < at + DAY_MS && at < each.untilMs),
    );
    if (like.length < (isWork ? 5 : 4)) return { ...line, ...nothing, without: 'TOO_FEW_DAYS' };
    const nets: Net[] = [];
    for (const { day, at } of like.slice(0, isWork ? 10 : 4)) {
      const body = this.#body(day, `the day at ${at} of ${houseId}`);
      if (body === undefined) return undefined;
      nets.push(netOf(body, `the day at ${at} of ${houseId}`));
    }
    const [windowFrom, windowUntil] = [from - 4 * HOUR_MS, from - HOUR_MS];
    const [baseline, adjustmentPpm] = baselineOf(
      terms,
      nets.map((each) => takenOf(within(each, from, until))),
      nets.map((each) => takenOf(within(each, windowFrom, windowUntil))),
      windowFrom < 0 ? undefined : takenOf(within(net, windowFrom, windowUntil)),
    );
    const calledWh = (reductionW * BigInt(until - from)) / BigInt(HOUR_MS);
    const lessWh = baseline > taken ? (baseline - taken) / 1_000n : 0n;
    const energyWh = lessWh < calledWh ? lessWh : calledWh;
    return {
      ...line,
      days: nets.length,
      baselineWh: (baseline / 1_000n).toString(),
      adjustmentPpm: adjustmentPpm.toString(),
      energyWh: energyWh.toString(),
      micros: rounded(energyWh * terms.of('reductionMicrosPerKWh'), 1_000n).toString(),
    };
  }

  /**
   * That a day's body says what its readings, its events and the terms come to; absent where something that it rests on is not given.
   * @throws Failed, Unreadable
   */
  require({ key, after }: Change, bodyText: string, termsText: string | undefined): DaySum | undefined {
    hold(hashOf(this.#primitives, bodyText) === after['bodyHash'], `${key}: the body given is not its own`);
    const body = object(parseCanonical(bodyText, key), key);
    for (const name of ['houseId', 'agreementId', 'vun', 'hun', 'dayMs'])
      hold(body[name] === after[name], `${key}: its body’s ${name} is not its record’s`);
    const houseId = text(after['houseId'], key);
    const dayMs = whole(after['dayMs'], key);
    const own = this.#body(this.#records.get(key.replace('flexSettlement:', 'flexDay:')), key);
    if (own === undefined || termsText === undefined) return undefined;
    const terms = termsOf(termsText, key);
    hold(body['currency'] === terms.currency, `${key}: it is in another currency than the agreement`);
    const pair = ['agreementId', 'vun', 'hun'].map((name) => text(after[name], key)).join(':');
    const called = this.#records.startingWith(`flexEvent:${pair}:`).map((record) => ({
      record,
      eventId: text(record['eventId'], key),
      fromMs: whole(record['fromMs'], key),
      untilMs: whole(record['untilMs'], key),
      calledAtMs: whole(record['calledAtMs'], key),
    }));
    const events = called.filter(({ fromMs }) => fromMs < dayMs + DAY_MS);
    const day: Day = { houseId, dayMs, net: netOf(own, key), terms, events };
    const lines: Line[] = [];
    let inEvents = 0n;
    const priced = (energyWh: bigint, name: string) => ({
      energyWh: energyWh.toString(),
      micros: rounded(energyWh * terms.of(name), 1_000n).toString(),
    });
    for (const event of events.filter(({ fromMs }) => fromMs >= dayMs)) {
      const { eventId, fromMs, untilMs } = event;
      const told = this.#body(event.record, eventId);
      if (told === undefined) return undefined;
      const reduction = this.#reduction(event, amount(told['reductionW'], eventId), day);
      if (reduction === undefined) return undefined;
      lines.push(reduction);
      const given = givenOf(within(day.net, fromMs - dayMs, untilMs - dayMs));
      inEvents += given;
      if (given >= 1_000n) lines.push({ line: 'V2G', eventId, ...priced(given / 1_000n, 'v2gMicrosPerKWh') });
    }
    const beside = (givenOf(day.net) - inEvents) / 1_000n;
    if (beside > 0n) lines.push({ line: 'EXPORT', ...priced(beside, 'exportMicrosPerKWh') });
    const stated = list(body['lines'], key).map((each) => object(each, key));
    const form = (line: JsonObject): string =>
      JSON.stringify(Object.entries(line).sort(([one], [other]) => (one < other ? -1 : 1)));
    hold(
      stated.map(form).join() === lines.map(form).join(),
      `${key}: its lines are not what its meter, its events and its terms come to`,
    );
    hold(
      amount(body['totalMicros'], key) === total(lines.map((line) => amount(line['micros'], key))),
      `${key}: it does not come to its lines`,
    );
    return { currency: terms.currency, lines };
  }
}

type Line = JsonObject;

interface Day {
  readonly houseId: string;
  readonly dayMs: number;
  readonly net: Net;
  readonly terms: Terms;
  readonly events: readonly Event[];
}
