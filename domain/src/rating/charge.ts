import {
  add,
  compare,
  divideExact,
  isZero,
  multiply,
  ONE,
  rational,
  subtract,
  sum,
  ZERO,
  type Rational,
} from '../tariff/rational.ts';
import type { PriceComponent, Tariff, TaxIncluded } from '../tariff/tariff.ts';
import { MICRO_WH_PER_KWH, TICKS_PER_HOUR } from '../tariff/units.ts';
import type { Note } from '../tariff/problem.ts';
import type { Entry, LineKind } from './ledger.ts';

/** An exact amount on its way to a line: before tax, and the tax. */
export interface Charge {
  readonly kind: LineKind | 'MIN_PRICE' | 'MAX_PRICE';
  readonly tariff: number;
  readonly entry?: Entry;
  readonly net: Rational;
  readonly tax: Rational;
}

/** Base units in the unit that the price is for. */
const unitOf = (kind: LineKind): bigint => {
  switch (kind) {
    case 'ENERGY':
      return MICRO_WH_PER_KWH;
    case 'TIME':
    case 'PARKING_TIME':
    case 'RESERVATION_TIME':
      return TICKS_PER_HOUR;
    case 'FLAT':
    case 'RESERVATION_FLAT':
      return 1n;
  }
};

/** Used and stepped quantity in the unit of the price: kWh, hours or times. */
export const quantityOf = (entry: Entry, quantity: Rational): Rational => ({
  n: quantity.n,
  d: quantity.d * unitOf(entry.kind),
});

const HUNDRED = rational(100n);

const taxShare = ({ vatPercent }: PriceComponent): Rational =>
  vatPercent === undefined ? ZERO : { n: vatPercent.n, d: vatPercent.d * 100n };

/** Price before tax: as stated, or what is left of a price that includes its tax. */
export const priceBeforeTax = (component: PriceComponent, taxIncluded: TaxIncluded): Rational =>
  taxIncluded === 'YES' && component.vatPercent !== undefined
    ? divideExact(multiply(component.price, HUNDRED), add(HUNDRED, component.vatPercent))
    : component.price;

/** The same with its tax. */
export const grossPrice = (component: PriceComponent, taxIncluded: TaxIncluded): Rational =>
  multiply(priceBeforeTax(component, taxIncluded), add(ONE, taxShare(component)));

/** What an entry costs, exactly. */
export const chargeOf = (entry: Entry, tariff: Tariff): Charge => {
  const quantity = quantityOf(entry, add(entry.used, entry.stepped));
  const net = multiply(quantity, priceBeforeTax(entry.component, tariff.taxIncluded));
  return {
    kind: entry.kind,
    tariff: entry.tariff,
    entry,
    net,
    tax: multiply(net, taxShare(entry.component)),
  };
};

/** The one tax share of a tariff whose components all state the same; for a limit that has nothing else to go by. */
const commonTaxShare = (tariff: Tariff): Rational => {
  const shares = tariff.elements.flatMap(({ components }) => components.map(taxShare));
  const first = shares[0] ?? ZERO;
  return shares.every((share) => compare(share, first) === 0) ? first : ZERO;
};

interface Amounts {
  readonly net: Rational;
  readonly gross: Rational;
}

const bounded = (value: Rational, limit: Rational | undefined, isMinimum: boolean): Rational => {
  if (limit === undefined) return value;
  const outside = isMinimum ? compare(value, limit) < 0 : compare(value, limit) > 0;
  return outside ? limit : value;
};

/** `part` grown or shrunk as its whole did; from nothing, by `factor`. */
const inProportion = (part: Rational, from: Rational, to: Rational, factor: Rational): Rational =>
  isZero(from) ? multiply(to, factor) : divideExact(multiply(part, to), from);

/**
 * One limit, before and after tax each on its own; where only one of the two is stated, the other follows in
 * proportion. Spec: OCPI 2.2.1 and 2.3.0 mod_tariffs, notes on `min_price` and `max_price`.
 */
const limit = (amounts: Amounts, tariff: Tariff, isMinimum: boolean): Amounts => {
  const bound = isMinimum ? tariff.minPrice : tariff.maxPrice;
  if (bound === undefined) return amounts;
  const net = bounded(amounts.net, bound.beforeTax, isMinimum);
  const gross = bounded(amounts.gross, bound.afterTax, isMinimum);
  const factor = add(ONE, commonTaxShare(tariff));
  if (bound.afterTax === undefined && compare(net, amounts.net) !== 0) {
    return { net, gross: inProportion(amounts.gross, amounts.net, net, factor) };
  }
  if (bound.beforeTax === undefined && compare(gross, amounts.gross) !== 0) {
    return { net: inProportion(amounts.net, amounts.gross, gross, divideExact(ONE, factor)), gross };
  }
  return { net, gross };
};

/**
 * The difference that `min_price` and then `max_price` make to one tariff's charges, as lines of their own. A minimum
 * is for a charging session, so a reservation that expired without one (`expired`) has none.
 */
export const limitCharges = (
  charges: readonly Charge[],
  tariff: Tariff,
  index: number,
  expired: boolean,
  notes: Note[],
): readonly Charge[] => {
  let at: Amounts = {
    net: sum(charges.map(({ net }) => net)),
    gross: sum(charges.flatMap(({ net, tax }) => [net, tax])),
  };
  const adjustments: Charge[] = [];
  for (const isMinimum of expired ? [false] : [true, false]) {
    const next = limit(at, tariff, isMinimum);
    const net = subtract(next.net, at.net);
    const tax = subtract(subtract(next.gross, at.gross), net);
    if (isZero(net) && isZero(tax)) continue;
    adjustments.push({ kind: isMinimum ? 'MIN_PRICE' : 'MAX_PRICE', tariff: index, net, tax });
    notes.push({
      code: isMinimum ? 'MIN_PRICE_APPLIED' : 'MAX_PRICE_APPLIED',
      message: `${isMinimum ? 'min' : 'max'}_price of tariff ${JSON.stringify(tariff.id)} sets the total`,
    });
    at = next;
  }
  return adjustments;
};
