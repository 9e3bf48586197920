import { divide } from '../rounding/index.ts';
import { multiply, type Rational } from '../tariff/rational.ts';
import type { DimensionType, PriceComponent, Tariff } from '../tariff/tariff.ts';
import { grossPrice, priceBeforeTax } from './charge.ts';

/**
 * Totals of sessions under a tariff whose prices hold whenever and whatever was used before. A rating's time goes into its
 * periods, fractions and lines; here each dimension has one price, so a total is one sum over a denominator that is worked
 * out once a tariff. It is the same total: `uniform.test.ts` compares the two.
 */

/** What a session used in all. */
export interface UniformUse {
  readonly energyWh: bigint;
  readonly chargingMs: number;
  readonly parkingMs: number;
}

export interface UniformTotal {
  readonly totalMicros: bigint;
  readonly taxMicros: bigint;
}

const WH_PER_KWH = 1_000n;
const MS_PER_HOUR = 3_600_000n;
const MS_PER_SECOND = 1_000n;
const MICROS_PER_UNIT = 1_000_000n;

/** Prices of one quantity each, over one denominator. */
interface Prices {
  readonly energy: bigint;
  readonly charging: bigint;
  readonly parking: bigint;
  readonly flat: bigint;
  readonly denominator: bigint;
}

type Components = Readonly<Partial<Record<DimensionType, PriceComponent>>>;

const pricesOf = (components: Components, of: (component: PriceComponent) => Rational): Prices => {
  const price = (type: DimensionType, unit: bigint): Rational => {
    const component = components[type];
    return component === undefined ? { n: 0n, d: 1n } : multiply(of(component), { n: 1n, d: unit });
  };
  const [energy, charging, parking, flat] = [
    price('ENERGY', WH_PER_KWH),
    price('TIME', MS_PER_HOUR),
    price('PARKING_TIME', MS_PER_HOUR),
    price('FLAT', 1n),
  ] as const;
  const denominator = [energy, charging, parking, flat].reduce((product, { d }) => product * d, 1n);
  const over = ({ n, d }: Rational): bigint => n * (denominator / d);
  return {
    energy: over(energy),
    charging: over(charging),
    parking: over(parking),
    flat: over(flat),
    denominator,
  };
};

const stepped = (quantity: bigint, step: bigint): bigint =>
  step === 0n ? quantity : divide(quantity, step, 'up') * step;

/** The total of a use by a tariff that {@link uniformRate} takes. */
export type UniformRate = (use: UniformUse) => UniformTotal;

/** For a tariff of another kind, undefined: one with restrictions, with limits of the price, or in whose prices something is below zero. */
export const uniformRate = (tariff: Tariff): UniformRate | undefined => {
  const { elements, minPrice, maxPrice, taxIncluded } = tariff;
  const isUniform = elements.every(({ restrictions }) =>
    Object.values(restrictions).every((bound) => bound === undefined),
  );
  if (!isUniform || minPrice !== undefined || maxPrice !== undefined) return undefined;
  const components: { -readonly [T in DimensionType]?: PriceComponent } = {};
  for (const component of elements.flatMap(({ components: own }) => own)) {
    if (component.price.n < 0n || (component.vatPercent?.n ?? 0n) < 0n) return undefined;
    components[component.type] ??= component;
  }
  const net = pricesOf(components, (component) => priceBeforeTax(component, taxIncluded));
  const gross = pricesOf(components, (component) => grossPrice(component, taxIncluded));
  const stepOf = (type: DimensionType): bigint => components[type]?.stepSize ?? 0n;

  return ({ energyWh, chargingMs, parkingMs }) => {
    const energy = stepped(energyWh, stepOf('ENERGY'));
    let charging = BigInt(chargingMs);
    let parking = BigInt(parkingMs);
    // One step for both times together; parking takes it when both are priced.
    if (parkingMs > 0 && components.PARKING_TIME !== undefined)
      parking = stepped(parking, stepOf('PARKING_TIME') * MS_PER_SECOND);
    else charging = stepped(charging, stepOf('TIME') * MS_PER_SECOND);
    const microsBy = (prices: Prices): bigint => {
      const exact =
        energy * prices.energy + charging * prices.charging + parking * prices.parking + prices.flat;
      return divide(exact * MICROS_PER_UNIT, prices.denominator, 'half-up');
    };
    const totalMicros = microsBy(net);
    return { totalMicros, taxMicros: microsBy(gross) - totalMicros };
  };
};
