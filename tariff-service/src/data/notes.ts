import { decimalText, inferDecimalMark, type CsvTable } from '@roamgrid/service-kit/csv';
import type { CsvOptions, RowError } from './load-csv.ts';
import type { SeriesReport } from './series.ts';

const SHOWN_LINES = 3;

export interface Reading {
  readonly table: CsvTable;
  readonly options: CsvOptions;
  readonly areIntervals: boolean;
  readonly contradicted: number;
  readonly unclearNumber: string | undefined;
  readonly report: SeriesReport;
  readonly errors: readonly RowError[];
  readonly badRows: number;
}

const SEPARATOR_NAMES: Readonly<Record<string, string>> = { ';': 'semicolons', '\t': 'tabs', '|': 'bars' };

/** How a file was read where it could have been read otherwise, and what of it did not become load: nothing vanishes in silence. */
export const notesOf = (reading: Reading): readonly string[] => {
  const { table, options, areIntervals, contradicted, unclearNumber, report, errors, badRows } = reading;
  const { separator, encoding, headLines } = table;
  const notes: string[] = [];
  if (options.separator === undefined && separator !== ',')
    notes.push(`fields are parted by ${SEPARATOR_NAMES[separator] ?? separator}`);
  if (encoding !== 'utf-8') notes.push(`the file is in ${encoding}`);
  if (headLines > 0) notes.push(`${headLines} lines above the header were not read`);
  if (unclearNumber !== undefined) {
    const { mark } = inferDecimalMark([unclearNumber], separator);
    const value = decimalText(unclearNumber, mark) ?? 'no number';
    notes.push(`'${unclearNumber}' is read as ${value}: the decimal mark can be told otherwise`);
  }
  const [unit] = /\b[kMG]?Wh\b/u.exec(options.valueColumn) ?? [];
  if (unit !== undefined) notes.push(`the values are ${unit} of each interval, and so is the forecast`);
  if (areIntervals) notes.push('the stamps hold both ends of their interval: its start counts');
  if (contradicted > 0)
    notes.push(
      `${contradicted} stamps name a zone that is not in force at their date: the clock of the zone counts`,
    );
  if (report.ambiguousStamps > 0)
    notes.push(
      `${report.ambiguousStamps} stamps of a repeated hour were told apart by their order in the file`,
    );
  if (report.duplicates > 0)
    notes.push(
      `${report.duplicates} rows are for an instant that another row has, ${report.conflictingDuplicates} with another value: the later counts`,
    );
  if (report.offGrid > 0) notes.push(`${report.offGrid} rows lie between the steps and were left out`);
  if (badRows > 0) {
    const shown = errors
      .slice(0, SHOWN_LINES)
      .map(({ line, code, message }) => `line ${line}: ${code} ${message}`);
    notes.push(`${badRows} rows could not be read: ${shown.join('; ')}`);
  }
  return notes;
};
