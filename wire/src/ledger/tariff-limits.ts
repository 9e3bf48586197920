import {
  divide,
  err,
  ok,
  parseTariff,
  type DomainError,
  type PriceComponent,
  type Result,
  type Tariff,
} from '@roamgrid/domain';
import { parseJsonKeepingNumbers } from '../codec/exact-json.ts';
import type { AgreementTerms } from './consortium.ts';

/** Whether a tariff keeps to what two utilities agreed: told by the publisher beforehand, checked by the contract. */

export type TariffLimitError = DomainError<
  'TARIFF_INVALID' | 'CURRENCY_DIFFERS' | 'UNDER_FLOOR' | 'OVER_CEILING'
>;

/** Lowest and highest energy price of a tariff before tax, rounded outward to a micro. */
export interface EnergyPriceRange {
  readonly minMicrosPerKWh: bigint;
  readonly maxMicrosPerKWh: bigint;
}

/** Reads a tariff from its ledger text, decimals exact. A key that OCPI does not have is refused. */
export const readTariffJson = (tariffJson: string): Result<Tariff, TariffLimitError> => {
  const json = parseJsonKeepingNumbers(tariffJson);
  if (!json.ok) return err({ code: 'TARIFF_INVALID', message: 'the tariff is not JSON' });
  const parsed = parseTariff(json.value);
  // A note for who rates another's record; here a price is about to bind, and a misspelt restriction would not.
  const wrong = parsed.ok ? parsed.value.notes.filter(({ code }) => code === 'KEY_UNKNOWN') : parsed.error;
  if (parsed.ok && wrong.length === 0) return ok(parsed.value.tariff);
  const message = wrong.map((problem) => `${problem.pointer ?? ''}: ${problem.message}`).join('; ');
  return err({ code: 'TARIFF_INVALID', message });
};

/** Numerator and denominator of a price in micros before tax. */
const microsBeforeTax = (
  { price, vatPercent }: PriceComponent,
  tariff: Tariff,
): readonly [bigint, bigint] => {
  const numerator = price.n * 1_000_000n;
  if (tariff.taxIncluded !== 'YES' || vatPercent === undefined) return [numerator, price.d];
  // price × 100 ÷ (100 + vat), with vat = n/d
  return [numerator * 100n * vatPercent.d, price.d * (100n * vatPercent.d + vatPercent.n)];
};

/** A tariff that prices no energy has an energy price of zero. */
export const energyPriceRange = (tariff: Tariff): EnergyPriceRange => {
  const prices = tariff.elements
    .filter(({ restrictions }) => restrictions.reservation === undefined && restrictions.never !== true)
    .flatMap(({ components }) => components.filter(({ type }) => type === 'ENERGY'))
    .map((component) => microsBeforeTax(component, tariff));
  const [first, ...rest] = prices;
  if (first === undefined) return { minMicrosPerKWh: 0n, maxMicrosPerKWh: 0n };
  let min = divide(...first, 'floor');
  let max = divide(...first, 'ceiling');
  for (const price of rest) {
    const low = divide(...price, 'floor');
    const high = divide(...price, 'ceiling');
    if (low < min) min = low;
    if (high > max) max = high;
  }
  return { minMicrosPerKWh: min, maxMicrosPerKWh: max };
};

export type TariffLimits = Pick<AgreementTerms, 'currency' | 'floorMicrosPerKWh' | 'ceilingMicrosPerKWh'>;

/** The energy price range of a tariff that is inside the limits. Step and notice are a matter of its neighbours in time. */
export const checkTariffLimits = (
  tariffJson: string,
  limits: TariffLimits,
): Result<EnergyPriceRange, TariffLimitError> => {
  const tariff = readTariffJson(tariffJson);
  if (!tariff.ok) return tariff;
  if (tariff.value.currency !== limits.currency) {
    const message = `the tariff is in ${tariff.value.currency}, the agreement in ${limits.currency}`;
    return err({ code: 'CURRENCY_DIFFERS', message });
  }
  const range = energyPriceRange(tariff.value);
  const { minMicrosPerKWh: min, maxMicrosPerKWh: max } = range;
  if (min < limits.floorMicrosPerKWh) {
    return err({
      code: 'UNDER_FLOOR',
      message: `the lowest energy price, ${min} micros a kWh, is under the floor`,
    });
  }
  return max <= limits.ceilingMicrosPerKWh
    ? ok(range)
    : err({
        code: 'OVER_CEILING',
        message: `the highest energy price, ${max} micros a kWh, is over the ceiling`,
      });
};
