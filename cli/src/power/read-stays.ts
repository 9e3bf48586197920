import { parseDecimal } from '@roamgrid/domain';
import type { Stay } from '@roamgrid/energy-controller';
import {
  columnAt,
  inferDateOrder,
  inferDecimalMark,
  numberText,
  parseStamp,
  readTable,
  type DateOrder,
  type Stamp,
} from '@roamgrid/service-kit/csv';
import { fail, ok, type Result, type Zone } from '@roamgrid/tariff-service';

/** Which columns of a file of sessions say what. */
export interface StayColumns {
  readonly arrivalColumn: string;
  readonly departureColumn: string;
  readonly energyColumn: string;
  readonly declaredDepartureColumn?: string;
  readonly declaredEnergyColumn?: string;
  readonly stationColumn?: string;
  readonly phaseColumn?: string;
}

export interface StayFile {
  readonly stays: readonly Stay[];
  readonly rows: number;
  /** Rows that are no sessions, by what is wrong with them. */
  readonly leftOut: Readonly<Record<string, number>>;
}

export interface StayFileError {
  readonly code: 'EMPTY_FILE' | 'NO_COLUMN' | 'MALFORMED_CSV' | 'BAD_OPTION' | 'NO_SESSION';
  readonly message: string;
}

interface Reading {
  readonly order: DateOrder;
  readonly zone: Zone;
  readonly phases: 1 | 3;
}

/** Longer ones are cars that were left at the outlet or a meter that missed the end, which no plan is about. */
const LONGEST_MS = 7 * 86_400_000;
const WH_PLACES = 3;

/** Bare stamps are the zone's clock: in the hour that it shows twice the first, in one that it skips none. */
const instantOf = (stamp: Stamp | undefined, zone: Zone): number | undefined =>
  stamp === undefined ? undefined : stamp.kind === 'instant' ? stamp.ms : zone.instantsOf(stamp.ms)[0];

const energyOf = (text: string | undefined): bigint | undefined => {
  const read = text === undefined ? undefined : parseDecimal(text, WH_PLACES, 'half-up');
  return read?.ok === true ? read.value : undefined;
};

const phaseOf = (text: string, phases: number): number | undefined => {
  const match = /^(?:L|phase)?\s*([1-3])$/iu.exec(text);
  const phase = Number(match?.[1]) - 1;
  return phase < phases ? phase : undefined;
};

/** A row as a stay, or what is wrong with it. */
const stayOf = (
  line: number,
  cell: (column: string | undefined) => string,
  energyText: (column: string | undefined) => string | undefined,
  columns: StayColumns,
  { order, zone, phases }: Reading,
): Stay | string => {
  const at = (column: string | undefined): number | undefined =>
    instantOf(parseStamp(cell(column), order), zone);
  const [arrivalMs, departureMs] = [at(columns.arrivalColumn), at(columns.departureColumn)];
  if (arrivalMs === undefined || departureMs === undefined) return 'BAD_TIME';
  if (departureMs <= arrivalMs) return 'NO_STAY';
  if (departureMs - arrivalMs > LONGEST_MS) return 'TOO_LONG';
  const energyWh = energyOf(energyText(columns.energyColumn));
  if (energyWh === undefined) return 'BAD_ENERGY';
  if (energyWh <= 0n) return 'NO_ENERGY';
  const phase = columns.phaseColumn === undefined ? undefined : phaseOf(cell(columns.phaseColumn), phases);
  if (columns.phaseColumn !== undefined && phase === undefined) return 'BAD_PHASE';
  const declaredDepartureMs = at(columns.declaredDepartureColumn);
  const declaredEnergyWh = energyOf(energyText(columns.declaredEnergyColumn));
  return {
    // Without a column of stations each row is an outlet of its own.
    stationId: columns.stationColumn === undefined ? `line-${line}` : cell(columns.stationColumn),
    arrivalMs,
    departureMs,
    energyWh,
    ...(phase !== undefined && { phase }),
    ...(declaredDepartureMs !== undefined && { declaredDepartureMs }),
    ...(declaredEnergyWh !== undefined && { declaredEnergyWh }),
  };
};

/** Reads sessions of any file by the names of its columns. Rows that are no sessions are left out and counted. */
export const readStays = (
  bytes: Uint8Array,
  columns: StayColumns,
  {
    zone,
    phases,
    dateOrder,
  }: { readonly zone: Zone; readonly phases: 1 | 3; readonly dateOrder?: DateOrder },
): Result<StayFile, StayFileError> => {
  const table = readTable(bytes, { columns: Object.values(columns) });
  if (!table.ok) return table;
  const { header, rows, separator } = table.value;
  const cellAt = (cells: readonly string[], column: string | undefined): string =>
    column === undefined ? '' : (cells[columnAt(header, column)] ?? '');
  const cellsOf = (column: string): readonly string[] => rows.map(({ cells }) => cellAt(cells, column));
  const shown = inferDateOrder([...cellsOf(columns.arrivalColumn), ...cellsOf(columns.departureColumn)]);
  const order = dateOrder ?? (shown === 'unneeded' ? 'dmy' : shown);
  if (order === undefined)
    return fail({
      code: 'BAD_OPTION',
      message: 'its dates may be day/month or month/day: say which with --date-order',
    });
  const { mark } = inferDecimalMark(cellsOf(columns.energyColumn), separator);
  const leftOut: Record<string, number> = {};
  const stays: Stay[] = [];
  for (const { line, cells } of rows) {
    const cell = (column: string | undefined): string => cellAt(cells, column);
    const stay = stayOf(
      line,
      cell,
      (column) => (column === undefined ? undefined : numberText(cell(column), mark)),
      columns,
      { order, zone, phases },
    );
    if (typeof stay === 'string') leftOut[stay] = (leftOut[stay] ?? 0) + 1;
    else stays.push(stay);
  }
  if (stays.length === 0)
    return fail({ code: 'NO_SESSION', message: `none of its ${rows.length} rows is a session` });
  return ok({ stays, rows: rows.length, leftOut });
};
