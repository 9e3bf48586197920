import {
  columnAt,
  inferDateOrder,
  parseInterval,
  parseStamp,
  type CsvTable,
  type DateOrder,
  type Stamp,
} from '@roamgrid/service-kit/csv';
import { DAY_MS, type Zone } from '../time/zone.ts';
import type { CsvOptions } from './load-csv.ts';
import type { RowError } from './rows.ts';
import { stampsOfHours } from './hours.ts';
import { type DataError, fail, ok, type Result } from './result.ts';
import { parseFlag } from './schema.ts';

/** What of a file's options its stamps need. */
export type StampOptions = Pick<
  CsvOptions,
  'timeColumn' | 'hourColumn' | 'repeatColumn' | 'zoneColumn' | 'label' | 'bareStamps' | 'dateOrder'
>;

/** Stamps of a file, row by row; undefined where a row has none, with the reason among the errors. */
export interface FileStamps {
  readonly stamps: readonly (Stamp | undefined)[];
  /** Cells that hold both ends of their interval, so that the label is the start whatever was said. */
  readonly areIntervals: boolean;
}

/** The order that the dates show, or the one that was told. */
export function dateOrderOf(table: CsvTable, options: StampOptions): Result<DateOrder, DataError> {
  if (options.dateOrder !== undefined) return ok(options.dateOrder);
  const at = columnAt(table.header, options.timeColumn);
  const samples = table.rows.map(({ cells }) => cells[at] ?? '');
  const order = inferDateOrder(samples);
  if (order !== undefined) return ok(order === 'unneeded' ? 'mdy' : order);
  const message = `'${samples[0] ?? ''}' may be day/month or month/day: say which with the date order`;
  return fail({ code: 'BAD_OPTION', message });
}

export function readStamps(
  { header, rows }: CsvTable,
  options: StampOptions,
  order: DateOrder,
  zone: Zone,
  errors: RowError[],
): FileStamps {
  const at = (name: string | undefined): number => (name === undefined ? -1 : columnAt(header, name));
  const [timeAt, zoneAt, hourAt] = [at(options.timeColumn), at(options.zoneColumn), at(options.hourColumn)];
  const repeatAt = at(options.repeatColumn);
  let intervals = 0;
  const stamps = rows.map(({ line, cells }) => {
    if (cells.length !== header.length) {
      errors.push({
        line,
        code: 'FIELD_COUNT',
        message: `${cells.length} fields where the header has ${header.length}`,
      });
      return undefined;
    }
    const text = cells[timeAt] ?? '';
    const stamp = parseStamp(zoneAt < 0 ? text : `${text} ${cells[zoneAt] ?? ''}`.trim(), order);
    if (stamp !== undefined) return stamp;
    const interval = parseInterval(text, order);
    if (interval !== undefined) {
      intervals += 1;
      return interval[0];
    }
    errors.push({
      line,
      code: 'BAD_TIME',
      message: `'${text}' is no time: expected ISO 8601 such as 2019-06-30T22:00:00Z, or a date and a time of day`,
    });
    return undefined;
  });
  const timed = hourAt < 0 ? stamps : withHours(stamps, hourAt);
  return { stamps: repeatAt < 0 ? timed : withPasses(timed), areIntervals: intervals * 2 > rows.length };

  function withHours(days: readonly (Stamp | undefined)[], column: number): readonly (Stamp | undefined)[] {
    const cells = days.map((day, index) =>
      day === undefined
        ? undefined
        : { dayMs: Math.floor(day.ms / DAY_MS) * DAY_MS, text: rows[index]?.cells[column] ?? '' },
    );
    return stampsOfHours(cells, { zone, label: options.label, bareStamps: options.bareStamps }).map(
      (stamp, index) => {
        if (stamp === undefined || !('why' in stamp)) return stamp;
        errors.push({ line: rows[index]?.line ?? 0, code: 'BAD_HOUR', message: stamp.why });
        return undefined;
      },
    );
  }

  function withPasses(once: readonly (Stamp | undefined)[]): readonly (Stamp | undefined)[] {
    return once.map((stamp, index): Stamp | undefined => {
      if (stamp === undefined) return undefined;
      const isSecond = parseFlag(rows[index]?.cells[repeatAt] ?? '');
      return isSecond === undefined ? stamp : { ...stamp, pass: isSecond ? 2 : 1 };
    });
  }
}
