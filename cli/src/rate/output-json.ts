import {
  costsOf,
  formatDecimal,
  rationalToDecimal,
  type Cdr,
  type Difference,
  type Note,
  type Rated,
  type RatedLine,
  type Rational,
} from '@roamgrid/domain';
import { LosslessNumber, stringify } from 'lossless-json';
import type { InputProblem } from './failure.ts';
import type { SignedVerdict } from './signed-data.ts';
import { amount, payableOf, priceOf } from './totals.ts';

/** What the command found out, before it is printed. */
export interface Outcome {
  readonly rated: Rated;
  readonly cdr: Cdr;
  readonly timeZone: string;
  readonly notes: readonly Note[];
  readonly differences: readonly Difference[];
  readonly signed: SignedVerdict;
}

const number = (text: string): LosslessNumber => new LosslessNumber(text);

const lineJson = (line: RatedLine): Readonly<Record<string, unknown>> => ({
  type: line.type,
  tariff_id: line.tariffId,
  ...(line.elementIndex !== undefined && { element_index: line.elementIndex }),
  ...(line.componentIndex !== undefined && { component_index: line.componentIndex }),
  quantity: number(line.quantity),
  billed_quantity: number(line.billedQuantity),
  unit: line.unit,
  ...(line.unitPrice !== undefined && { unit_price: number(line.unitPrice) }),
  ...(line.vatPercent !== undefined && { vat: number(line.vatPercent) }),
  ...(line.unknownSide !== 'before' && { excl_vat: amount(line.micros) }),
  ...(line.unknownSide === undefined && { tax: amount(line.taxMicros) }),
  ...(line.unknownSide !== 'after' && { incl_vat: amount(line.inclTaxMicros) }),
});

const declaredJson = (cdr: Cdr): Readonly<Record<string, unknown>> => {
  const text = (value: Rational): LosslessNumber => number(rationalToDecimal(value, 12));
  const costs = [...cdr.statedCosts].map(([field, { beforeTax, afterTax }]) => [
    field,
    { ...(beforeTax && { excl_vat: text(beforeTax) }), ...(afterTax && { incl_vat: text(afterTax) }) },
  ]);
  const quantities = [...cdr.statedQuantities].map(([field, value]) => [field, text(value)]);
  return Object.fromEntries([...costs, ...quantities]) as Readonly<Record<string, unknown>>;
};

/** The `--json` object: OCPI totals at the top level, then how they came about. */
export const outcomeJson = ({ rated, cdr, timeZone, notes, differences, signed }: Outcome): string => {
  const costs = [...costsOf(rated, cdr)].map(([field, price]) => [field, priceOf(rated, cdr, field, price)]);
  const isDeclared = cdr.statedCosts.size + cdr.statedQuantities.size > 0;
  const json = {
    cdr_id: cdr.id,
    ocpi_version: rated.version,
    currency: rated.currency,
    ...(Object.fromEntries(costs) as Readonly<Record<string, unknown>>),
    payable: payableOf(rated, cdr),
    total_energy: number(rated.energyKWh),
    total_time: number(rated.timeHours),
    total_parking_time: number(rated.parkingHours),
    total_reservation_time: number(rated.reservationHours),
    breakdown: rated.lines.map(lineJson),
    time_zone: timeZone,
    policy: rated.policy,
    notes,
    signed_data: signed.state,
    declared: declaredJson(cdr),
    matches: isDeclared ? differences.length === 0 : null,
    differences: differences.map(({ field, declared, computed }) => ({
      field,
      declared: number(declared),
      computed: number(computed),
      difference: number(minus(computed, declared)),
    })),
  };
  return `${stringify(json, null, 2) ?? ''}\n`;
};

/** Exact difference of two decimal texts of at most twelve places. */
const minus = (a: string, b: string): string => {
  const scaled = (text: string): bigint => {
    const [whole = '', fraction = ''] = text.replace('-', '').split('.');
    const magnitude = BigInt(whole + fraction.padEnd(12, '0'));
    return text.startsWith('-') ? -magnitude : magnitude;
  };
  return formatDecimal(scaled(a) - scaled(b), 12);
};

/** Bad input with `--json`: the same list, on standard output. */
export const problemsJson = (problems: readonly InputProblem[]): string =>
  `${stringify({ errors: problems }, null, 2) ?? ''}\n`;
