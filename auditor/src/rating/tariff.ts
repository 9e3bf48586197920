import { readable } from '../failure.ts';
import { decimal, over, type Fraction } from './fraction.ts';

/** A tariff as the ledger holds it. Spec: OCPI 2.2.1 and 2.3.0 mod_tariffs. Read anew for each text, and kept. */

export type Dimension = 'ENERGY' | 'FLAT' | 'PARKING_TIME' | 'TIME';

/** What one element asks for one thing. */
export interface Price {
  readonly element: number;
  readonly component: number;
  readonly dimension: Dimension;
  readonly price: Fraction;
  /** Parts of the price before tax; nothing when the tariff states none. */
  readonly tax: Fraction;
  readonly beforeTax: Fraction;
  /** In Wh or seconds. */
  readonly step: bigint;
  readonly when: When;
}

/** Conditions of an element; what is absent always holds. */
export interface When {
  readonly never: boolean;
  readonly window: readonly [fromMinute: number, untilMinute: number] | undefined;
  readonly fromDay: number | undefined;
  readonly untilDay: number | undefined;
  /** Days of the week, Sunday is 0. */
  readonly weekdays: readonly number[] | undefined;
  readonly fromWh: Fraction | undefined;
  readonly untilWh: Fraction | undefined;
  readonly fromKw: Fraction | undefined;
  readonly untilKw: Fraction | undefined;
  readonly fromMs: number | undefined;
  readonly untilMs: number | undefined;
}

export interface Limit {
  readonly net: Fraction | undefined;
  readonly gross: Fraction | undefined;
}

export interface Tariff {
  readonly currency: string;
  readonly prices: readonly Price[];
  readonly least: Limit | undefined;
  readonly most: Limit | undefined;
  /** The tax that all components state, or nothing when they differ. */
  readonly commonTax: Fraction;
  readonly asksTime: boolean;
}

type Raw = Readonly<Record<string, unknown>>;

const isRaw = (value: unknown): value is Raw =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !('exact' in value);

const absent = (value: unknown): value is null | undefined => value === undefined || value === null;

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** JSON with each number as its digits. */
const parseExactly = (json: string): unknown =>
  JSON.parse(json.replace(TOKEN, (token) => (token.startsWith('"') ? token : `{"exact":"${token}"}`)));

const number = (value: unknown, what: string): Fraction | undefined => {
  if (absent(value)) return undefined;
  const text = typeof value === 'string' ? value.trim() : (value as { readonly exact?: string }).exact;
  const found = text === undefined ? undefined : decimal(text);
  readable(found !== undefined, `a tariff’s ${what} is no number`);
  return found;
};

const word = (value: unknown, what: string): string => {
  readable(typeof value === 'string', `a tariff’s ${what} is no word`);
  return value.toUpperCase();
};

const countOf = (value: unknown, what: string): bigint | undefined => {
  const found = number(value, what);
  if (found === undefined) return undefined;
  readable(found.d === 1n && found.n >= 0n, `a tariff’s ${what} is no count`);
  return found.n;
};

const list = (value: unknown, what: string): readonly unknown[] => {
  if (absent(value)) return [];
  readable(Array.isArray(value), `a tariff’s ${what} is no list`);
  return value as readonly unknown[];
};

const DAY_MINUTES = 1_440;
const DAY_MS = 86_400_000;
const LONGEST_S = 10_000_000_000n;

const minuteOf = (value: unknown): number | undefined => {
  if (absent(value)) return undefined;
  const match = /^(\d{1,2}):(\d{2})(?::00)?$/.exec(typeof value === 'string' ? value.trim() : '');
  const minute = match === null ? DAY_MINUTES + 1 : Number(match[1]) * 60 + Number(match[2]);
  readable(minute <= DAY_MINUTES, 'a tariff’s time of day is none');
  return minute;
};

const dayOf = (value: unknown): number | undefined => {
  if (absent(value)) return undefined;
  const atMs = Date.parse(`${typeof value === 'string' ? value.trim() : ''}T00:00:00Z`);
  readable(Number.isSafeInteger(atMs), 'a tariff’s date is none');
  return Math.round(atMs / DAY_MS);
};

const WEEK = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'];

const windowOf = (start: unknown, end: unknown): When['window'] => {
  const from = minuteOf(start);
  const until = minuteOf(end);
  if (from === undefined && until === undefined) return undefined;
  return [from === DAY_MINUTES ? 0 : (from ?? 0), until === undefined || until === 0 ? DAY_MINUTES : until];
};

const durationOf = (value: unknown, what: string): number | undefined => {
  const seconds = countOf(value, what);
  return seconds === undefined ? undefined : Number(seconds > LONGEST_S ? LONGEST_S : seconds) * 1_000;
};

const whOf = (value: unknown, what: string): Fraction | undefined => {
  const kWh = number(value, what);
  return kWh && over(kWh.n * 1_000n, kWh.d);
};

const whenOf = (raw: Raw): When => {
  const weekdays = list(raw['day_of_week'], 'day_of_week').map((day) =>
    WEEK.indexOf(word(day, 'day_of_week')),
  );
  readable(!weekdays.includes(-1), 'a tariff’s day_of_week is none');
  return {
    // What is for reservations or bookings prices no charging.
    never: !absent(raw['reservation']) || !absent(raw['booking']),
    window: windowOf(raw['start_time'], raw['end_time']),
    fromDay: dayOf(raw['start_date']),
    untilDay: dayOf(raw['end_date']),
    weekdays: weekdays.length === 0 ? undefined : weekdays,
    fromWh: whOf(raw['min_kwh'], 'min_kwh'),
    untilWh: whOf(raw['max_kwh'], 'max_kwh'),
    fromKw: number(raw['min_power'], 'min_power'),
    untilKw: number(raw['max_power'], 'max_power'),
    fromMs: durationOf(raw['min_duration'], 'min_duration'),
    untilMs: durationOf(raw['max_duration'], 'max_duration'),
  };
};

const limitOf = (raw: unknown): Limit | undefined => {
  if (absent(raw)) return undefined;
  if (!isRaw(raw)) return { net: number(raw, 'limit'), gross: undefined };
  const net = number(raw['before_taxes'], 'limit') ?? number(raw['excl_vat'], 'limit');
  const gross = number(raw['after_taxes'], 'limit') ?? number(raw['incl_vat'], 'limit');
  readable(net !== undefined || gross !== undefined, 'a tariff’s limit has no amount');
  return { net, gross };
};

const DIMENSIONS: readonly Dimension[] = ['ENERGY', 'FLAT', 'PARKING_TIME', 'TIME'];

const pricesOf = (raw: unknown, element: number, included: string): readonly Price[] => {
  readable(isRaw(raw), 'a tariff’s element is none');
  const when = whenOf(isRaw(raw['restrictions']) ? raw['restrictions'] : {});
  const found: Price[] = [];
  for (const [component, each] of list(raw['price_components'], 'price_components').entries()) {
    readable(isRaw(each), 'a tariff’s price is none');
    const dimension = DIMENSIONS.find((known) => known === word(each['type'], 'type'));
    const price = number(each['price'], 'price');
    readable(dimension !== undefined && price !== undefined, 'a tariff’s price is none');
    // A second price for the same thing in one element does not count.
    if (found.some((before) => before.dimension === dimension)) continue;
    const percent = included === 'N/A' ? undefined : number(each['vat'], 'vat');
    const tax = percent === undefined ? over(0n) : over(percent.n, percent.d * 100n);
    const gross = over(tax.n + tax.d, tax.d);
    found.push({
      element,
      component,
      dimension,
      price,
      tax,
      beforeTax: included === 'YES' ? over(price.n * gross.d, price.d * gross.n) : price,
      step: countOf(each['step_size'], 'step_size') ?? 1n,
      when,
    });
  }
  readable(found.length > 0, 'a tariff’s element has no price');
  return found;
};

const read = (json: string): Tariff => {
  const raw = parseExactly(json);
  readable(isRaw(raw), 'a tariff is no object');
  const included = absent(raw['tax_included']) ? 'NO' : word(raw['tax_included'], 'tax_included');
  const elements = list(raw['elements'], 'elements');
  readable(elements.length > 0, 'a tariff has no element');
  const prices = elements.flatMap((each, index) => pricesOf(each, index, included));
  const [first] = prices;
  const isOneTax = prices.every(({ tax }) => tax.n === first?.tax.n && tax.d === first.tax.d);
  return {
    currency: word(raw['currency'], 'currency'),
    prices,
    least: limitOf(raw['min_price']),
    most: limitOf(raw['max_price']),
    commonTax: isOneTax && first !== undefined ? first.tax : over(0n),
    asksTime: prices.some(
      ({ dimension, when }) =>
        !when.never &&
        (dimension === 'TIME' ||
          dimension === 'PARKING_TIME' ||
          when.fromMs !== undefined ||
          when.untilMs !== undefined),
    ),
  };
};

const TARIFFS_KEPT = 1_000;
const known = new Map<string, Tariff>();

/** @throws Unreadable */
export const readTariff = (json: string): Tariff => {
  const before = known.get(json);
  if (before !== undefined) return before;
  const tariff = read(json);
  if (known.size >= TARIFFS_KEPT) known.clear();
  known.set(json, tariff);
  return tariff;
};
