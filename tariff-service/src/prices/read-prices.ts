import {
  columnAt,
  decimalText,
  inferDecimalMark,
  numberText,
  priceLayouts,
  readTable,
  type DecimalMark,
} from '@roamgrid/service-kit/csv';
import { fittedLayout } from '../data/fitted-layout.ts';
import type { CsvOptions } from '../data/load-csv.ts';
import { errorNotes, stampNotes, tableNotes } from '../data/notes.ts';
import { dateOrderOf, readStamps, type StampOptions } from '../data/read-stamps.ts';
import { type DataError, fail, ok, type Result } from '../data/result.ts';
import {
  columnsOf,
  isTooBad,
  linesOf,
  stepOf,
  tableOptions,
  tooManyBad,
  type RowError,
} from '../data/rows.ts';
import { isMissing } from '../data/schema.ts';
import { StampResolver } from '../data/stamps.ts';
import { MINUTE_MS, type Zone } from '../time/zone.ts';

/** Which column means what in a table of prices, and how its stamps are read. */
export interface PriceOptions extends StampOptions, Pick<CsvOptions, 'valueColumn' | 'only' | 'separator'> {
  readonly decimalMark?: DecimalMark;
  readonly currency: string;
  readonly per: 'MWh' | 'kWh';
}

/** The price of one interval. Billionths, since markets go to a millionth of a unit per MWh; below zero it may be, too. */
export interface PriceInterval {
  readonly startMs: number;
  readonly nanosPerKWh: bigint;
}

export interface PriceTable {
  readonly currency: string;
  readonly stepMinutes: number;
  /** In rising order, one an instant. */
  readonly intervals: readonly PriceInterval[];
  /** What was found or assumed, and what was lost, in words. */
  readonly notes: readonly string[];
}

/** The layout of a publisher of prices that fits a file, with what was told otherwise. */
export function priceLayoutOptions(
  bytes: Uint8Array,
  name: string,
  told: Partial<PriceOptions>,
): Result<PriceOptions & { readonly zone?: string }, DataError> {
  return fittedLayout(bytes, name, priceLayouts(name), told);
}

/** Reads a table of prices of one place. A table of several places is refused with the way to pick one. */
export function readPrices(
  bytes: Uint8Array,
  zone: Zone,
  options: PriceOptions,
): Result<PriceTable, DataError> {
  const read = readTable(bytes, tableOptions(options, columnsOf(options)));
  if (!read.ok) return read;
  const table = read.value;
  const { header, rows } = table;
  const errors: RowError[] = [];
  const order = dateOrderOf(table, options);
  if (!order.ok) return order;
  const { stamps, areIntervals } = readStamps(table, options, order.value, zone, errors);
  if (isTooBad(rows.length, errors)) return fail(tooManyBad(rows.length, errors));
  const stepMs = stepOf(stamps);
  if (stepMs === undefined)
    return fail({
      code: 'NO_STEP',
      message: 'the stamps show no regular step of 5 to 60 minutes that divides an hour',
    });
  const labelEndMs = !areIntervals && options.label === 'end' ? stepMs : 0;
  const resolver = new StampResolver(zone, options.bareStamps, labelEndMs);
  const valueAt = columnAt(header, options.valueColumn);
  const { mark, unclear } = inferDecimalMark(
    rows.map(({ cells }) => cells[valueAt] ?? ''),
    table.separator,
  );
  const textOf = (cell: string): string | undefined =>
    options.decimalMark === undefined ? numberText(cell, mark) : decimalText(cell, options.decimalMark);
  const taken = new Map<number, { readonly line: number; readonly nanosPerKWh: bigint }>();
  let empty = 0;
  let repeated = 0;
  for (const [index, { line, cells }] of rows.entries()) {
    const stamp = stamps[index];
    if (stamp === undefined) continue;
    const startMs = resolver.startOf(stamp);
    if (startMs === undefined) {
      const message = `the clock of ${zone.name} skipped this time`;
      errors.push({ line, code: 'NO_SUCH_LOCAL_TIME', message });
      continue;
    }
    const cell = cells[valueAt] ?? '';
    if (isMissing(cell)) {
      empty += 1;
      continue;
    }
    const nanosPerKWh = nanosOf(textOf(cell), options.per);
    if (nanosPerKWh === undefined) {
      errors.push({
        line,
        code: 'BAD_VALUE',
        message: `'${cell}' in column '${options.valueColumn}' is no price of at most ${PLACES[options.per]} decimals`,
      });
      continue;
    }
    const before = taken.get(startMs);
    if (before !== undefined && before.nanosPerKWh !== nanosPerKWh)
      return fail({
        code: 'SEVERAL_SERIES',
        message: `lines ${before.line} and ${line} have two prices for ${new Date(startMs).toISOString()}: the file holds several places; say which rows to read (--only COLUMN=VALUE)`,
      });
    if (before !== undefined) repeated += 1;
    taken.set(startMs, { line, nanosPerKWh });
  }
  if (taken.size === 0 || isTooBad(rows.length, errors)) return fail(tooManyBad(rows.length, errors));
  errors.sort((left, right) => left.line - right.line);
  const notes = [
    ...tableNotes(table, options.separator, options.decimalMark === undefined ? unclear : undefined),
    ...stampNotes({
      areIntervals,
      contradicted: resolver.contradicted,
      ambiguousStamps: resolver.ambiguous,
    }),
    ...(empty > 0 ? [`${empty} rows have no price`] : []),
    ...(repeated > 0 ? [`${repeated} rows say again what another row says`] : []),
    ...errorNotes(errors, linesOf(errors)),
  ];
  const intervals = [...taken]
    .map(([startMs, { nanosPerKWh }]): PriceInterval => ({ startMs, nanosPerKWh }))
    .sort((left, right) => left.startMs - right.startMs);
  return ok({ currency: options.currency, stepMinutes: stepMs / MINUTE_MS, intervals, notes });
}

/** Decimals of a price that still are whole billionths of a unit per kWh. */
// check-allow number-money: decimal places, keyed by the unit that they belong to
const PLACES: Readonly<Record<PriceOptions['per'], number>> = { MWh: 6, kWh: 9 };

/** Plain decimal text as billionths of a unit per kWh, exactly. */
function nanosOf(text: string | undefined, per: PriceOptions['per']): bigint | undefined {
  const [, sign, whole = '', decimals = ''] = /^(-?)(\d+)(?:\.(\d+))?$/u.exec(text ?? '') ?? [];
  const kept = decimals.replace(/0+$/u, '');
  if (sign === undefined || kept.length > PLACES[per]) return undefined;
  const nanos = BigInt(whole + kept.padEnd(PLACES[per], '0'));
  return sign === '-' ? -nanos : nanos;
}
