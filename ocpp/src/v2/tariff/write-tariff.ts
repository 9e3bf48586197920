import type { DimensionType, PriceComponent, PriceLimit, Rational, Tariff } from '@roamgrid/domain';
import type { DriverPrice } from '../../model/driver-price.ts';
import { conditionsOf, everHolds, isKnownAtBegin } from './conditions.ts';
import { exactNumber, fraction, isSame, over, plus, times } from './exact.ts';
import {
  UnsayableTariff,
  type Conditions,
  type Cost,
  type Prices,
  type TariffContent,
} from './tariff-type.ts';

const ONE = fraction(1n);
const PPM = 1_000_000n;
const MINUTES_PER_HOUR = 60n;
const PERCENT = 100n;

/** A price of a charging session, with when it holds. */
interface Said {
  readonly component: PriceComponent;
  readonly conditions: Conditions;
}

const exact = (value: Rational): number => {
  const number = exactNumber(value);
  if (number === undefined) throw new UnsayableTariff('NOT_EXACT');
  return number;
};

const share = ({ vatPercent }: PriceComponent): Rational =>
  vatPercent === undefined ? fraction(0n) : fraction(vatPercent.n, vatPercent.d * PERCENT);

/** What the bill takes before tax. A price that includes a tax that nobody states has none. */
const beforeTax = (component: PriceComponent, { taxIncluded }: Tariff): Rational => {
  if (taxIncluded !== 'YES') return component.price;
  if (component.vatPercent === undefined && component.price.n !== 0n) throw new UnsayableTariff('TAX');
  return over(component.price, plus(ONE, share(component)));
};

/** The first of each element counts, as when a session is rated; an element for reservations prices no session. */
const saidOf = ({ elements }: Tariff, type: DimensionType): readonly Said[] =>
  elements.flatMap(({ components, restrictions }) => {
    const component = components.find((one) => one.type === type);
    if (component === undefined || !everHolds(restrictions)) return [];
    // One watt-hour and one second are what both count in; a flat fee has no steps.
    if (type !== 'FLAT' && component.stepSize > 1n) throw new UnsayableTariff('STEP_SIZE');
    return [{ component, conditions: conditionsOf(restrictions) }];
  });

const taxRatesOf = (said: readonly Said[]): Pick<Prices<object>, 'taxRates'> => {
  const [first] = said;
  if (first === undefined) return {};
  const rate = share(first.component);
  if (said.some(({ component }) => !isSame(share(component), rate))) throw new UnsayableTariff('TAX');
  return rate.n === 0n ? {} : { taxRates: [{ type: 'VAT', tax: exact(times(rate, fraction(PERCENT))) }] };
};

const pricesOf = <Name extends string>(
  said: readonly Said[],
  name: Name,
  priceOf: (component: PriceComponent) => Rational,
): Prices<Readonly<Record<Name, number>>> => {
  const prices = said.map(({ component, conditions }) => ({
    ...({ [name]: exact(priceOf(component)) } as Record<Name, number>),
    ...(Object.keys(conditions).length === 0 ? {} : { conditions }),
  }));
  return { prices, ...taxRatesOf(said) };
};

/** The bill owes a fee as soon as one becomes active; a station looks once, at the begin: the same where one always is then. */
const checkFees = (fees: readonly Said[]): void => {
  if (fees.length === 0) return;
  const always = fees.findIndex(({ conditions }) => Object.keys(conditions).length === 0);
  if (always === -1 || fees.slice(0, always).some(({ conditions }) => !isKnownAtBegin(conditions)))
    throw new UnsayableTariff('FEE');
};

/** Where one side of a limit is stated, the other follows by the one tax that there is. */
const costOf = (limit: PriceLimit | undefined, { elements }: Tariff, factor: Rational): Cost | undefined => {
  const { beforeTax: net, afterTax: gross } = limit ?? {};
  const stated = net ?? gross;
  if (stated === undefined) return undefined;
  const shares = elements.flatMap(({ components }) => components.map(share));
  const rate = shares[0] ?? fraction(0n);
  const isOneTax = shares.every((other) => isSame(other, rate));
  if ((net === undefined || gross === undefined) && !isOneTax) throw new UnsayableTariff('TAX');
  const withTax = plus(ONE, rate);
  return {
    exclTax: exact(times(net ?? over(stated, withTax), factor)),
    inclTax: exact(times(gross ?? times(stated, withTax), factor)),
  };
};

/**
 * A driver's price as OCPP 2.1 says tariffs, to the last digit: what the bill comes to and what a station would come to by it
 * differ in rounding alone.
 * @throws UnsayableTariff where it cannot be said so: then the text stands alone
 */
export const writeTariff = ({
  tariff,
  adjustmentPpm,
  currency,
}: Omit<DriverPrice, 'zoneOffsets'>): TariffContent => {
  if (tariff.currency !== currency) throw new UnsayableTariff('CURRENCY');
  // The adjustment is of the total, limits and tax with it: the same as one of each of them.
  const factor = fraction(PPM + adjustmentPpm, PPM);
  const energy = saidOf(tariff, 'ENERGY');
  const charging = saidOf(tariff, 'TIME');
  const idle = saidOf(tariff, 'PARKING_TIME');
  const fees = saidOf(tariff, 'FLAT');
  checkFees(fees);
  const price = (component: PriceComponent) => times(beforeTax(component, tariff), factor);
  const perMinute = (component: PriceComponent) => over(price(component), fraction(MINUTES_PER_HOUR));
  const minCost = costOf(tariff.minPrice, tariff, factor);
  const maxCost = costOf(tariff.maxPrice, tariff, factor);
  return {
    currency,
    ...(energy.length > 0 && { energy: pricesOf(energy, 'priceKwh', price) }),
    ...(charging.length > 0 && { chargingTime: pricesOf(charging, 'priceMinute', perMinute) }),
    ...(idle.length > 0 && { idleTime: pricesOf(idle, 'priceMinute', perMinute) }),
    ...(fees.length > 0 && { fixedFee: pricesOf(fees, 'priceFixed', price) }),
    ...(minCost && { minCost }),
    ...(maxCost && { maxCost }),
  };
};
