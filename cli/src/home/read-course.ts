import { divide, parseDecimal } from '@roamgrid/domain';
import type { Course } from '@roamgrid/energy-controller';
import {
  columnAt,
  inferDateOrder,
  inferDecimalMark,
  numberText,
  parseStamp,
  readTable,
} from '@roamgrid/service-kit/csv';
import { fail, ok, type Result, type Zone } from '@roamgrid/tariff-service';

export interface CourseColumns {
  readonly timeColumn: string;
  readonly loadColumn: string;
  readonly solarColumn?: string;
  /** What the roof gives is multiplied by it: `4` or `4/1.04`. */
  readonly solarScale: string;
}

export interface CourseFile {
  readonly course: Course;
  readonly stepMinutes: number;
  /** Quarters of an hour that no row covers: what was before goes on in them. */
  readonly filled: number;
  /** Rows of an hour that the zone's clock skips: left out. */
  readonly skipped: number;
}

export interface CourseFileError {
  readonly code: string;
  readonly message: string;
}

const SLOT_MS = 900_000;
const MINUTE_MS = 60_000;
/** As long as a clock that is set forward, twice: what is longer is missing and not guessed. */
const LONGEST_GAP_SLOTS = 8;

interface Reading {
  readonly atMs: number;
  readonly loadW: bigint;
  readonly solarW: bigint;
}

/** A factor as a fraction of whole numbers. */
interface Factor {
  readonly over: bigint;
  readonly under: bigint;
}

/** Places of a decimal that are read: nanowatts of a power in kW, the rest is rounded. */
const PLACES = 12;
const ONE = 10n ** BigInt(PLACES);
const W_PER_KW = 1_000n;

const decimalOf = (text: string | undefined): bigint | undefined => {
  const read = text === undefined ? undefined : parseDecimal(text, PLACES, 'half-up');
  return read?.ok === true ? read.value : undefined;
};

/** `4/1.04` as written. */
const factorOf = (scale: string): Factor => {
  const [over = '1', under = '1'] = scale.split('/');
  return { over: decimalOf(over) ?? ONE, under: decimalOf(under) ?? ONE };
};

/** Decimal kilowatts as whole watts, half up; undefined for what is no number. Below zero only where a load is given back. */
const wattsOf = (
  text: string | undefined,
  { over, under }: Factor = { over: 1n, under: 1n },
): bigint | undefined => {
  const kilowatts = decimalOf(text);
  return kilowatts === undefined ? undefined : divide(kilowatts * W_PER_KW * over, ONE * under, 'half-up');
};

/** Rows at even steps as quarters of an hour: each holds from its time to the next one's. */
const courseOf = (readings: readonly Reading[], skipped: number): Result<CourseFile, CourseFileError> => {
  const bad = (message: string): Result<CourseFile, CourseFileError> => fail({ code: 'BAD_SERIES', message });
  const [first, second] = readings;
  if (first === undefined || second === undefined) return bad('a course has two rows at least');
  const stepMs = second.atMs - first.atMs;
  if (stepMs <= 0 || stepMs % SLOT_MS !== 0 || stepMs > 3_600_000)
    return bad(`its rows are ${stepMs / MINUTE_MS} min apart: steps of 15, 30, 45 or 60 minutes are read`);
  const [loadW, solarW]: [bigint[], bigint[]] = [[], []];
  let filled = 0;
  for (const { atMs, ...row } of readings) {
    const slot = (atMs - first.atMs) / SLOT_MS;
    if (!Number.isInteger(slot) || slot < loadW.length)
      return bad(`the row at ${new Date(atMs).toISOString()} is not one step after the row before`);
    if (slot - loadW.length > LONGEST_GAP_SLOTS)
      return bad(
        `nothing is said of the time before ${new Date(atMs).toISOString()}: more than two hours are missing`,
      );
    filled += slot - loadW.length;
    while (loadW.length < slot) {
      loadW.push(loadW.at(-1) ?? 0n);
      solarW.push(solarW.at(-1) ?? 0n);
    }
    for (let at = 0; at < stepMs / SLOT_MS; at += 1) {
      loadW.push(row.loadW);
      solarW.push(row.solarW);
    }
  }
  return ok({
    course: { firstMs: first.atMs, loadW, solarW },
    stepMinutes: stepMs / MINUTE_MS,
    ...{ filled, skipped },
  });
};

/**
 * Reads what a house takes and its roof gives from any file by the names of its columns. Stamps without offset are the zone's clock; rows of
 * an hour that it skips are left out, and an hour that it shows twice and the file has once goes on as it was.
 */
export const readCourse = (
  bytes: Uint8Array,
  { timeColumn, loadColumn, solarColumn, solarScale }: CourseColumns,
  zone: Zone,
): Result<CourseFile, CourseFileError> => {
  const columns = [timeColumn, loadColumn, ...(solarColumn === undefined ? [] : [solarColumn])];
  const table = readTable(bytes, { columns });
  if (!table.ok) return table;
  const { header, rows, separator } = table.value;
  const cellOf = (cells: readonly string[], column: string): string => cells[columnAt(header, column)] ?? '';
  const order = inferDateOrder(rows.map(({ cells }) => cellOf(cells, timeColumn)));
  if (order === undefined)
    return fail({
      code: 'BAD_SERIES',
      message: 'its dates may be day/month or month/day: write them year first',
    });
  const { mark } = inferDecimalMark(
    rows.map(({ cells }) => cellOf(cells, loadColumn)),
    separator,
  );
  const readings: Reading[] = [];
  let skipped = 0;
  for (const { line, cells } of rows) {
    const bad = (what: string) =>
      fail({ code: 'BAD_ROW', message: `line ${line}: ${what}` }) as Result<CourseFile, CourseFileError>;
    const stamp = parseStamp(cellOf(cells, timeColumn), order === 'unneeded' ? 'dmy' : order);
    if (stamp === undefined) return bad(`${cellOf(cells, timeColumn)} is no time`);
    const atMs = stamp.kind === 'instant' ? stamp.ms : zone.instantsOf(stamp.ms)[0];
    const loadW = wattsOf(numberText(cellOf(cells, loadColumn), mark));
    const solarW =
      solarColumn === undefined
        ? 0n
        : wattsOf(numberText(cellOf(cells, solarColumn), mark), factorOf(solarScale));
    if (loadW === undefined) return bad(`${cellOf(cells, loadColumn)} is no power in kW`);
    if (solarW === undefined || solarW < 0n)
      return bad('what the roof gives is a power in kW, zero or above');
    if (atMs === undefined) skipped += 1;
    else readings.push({ atMs, loadW, solarW });
  }
  return courseOf(readings, skipped);
};
