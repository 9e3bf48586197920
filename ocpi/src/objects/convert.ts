import { decimalToRational, rationalToDecimal } from '@roamgrid/domain';
import { isExactNumber } from '@roamgrid/wire';
import { isTree, type JsonTree } from './read.ts';
import { numberOf, type OcpiDoorVersion } from './scalars.ts';

/** Places of a tax that is a difference of two stated amounts. */
const PLACES = 12;

const difference = (total: string, part: string): string | undefined => {
  const [a, b] = [decimalToRational(total), decimalToRational(part)];
  return a && b && rationalToDecimal({ n: a.n * b.d - b.n * a.d, d: a.d * b.d }, PLACES);
};

const isPrice = (key: string): boolean => /^total_(\w+_)?cost$/.test(key);

/** Spec: OCPI 2.3.0 types Price. */
const price = (value: JsonTree): JsonTree => {
  const { excl_vat: before, incl_vat: after, ...rest } = value;
  const tax =
    isExactNumber(before) && isExactNumber(after) ? difference(after.value, before.value) : undefined;
  return {
    before_taxes: before,
    ...(tax !== undefined && { taxes: [{ name: 'VAT', amount: numberOf(tax) }] }),
    ...rest,
  };
};

/** Spec: OCPI 2.3.0 mod_tariffs PriceLimit. */
const limit = (value: unknown): unknown => {
  if (!isTree(value)) return value;
  const { excl_vat: before, incl_vat: after, ...rest } = value;
  return { before_taxes: before, ...(after !== undefined && { after_taxes: after }), ...rest };
};

const tariff = (value: JsonTree): JsonTree => ({
  ...value,
  ...('min_price' in value && { min_price: limit(value['min_price']) }),
  ...('max_price' in value && { max_price: limit(value['max_price']) }),
  // Prices of 2.2.1 are before tax.
  tax_included: value['tax_included'] ?? 'NO',
});

/**
 * What the door owns is kept as 2.2.1 has it, and told in the version that a partner speaks. Nothing is lost on the way up.
 */
export const inVersion = (module: string, value: JsonTree, version: OcpiDoorVersion): JsonTree => {
  if (version === '2.2.1') return value;
  if (module === 'tariffs') return tariff(value);
  if (module !== 'cdrs' && module !== 'sessions') return value;
  const entries = Object.entries(value).map(([key, item]) => {
    if (isPrice(key) && isTree(item)) return [key, price(item)] as const;
    if (key === 'tariffs' && Array.isArray(item))
      return [key, item.map((one: unknown) => (isTree(one) ? tariff(one) : one))] as const;
    return [key, item] as const;
  });
  return Object.fromEntries(entries);
};
