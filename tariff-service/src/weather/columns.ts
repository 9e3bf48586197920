import { columnAt, type CsvTable } from '@roamgrid/service-kit/csv';
import { type DataError, fail, ok, type Result } from '../data/result.ts';
import { inferSchema } from '../data/schema.ts';

/** Names of the columns of a weather file. */
export interface WeatherColumns {
  readonly timeColumn: string;
  /** Hour or time of day where the time column holds dates. */
  readonly hourColumn?: string;
  /** When a forecast was published; a file without it holds measured values. */
  readonly issuedColumn?: string;
  /** One a station or model. */
  readonly temperatureColumns: readonly string[];
}

const ISSUED = /issue|publish|init|\brun|reference|made|created/iu;
const TEMPERATURE = /temp|^t\d*$|^t2m|celsius|fahrenheit|°/iu;
/** Temperatures of something else than the air at two metres. */
const OTHER = /dew|feel|apparent|wet|soil|humid|min|max/iu;
const SAMPLE_ROWS = 500;

/** The columns of a file, as told or as their names and cells show. */
export function weatherColumns(
  { header, rows }: CsvTable,
  told: Partial<WeatherColumns>,
): Result<WeatherColumns, DataError> {
  const schema = inferSchema(
    header,
    rows.slice(0, SAMPLE_ROWS).map(({ cells }) => cells),
  );
  const actual = (name: string | undefined): string | undefined =>
    name === undefined ? undefined : header[columnAt(header, name)];
  const times = schema.filter(({ type }) => type === 'time').map(({ name }) => name);
  const issuedColumn =
    actual(told.issuedColumn) ?? times.find((name) => name !== told.timeColumn && ISSUED.test(name));
  const timeColumn = actual(told.timeColumn) ?? times.find((name) => name !== issuedColumn);
  const hasClock = rows[0]?.cells[columnAt(header, timeColumn ?? '')]?.includes(':') === true;
  const hourColumn =
    actual(told.hourColumn) ?? (hasClock ? undefined : header.find((name) => /^hour/iu.test(name)));
  const temperatureColumns =
    told.temperatureColumns?.map((name) => actual(name) ?? name) ??
    schema
      .filter(({ name, type }) => type === 'number' && TEMPERATURE.test(name) && !OTHER.test(name))
      .map(({ name }) => name);
  if (timeColumn === undefined) return fail(missing('time stamps', '--weather-time-column', header));
  if (temperatureColumns.length === 0) return fail(missing('temperatures', '--weather-column', header));
  return ok({
    timeColumn,
    temperatureColumns,
    ...(hourColumn !== undefined && { hourColumn }),
    ...(issuedColumn !== undefined && { issuedColumn }),
  });
}

const missing = (what: string, flag: string, header: readonly string[]): DataError => ({
  code: 'NO_COLUMN',
  message: `no column of the weather file is known to hold ${what}: name it with ${flag}; it has: ${header.join(', ')}`,
});
