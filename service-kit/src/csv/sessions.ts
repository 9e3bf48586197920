import type { EnergyUnit, SessionLayout } from './layout-kinds.ts';
import { fitted, neededColumns, sessionLayouts } from './layouts.ts';
import { decimalText, inferDecimalMark, numberText, type DecimalMark } from './numbers.ts';
import { inferDateOrder, parseStamp, readClockMs, type DateOrder, type Stamp } from './stamps.ts';
import { columnAt, readTable, type CsvTable, type TableError } from './table.ts';

/** One row of a file of charging sessions, as far as it can be read. What is missing is empty, what is wrong is undefined. */
export interface SessionRow {
  readonly line: number;
  readonly sessionId: string;
  readonly stationId: string;
  readonly connector: string;
  readonly startText: string;
  readonly endText: string;
  readonly start?: Stamp;
  readonly end?: Stamp;
  readonly energyText: string;
  /** Plain decimal text in the file's unit. */
  readonly energy?: string;
}

export interface SessionTable {
  readonly rows: readonly SessionRow[];
  readonly layout: SessionLayout;
  /** How the file was read, where it could have been read otherwise. */
  readonly notes: readonly string[];
}

export interface SessionTableOptions {
  /** A publisher's name, or a mapping of one's own. */
  readonly layout?: string | SessionLayout;
  readonly dateOrder?: DateOrder;
  readonly decimalMark?: DecimalMark;
  readonly separator?: string;
}

export interface SessionTableError {
  readonly code: TableError['code'] | 'BAD_OPTION';
  readonly message: string;
}

type Result<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: SessionTableError };

/** Decimal places of a watt-hour in each unit. */
// check-allow number-money: decimal places, keyed by the unit that they belong to
export const ENERGY_PLACES: Readonly<Record<EnergyUnit, number>> = { Wh: 0, kWh: 3, MWh: 6 };

const refuse = (code: SessionTableError['code'], message: string): Result<never> => ({
  ok: false,
  error: { code, message },
});

/** The first of a publisher's layouts whose columns the file has. */
const choose = (
  bytes: Uint8Array,
  { layout = 'roamgrid', separator }: SessionTableOptions,
): Result<{ readonly table: CsvTable; readonly layout: SessionLayout }> => {
  const candidates = typeof layout === 'string' ? sessionLayouts(layout) : [layout];
  let error: SessionTableError = { code: 'BAD_OPTION', message: 'there is no layout of this name' };
  for (const candidate of candidates) {
    const table = readTable(bytes, {
      columns: neededColumns(candidate),
      ...(separator !== undefined && { separator }),
    });
    if (table.ok)
      return { ok: true, value: { table: table.value, layout: fitted(candidate, table.value.header) } };
    error = table.error;
  }
  return { ok: false, error };
};

/** A stamp of one or two cells: a date and a time of day may stand apart, an abbreviation of the zone in a third. */
const stampOf = (
  date: string,
  clock: string | undefined,
  zone: string,
  order: DateOrder,
): Stamp | undefined => {
  const text = clock === undefined ? date : `${date} ${clock}`;
  if (clock !== undefined && readClockMs(clock) === undefined) return undefined;
  return (zone === '' ? undefined : parseStamp(`${text} ${zone}`, order)) ?? parseStamp(text, order);
};

/** Reads a file of charging sessions of a publisher into rows; each row that the file has comes out, good or not. */
export const readSessionRows = (
  bytes: Uint8Array,
  options: SessionTableOptions = {},
): Result<SessionTable> => {
  const chosen = choose(bytes, options);
  if (!chosen.ok) return chosen;
  const { table, layout } = chosen.value;
  const at = (name: string | undefined): number => (name === undefined ? -1 : columnAt(table.header, name));
  const [startAt, endAt, energyAt] = [at(layout.startColumn), at(layout.endColumn), at(layout.energyColumn)];
  const samples = table.rows.flatMap(({ cells }) => [cells[startAt] ?? '', cells[endAt] ?? '']);
  const shown = inferDateOrder(samples);
  const order = options.dateOrder ?? layout.dateOrder ?? (shown === 'unneeded' ? 'dmy' : shown);
  if (order === undefined) {
    const message = `'${samples[0] ?? ''}' may be day/month or month/day: say which with --date-order`;
    return refuse('BAD_OPTION', message);
  }
  const found = inferDecimalMark(
    table.rows.map(({ cells }) => cells[energyAt] ?? ''),
    table.separator,
  );
  const mark = options.decimalMark ?? found.mark;
  const notes: string[] = [];
  if (options.decimalMark === undefined && found.unclear !== undefined)
    notes.push(
      `'${found.unclear}' is read as ${decimalText(found.unclear, mark) ?? 'no number'}: --decimal-mark says otherwise`,
    );
  if (table.encoding !== 'utf-8') notes.push(`the file is in ${table.encoding}`);
  const [idAt, stationAt, connectorAt] = [
    at(layout.idColumn),
    at(layout.stationColumn),
    at(layout.connectorColumn),
  ];
  const [startClockAt, endClockAt] = [at(layout.startClockColumn), at(layout.endClockColumn)];
  const [startZoneAt, endZoneAt] = [at(layout.startZoneColumn), at(layout.endZoneColumn)];
  const rows = table.rows.map(({ line, cells }): SessionRow => {
    const cell = (index: number): string => cells[index] ?? '';
    const clock = (index: number): string | undefined => (index < 0 ? undefined : cell(index));
    const start = stampOf(cell(startAt), clock(startClockAt), cell(startZoneAt), order);
    const end = stampOf(cell(endAt), clock(endClockAt), cell(endZoneAt), order);
    const energy = (options.decimalMark === undefined ? numberText : decimalText)(cell(energyAt), mark);
    return {
      line,
      sessionId: idAt < 0 ? `line-${line}` : cell(idAt),
      stationId: cell(stationAt),
      connector: cell(connectorAt) === '' ? '1' : cell(connectorAt),
      startText: [cell(startAt), clock(startClockAt)].filter(Boolean).join(' '),
      endText: [cell(endAt), clock(endClockAt)].filter(Boolean).join(' '),
      energyText: cell(energyAt),
      ...(start && { start }),
      ...(end && { end }),
      ...(energy !== undefined && { energy }),
    };
  });
  return { ok: true, value: { rows, layout, notes } };
};
