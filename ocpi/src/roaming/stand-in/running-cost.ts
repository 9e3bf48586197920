import { decimalToRational, divide, formatDecimal, type Rational } from '@roamgrid/domain';
import { isExactNumber, parseJsonKeepingNumbers } from '@roamgrid/wire';
import { isTree, type JsonTree } from '../../objects/read.ts';
import { numberOf } from '../../objects/scalars.ts';

const HUNDRED = 100n;

const treesIn = (tree: JsonTree, field: string): readonly JsonTree[] => {
  const list = tree[field];
  return Array.isArray(list) ? list.filter(isTree) : [];
};

/** Percent of tax that everything in a tariff has; undefined where its parts differ. */
const taxPercent = (tariffJson: string): Rational | undefined => {
  const parsed = parseJsonKeepingNumbers(tariffJson);
  const tariff = parsed.ok && isTree(parsed.value) ? parsed.value : {};
  const components = treesIn(tariff, 'elements').flatMap((element) => treesIn(element, 'price_components'));
  const rates = components.map(({ vat }) =>
    isExactNumber(vat) ? decimalToRational(vat.value) : { n: 0n, d: 1n },
  );
  const [first] = rates;
  if (first === undefined) return undefined;
  return rates.every((one) => one !== undefined && one.n * first.d === first.n * one.d) ? first : undefined;
};

/**
 * What has come to so far, as a Price: the share of the tax is known where all of a tariff has the same rate, and else there is no price
 * before tax, without which there is none. Rounded half to even, to the micro-unit; the bill is the CDR's.
 * Spec: OCPI 2.2.1 types Price.
 */
export const runningCost = (tariffJson: string, totalMicros: bigint): JsonTree | undefined => {
  const tax = taxPercent(tariffJson);
  if (tax === undefined) return undefined;
  const netMicros = divide(totalMicros * HUNDRED * tax.d, HUNDRED * tax.d + tax.n, 'half-even');
  const money = (micros: bigint) => numberOf(formatDecimal(micros, 6));
  return { excl_vat: money(netMicros), incl_vat: money(totalMicros) };
};
