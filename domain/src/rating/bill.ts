import { rationalToDecimal } from '../tariff/decimal-text.ts';
import type { Tariff } from '../tariff/index.ts';
import { add, isZero, sum, toScaled, type Rational } from '../tariff/rational.ts';
import { apportion } from './apportion.ts';
import { quantityOf, type Charge } from './charge.ts';
import type { Entry } from './ledger.ts';
import type { PricingPolicy } from './policy.ts';
import type { Rated, RatedLine, RatedTax, TaxedMicros, TaxSide } from './rated.ts';

const QUANTITY_DIGITS = 9;
const PRICE_DIGITS = 12;

type Money = Pick<
  Rated,
  | 'totalMicros'
  | 'taxMicros'
  | 'totalInclTaxMicros'
  | 'energy'
  | 'time'
  | 'parking'
  | 'fixed'
  | 'reservation'
  | 'taxes'
  | 'lines'
>;

const unitOf = (kind: Charge['kind']): RatedLine['unit'] => {
  switch (kind) {
    case 'ENERGY':
      return 'kWh';
    case 'TIME':
    case 'PARKING_TIME':
    case 'RESERVATION_TIME':
      return 'h';
    case 'FLAT':
    case 'RESERVATION_FLAT':
      return 'fee';
    case 'MIN_PRICE':
    case 'MAX_PRICE':
      return 'limit';
  }
};

const entryText = (entry: Entry, quantity: Rational): string =>
  rationalToDecimal(quantityOf(entry, quantity), QUANTITY_DIGITS);

/** In 2.2.1 a component without vat has no tax; in 2.1.1 and 2.3.0 it only does not say. */
export const unknownSideOf = (
  { vatPercent, price }: Entry['component'],
  { taxIncluded, version }: Pick<Tariff, 'taxIncluded' | 'version'>,
): TaxSide | undefined => {
  if (vatPercent !== undefined || isZero(price)) return undefined;
  if (taxIncluded === 'N/A' || version === '2.2.1') return undefined;
  return taxIncluded === 'YES' ? 'before' : 'after';
};

const lineOf = (charge: Charge, tariff: Tariff | undefined, micros: bigint, taxMicros: bigint): RatedLine => {
  const tariffId = tariff?.id ?? '';
  const { entry, kind } = charge;
  const inclTaxMicros = micros + taxMicros;
  const unit = unitOf(kind);
  if (entry === undefined) {
    return {
      type: kind,
      tariffId,
      unit,
      quantity: '1',
      billedQuantity: '1',
      micros,
      taxMicros,
      inclTaxMicros,
    };
  }
  const quantity = entryText(entry, entry.used);
  const { vatPercent, price } = entry.component;
  const line: RatedLine = {
    type: kind,
    tariffId,
    elementIndex: entry.elementIndex,
    componentIndex: entry.component.index,
    quantity,
    billedQuantity: entry.stepped.n === 0n ? quantity : entryText(entry, add(entry.used, entry.stepped)),
    unit,
    unitPrice: rationalToDecimal(price, PRICE_DIGITS),
    micros,
    taxMicros,
    inclTaxMicros,
  };
  const unknownSide = tariff && unknownSideOf(entry.component, tariff);
  if (unknownSide !== undefined) return { ...line, unknownSide };
  return vatPercent === undefined
    ? line
    : { ...line, vatPercent: rationalToDecimal(vatPercent, PRICE_DIGITS) };
};

const total = (lines: readonly RatedLine[], kinds: readonly Charge['kind'][]): TaxedMicros => {
  let micros = 0n;
  let taxMicros = 0n;
  for (const line of lines) {
    if (!kinds.includes(line.type)) continue;
    micros += line.micros;
    taxMicros += line.taxMicros;
  }
  return { micros, taxMicros, inclTaxMicros: micros + taxMicros };
};

/** Taxes by rate. A limit's change of tax is put on the one rate there is, or stands by itself when there are several. */
const taxesOf = (lines: readonly RatedLine[]): readonly RatedTax[] => {
  const byPercent = new Map<string, bigint>();
  let ofLimits = 0n;
  for (const { vatPercent, taxMicros } of lines) {
    if (vatPercent === undefined) ofLimits += taxMicros;
    else byPercent.set(vatPercent, (byPercent.get(vatPercent) ?? 0n) + taxMicros);
  }
  const [only] = byPercent.keys();
  if (byPercent.size === 1 && only !== undefined) {
    return [{ percent: only, taxMicros: (byPercent.get(only) ?? 0n) + ofLimits }];
  }
  const taxes: RatedTax[] = [...byPercent].map(([percent, taxMicros]) => ({ percent, taxMicros }));
  return ofLimits === 0n ? taxes : [...taxes, { taxMicros: ofLimits }];
};

/**
 * The one place where money is rounded. Total before tax and total with tax are each rounded from the exact sum, tax is
 * their difference, and the lines are apportioned to both; the other totals are sums of lines, so everything adds up.
 */
export const billOf = (
  charges: readonly Charge[],
  tariffs: readonly Tariff[],
  policy: PricingPolicy,
): Money => {
  const scale = 10n ** BigInt(policy.digits);
  const microsPerUnit = 10n ** BigInt(6 - policy.digits);
  const nets = charges.map(({ net }) => net);
  const taxes = charges.map(({ tax }) => tax);
  const exactNet = sum(nets);
  const totalNet = toScaled(exactNet, scale, policy.rounding);
  const totalTax = toScaled(add(exactNet, sum(taxes)), scale, policy.rounding) - totalNet;
  const netUnits = apportion(nets, scale, totalNet);
  const taxUnits = apportion(taxes, scale, totalTax);
  const lines = charges.map((charge, index) =>
    lineOf(
      charge,
      tariffs[charge.tariff],
      (netUnits[index] ?? 0n) * microsPerUnit,
      (taxUnits[index] ?? 0n) * microsPerUnit,
    ),
  );
  return {
    totalMicros: totalNet * microsPerUnit,
    taxMicros: totalTax * microsPerUnit,
    totalInclTaxMicros: (totalNet + totalTax) * microsPerUnit,
    energy: total(lines, ['ENERGY']),
    time: total(lines, ['TIME']),
    parking: total(lines, ['PARKING_TIME']),
    fixed: total(lines, ['FLAT']),
    reservation: total(lines, ['RESERVATION_TIME', 'RESERVATION_FLAT']),
    taxes: taxesOf(lines),
    lines,
  };
};
