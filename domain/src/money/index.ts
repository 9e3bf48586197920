export { minorUnitPlaces } from './minor-units.ts';
export {
  formatMinor,
  microsOfMinor,
  microsPerMinor,
  parseMinor,
  payableOf,
  wholeMinor,
  type MinorAmount,
} from './minor-amount.ts';
export { allocateMicros, PPM } from './allocate.ts';
export { currencyCode, type CurrencyCode, type CurrencyError } from './currency.ts';
export { formatDecimal, formatMicros, parseDecimal, parseMicros, type DecimalError } from './decimal.ts';
export { formatMoney, parseMoney } from './money-text.ts';
export {
  addMoney,
  compareMoney,
  MICROS_PER_UNIT,
  money,
  negateMoney,
  scaleMoney,
  subtractMoney,
  sumMoney,
  zeroMoney,
  type CurrencyMismatch,
  type Money,
} from './money.ts';
