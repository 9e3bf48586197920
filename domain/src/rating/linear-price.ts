import { add, compare, multiply, rational, toScaled, ZERO, type Rational } from '../tariff/rational.ts';
import type { DimensionType, PriceComponent, Tariff } from '../tariff/tariff.ts';
import { grossPrice } from './charge.ts';

/** A price by energy, time and session: what a charger without network can count by. Micros of the currency, tax and adjustment in them. */
export interface LinearPrice {
  readonly microsPerKWh: bigint;
  readonly microsPerHour: bigint;
  readonly microsPerSession: bigint;
}

const PPM = 1_000_000n;
const MICROS_PER_UNIT = 1_000_000n;
const WH_PER_KWH = 1_000n;
const SECONDS_PER_HOUR = 3_600n;
/** Steps that add nothing: a bill has whole watt-hours before it is stepped, and milliseconds. */
const LEAST_STEP: Readonly<Partial<Record<DimensionType, bigint>>> = { ENERGY: 1n };

const higher = (a: Rational, b: Rational): Rational => (compare(a, b) < 0 ? b : a);

/**
 * The most that a tariff comes to, as a linear price: of each dimension the highest price that any element has, whatever restricts it, up to
 * a step more of energy and time where the tariff rounds to steps, and the least price of a session on top. Of a tariff whose prices hold
 * whenever and whatever was used before, without steps and least price, it is that tariff's own price. A car charges or parks: of the two
 * prices of an hour the higher one counts. Each part is rounded up to a whole micro.
 */
export const linearPrice = (tariff: Tariff, adjustmentPpm: bigint): LinearPrice => {
  const components = tariff.elements
    .filter(({ restrictions }) => restrictions.reservation === undefined && restrictions.never !== true)
    .flatMap((element) => element.components);
  const gross = (component: PriceComponent): Rational => grossPrice(component, tariff.taxIncluded);
  const highest = (...types: readonly DimensionType[]): Rational =>
    components
      .filter(({ type }) => types.includes(type))
      .map(gross)
      .reduce(higher, ZERO);
  /** What rounding up to a step adds at most: not quite one step. */
  const steps = (perUnit: bigint, ...types: readonly DimensionType[]): Rational =>
    components
      .filter(({ type, stepSize }) => types.includes(type) && stepSize > (LEAST_STEP[type] ?? 0n))
      .map((component) => multiply(gross(component), rational(component.stepSize, perUnit)))
      .reduce(higher, ZERO);
  const { beforeTax = ZERO, afterTax = ZERO } = tariff.minPrice ?? {};
  const perSession = [
    highest('FLAT'),
    steps(WH_PER_KWH, 'ENERGY'),
    steps(SECONDS_PER_HOUR, 'TIME'),
    steps(SECONDS_PER_HOUR, 'PARKING_TIME'),
    // A least price of which only the part before tax is known carries at most the highest tax of the tariff.
    higher(afterTax, multiply(beforeTax, highestTax(components))),
  ].reduce(add, ZERO);
  const adjusted = (price: Rational): bigint =>
    toScaled(multiply(price, rational(PPM + adjustmentPpm, PPM)), MICROS_PER_UNIT, 'ceiling');
  return {
    microsPerKWh: adjusted(highest('ENERGY')),
    microsPerHour: adjusted(highest('TIME', 'PARKING_TIME')),
    microsPerSession: adjusted(perSession),
  };
};

const highestTax = (components: readonly PriceComponent[]): Rational =>
  components
    .map(({ vatPercent }) =>
      vatPercent === undefined
        ? rational(1n)
        : add(rational(1n), rational(vatPercent.n, vatPercent.d * 100n)),
    )
    .reduce(higher, rational(1n));
