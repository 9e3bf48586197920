import { climateTable } from './climate/table.ts';
import { depositoryTable } from './depository/table.ts';

/** The table of each kind of device. */
export const TABLES = {
  depository: depositoryTable,
  climate: climateTable,
} as const;
