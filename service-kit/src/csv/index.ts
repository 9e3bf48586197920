/** One reader for the tables of publishers: loads, sessions and prices. */
export { decode, type Encoding } from './decode.ts';
export type { BareStamps, EnergyUnit, LoadLayout, PriceLayout, SessionLayout } from './layout-kinds.ts';
export {
  fitted,
  LOAD_LAYOUT_NAMES,
  loadLayouts,
  neededColumns,
  PRICE_LAYOUT_NAMES,
  priceLayouts,
  SESSION_LAYOUT_NAMES,
  sessionLayouts,
} from './layouts.ts';
export { decimalText, inferDecimalMark, numberText, type DecimalMark, type MarkFound } from './numbers.ts';
export {
  ENERGY_PLACES,
  readSessionRows,
  type SessionRow,
  type SessionTable,
  type SessionTableError,
  type SessionTableOptions,
} from './sessions.ts';
export {
  inferDateOrder,
  parseInterval,
  parseStamp,
  readClockMs,
  type DateOrder,
  type Stamp,
} from './stamps.ts';
export {
  columnAt,
  readTable,
  SEPARATORS,
  type CsvRow,
  type CsvTable,
  type TableError,
  type TableOptions,
  type TableResult,
} from './table.ts';
export { abbreviatedOffsetMs } from './zone-names.ts';
