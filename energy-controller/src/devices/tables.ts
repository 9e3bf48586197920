import { climateTable } from './climate/table.ts';
import { depositoryTable } from './depository/table.ts';
import { gateTable } from './gate/table.ts';
import { liftTable } from './lift/table.ts';
import { lineTable } from './line/table.ts';
import { transferTable } from './transfer/table.ts';

/** The table of each kind of device. */
export const TABLES = {
  depository: depositoryTable,
  climate: climateTable,
  lift: liftTable,
  line: lineTable,
  gate: gateTable,
  transfer: transferTable,
} as const;
