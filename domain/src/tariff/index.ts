/** OCPI tariffs: reading, checking, and the exact arithmetic that rating them needs. */
export { parseDateTimeMs } from './date-time.ts';
export { decimalToRational, rationalToDecimal } from './decimal-text.ts';
export { parseTariff, parseTariffs, type ParsedTariff } from './parse-tariff.ts';
export type { Note, NoteCode, Problem, ProblemCode } from './problem.ts';
export type { Rational } from './rational.ts';
export type {
  DimensionType,
  OcpiVersion,
  PriceComponent,
  PriceLimit,
  ReservationType,
  Restrictions,
  Tariff,
  TariffElement,
  TaxIncluded,
} from './tariff.ts';
export { resolveZone, UTC_OFFSETS, type ZoneOffset, type ZoneOffsets } from './zone.ts';
