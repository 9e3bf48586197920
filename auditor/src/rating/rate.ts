import {
  ceiling,
  decimalText,
  floor,
  isLess,
  isSame,
  minus,
  nearest,
  nearestEven,
  ONE,
  over,
  per,
  plus,
  times,
  total,
  type Fraction,
} from './fraction.ts';
import type { Dimension, Limit, Price, Tariff } from './tariff.ts';
import { usesOf, type Reading, type Use, type ZoneOffset } from './usage.ts';

/**
 * What a session costs, worked out anew: how much of each thing fell to which price, then the amounts, then the one rounding.
 * Policy `roamgrid-ocpi/1` of docs/errata.md, restated here and not shared with who bills by it.
 */

export interface Line {
  readonly kind: Dimension | 'MIN_PRICE' | 'MAX_PRICE';
  readonly element: number | undefined;
  readonly quantity: string;
  readonly unit: 'Wh' | 's' | '1';
  readonly unitPrice: string;
  readonly amountMicros: bigint;
  readonly taxMicros: bigint;
}

export interface Rated {
  readonly lines: readonly Line[];
  readonly netMicros: bigint;
  readonly taxMicros: bigint;
}

const MICROS = over(1_000_000n);
const WH_PER_KWH = 1_000n;
const MS_PER_HOUR = 3_600_000n;
const MS_PER_S = 1_000n;

/** Units of use in one unit of the price. */
const PER_PRICE: Readonly<Record<Dimension, bigint>> = {
  ENERGY: WH_PER_KWH,
  TIME: MS_PER_HOUR,
  PARKING_TIME: MS_PER_HOUR,
  FLAT: 1n,
};

/** A dimension's whole use in steps of its last price; what is missing to the next step is that price's. */
const step = (uses: readonly Use[], dimension: Dimension): void => {
  const own = uses.filter(({ price, used }) => price.dimension === dimension && used.n !== 0n);
  const latest = own.reduce<Use | undefined>(
    (a, b) => (a === undefined || b.order > a.order ? b : a),
    undefined,
  );
  if (latest === undefined || latest.price.step === 0n) return;
  const whole = total(own.map(({ used }) => used));
  const unit = over(dimension === 'ENERGY' ? latest.price.step : latest.price.step * MS_PER_S);
  const up = times(over(ceiling(per(whole, unit))), unit);
  if (isLess(whole, up)) latest.extra = minus(up, whole);
};

/** Used in time of both kinds, parking alone goes in steps. */
const stepAll = (uses: readonly Use[]): void => {
  step(uses, 'ENERGY');
  const isParked = uses.some(({ price, used }) => price.dimension === 'PARKING_TIME' && used.n !== 0n);
  step(uses, isParked ? 'PARKING_TIME' : 'TIME');
};

interface Amounts {
  readonly net: Fraction;
  readonly gross: Fraction;
}

/** A total brought to a limit: the side that the limit does not state keeps its proportion. */
const limited = ({ net, gross }: Amounts, limit: Limit, tax: Fraction, isLeast: boolean): Amounts => {
  const bring = (value: Fraction, bound: Fraction | undefined): Fraction =>
    bound !== undefined && (isLeast ? isLess(value, bound) : isLess(bound, value)) ? bound : value;
  const newNet = bring(net, limit.net);
  const newGross = bring(gross, limit.gross);
  const whole = plus(ONE, tax);
  if (limit.gross === undefined && !isSame(newNet, net))
    return { net: newNet, gross: net.n === 0n ? times(newNet, whole) : per(times(gross, newNet), net) };
  if (limit.net === undefined && !isSame(newGross, gross))
    return { net: gross.n === 0n ? per(newGross, whole) : per(times(net, newGross), gross), gross: newGross };
  return { net: newNet, gross: newGross };
};

/** Parts in whole micros that add up to a total rounded on its own: largest remainders first, parts of nothing last. */
export const share = (parts: readonly Fraction[], whole: bigint): readonly bigint[] => {
  const exact = parts.map((part) => times(part, MICROS));
  const given = exact.map(floor);
  let left = whole - given.reduce((sum, each) => sum + each, 0n);
  const back = left < 0n;
  const order = exact
    .map((part, index) => ({ index, nothing: part.n === 0n, rest: minus(part, over(given[index] ?? 0n)) }))
    .sort((a, b) => {
      if (a.nothing !== b.nothing) return a.nothing ? 1 : -1;
      if (isSame(a.rest, b.rest)) return a.index - b.index;
      return isLess(a.rest, b.rest) !== back ? 1 : -1;
    });
  for (let at = 0; left !== 0n && order.length > 0; at += 1) {
    const index = order[at % order.length]?.index ?? 0;
    given[index] = (given[index] ?? 0n) + (back ? -1n : 1n);
    left += back ? 1n : -1n;
  }
  return given;
};

const QUANTITY_PLACES = 9;
const SHOWN_PLACES = 3;
const PRICE_PLACES = 12;

const places = (count: number): bigint => 10n ** BigInt(count);

/** A quantity as it is written: nine places of the price's unit first, then thousandths of a watt-hour or second. */
const quantityOf = ({ price: { dimension }, used, extra }: Use): Pick<Line, 'quantity' | 'unit'> => {
  if (dimension === 'FLAT') return { quantity: '1', unit: '1' };
  const inPriceUnits = per(plus(used, extra), over(PER_PRICE[dimension]));
  const nine = nearest(times(inPriceUnits, over(places(QUANTITY_PLACES))));
  const small = dimension === 'ENERGY' ? WH_PER_KWH : MS_PER_HOUR / MS_PER_S;
  const shown = nearestEven(over(nine * small, places(QUANTITY_PLACES - SHOWN_PLACES)));
  return { quantity: decimalText(shown, SHOWN_PLACES), unit: dimension === 'ENERGY' ? 'Wh' : 's' };
};

const unitPrice = ({ price }: Price): string =>
  decimalText(nearest(times(price, over(places(PRICE_PLACES)))), PRICE_PLACES);

interface Draft {
  readonly use: Use | undefined;
  readonly kind: Line['kind'];
  readonly net: Fraction;
  readonly tax: Fraction;
}

/** @param readings in time order, at least two */
export const rate = (tariff: Tariff, readings: readonly Reading[], zone: readonly ZoneOffset[]): Rated => {
  const uses = usesOf(tariff, readings, zone);
  stepAll(uses);
  const drafts = uses.map((use): Draft => {
    const quantity = per(plus(use.used, use.extra), over(PER_PRICE[use.price.dimension]));
    const net = times(quantity, use.price.beforeTax);
    return { use, kind: use.price.dimension, net, tax: times(net, use.price.tax) };
  });
  const limits: Draft[] = [];
  let at: Amounts = {
    net: total(drafts.map(({ net }) => net)),
    gross: total(drafts.flatMap(({ net, tax }) => [net, tax])),
  };
  for (const [limit, isLeast] of [
    [tariff.least, true],
    [tariff.most, false],
  ] as const) {
    if (limit === undefined) continue;
    const next = limited(at, limit, tariff.commonTax, isLeast);
    const net = minus(next.net, at.net);
    const tax = minus(minus(next.gross, at.gross), net);
    if (net.n !== 0n || tax.n !== 0n)
      limits.push({ use: undefined, kind: isLeast ? 'MIN_PRICE' : 'MAX_PRICE', net, tax });
    at = next;
  }
  const all = [...drafts, ...limits];
  const netMicros = nearest(times(at.net, MICROS));
  const taxMicros = nearest(times(at.gross, MICROS)) - netMicros;
  const nets = share(
    all.map(({ net }) => net),
    netMicros,
  );
  const taxes = share(
    all.map(({ tax }) => tax),
    taxMicros,
  );
  const lines = all.map((draft, index): Line => {
    const money = { amountMicros: nets[index] ?? 0n, taxMicros: taxes[index] ?? 0n };
    if (draft.use === undefined)
      return { kind: draft.kind, element: undefined, quantity: '1', unit: '1', unitPrice: '', ...money };
    const { price } = draft.use;
    return {
      kind: draft.kind,
      element: price.element,
      ...quantityOf(draft.use),
      unitPrice: unitPrice(price),
      ...money,
    };
  });
  return { lines, netMicros, taxMicros };
};
