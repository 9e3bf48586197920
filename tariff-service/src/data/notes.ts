import { decimalText, inferDecimalMark, type CsvTable } from '@roamgrid/service-kit/csv';
import type { CsvOptions } from './load-csv.ts';
import type { RowError } from './rows.ts';
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

/** How a table was read where it could have been read otherwise. */
export const tableNotes = (
  { separator, encoding, headLines }: CsvTable,
  toldSeparator: string | undefined,
  unclearNumber: string | undefined,
): string[] => {
  const notes: string[] = [];
  if (toldSeparator === undefined && separator !== ',')
    notes.push(`fields are parted by ${SEPARATOR_NAMES[separator] ?? separator}`);
  if (encoding !== 'utf-8') notes.push(`the file is in ${encoding}`);
  if (headLines > 0) notes.push(`${headLines} lines above the header were not read`);
  if (unclearNumber !== undefined) {
    const { mark } = inferDecimalMark([unclearNumber], separator);
    const value = decimalText(unclearNumber, mark) ?? 'no number';
    notes.push(`'${unclearNumber}' is read as ${value}: the decimal mark can be told otherwise`);
  }
  return notes;
};

/** How the stamps were read where something was amiss with them. */
export const stampNotes = ({
  areIntervals,
  contradicted,
  ambiguousStamps,
}: {
  readonly areIntervals: boolean;
  readonly contradicted: number;
  readonly ambiguousStamps: number;
}): string[] => {
  const notes: string[] = [];
  if (areIntervals) notes.push('the stamps hold both ends of their interval: its start counts');
  if (contradicted > 0)
    notes.push(
      `${contradicted} stamps name a zone that is not in force at their date: the clock of the zone counts`,
    );
  if (ambiguousStamps > 0)
    notes.push(`${ambiguousStamps} stamps of a repeated hour were told apart by their order in the file`);
  return notes;
};

/** The first rows that could not be read, with their lines. */
export const errorNotes = (errors: readonly RowError[], badRows: number): string[] => {
  if (badRows === 0) return [];
  const shown = errors
    .slice(0, SHOWN_LINES)
    .map(({ line, code, message }) => `line ${line}: ${code} ${message}`);
  return [`${badRows} rows could not be read: ${shown.join('; ')}`];
};

/** How a file was read where it could have been read otherwise, and what of it did not become load: nothing vanishes in silence. */
export const notesOf = (reading: Reading): readonly string[] => {
  const { table, options, areIntervals, contradicted, unclearNumber, report, errors, badRows } = reading;
  const notes = tableNotes(table, options.separator, unclearNumber);
  const [unit] = /\b[kMG]?Wh\b/u.exec(options.valueColumn) ?? [];
  if (unit !== undefined) notes.push(`the values are ${unit} of each interval, and so is the forecast`);
  notes.push(...stampNotes({ areIntervals, contradicted, ambiguousStamps: report.ambiguousStamps }));
  if (report.duplicates > 0)
    notes.push(
      `${report.duplicates} rows are for an instant that another row has, ${report.conflictingDuplicates} with another value: the later counts`,
    );
  if (report.offGrid > 0) notes.push(`${report.offGrid} rows lie between the steps and were left out`);
  notes.push(...errorNotes(errors, badRows));
  return notes;
};
