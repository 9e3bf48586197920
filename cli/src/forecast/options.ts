import {
  type BareStamps,
  createZone,
  type CsvOptions,
  type DateOrder,
  parseDay,
  type TemperatureMode,
  UnknownZoneError,
  type Zone,
} from '@roamgrid/tariff-service';
import { type Command, InvalidArgumentError, Option } from 'commander';

/** What every forecast command asks about its input file. */
export interface DataOptions {
  readonly load: string;
  readonly timeColumn: string;
  readonly hourColumn?: string;
  readonly label: 'start' | 'end';
  readonly valueColumn: string;
  readonly temperatureColumn?: string;
  readonly holidayColumn?: string;
  readonly operatorColumn?: string;
  readonly qualityColumn?: string;
  readonly qualityOk?: string;
  readonly zone: Zone;
  readonly bareStamps: BareStamps;
  readonly dateOrder?: DateOrder;
  readonly gate: number;
  readonly temperature: TemperatureMode;
  readonly holidays: string;
  readonly useOperatorForecast?: true;
  readonly json?: true;
  readonly out?: string;
}

/** Adds the options that `DataOptions` names. */
export function withDataOptions(command: Command): Command {
  return command
    .requiredOption('--load <file>', 'load history, CSV with a header')
    .requiredOption('--time-column <name>', 'column of the time stamps')
    .option(
      '--hour-column <name>',
      'column of the hour (1..24 at the end, 0..23 at the start) when the time column holds dates',
    )
    .addOption(
      new Option('--label <edge>', 'which end of its interval a stamp marks')
        .choices(['start', 'end'])
        .makeOptionMandatory(),
    )
    .requiredOption('--value-column <name>', 'column of the load')
    .option('--temperature-column <name>', 'column of the temperature')
    .option('--holiday-column <name>', 'column of holiday flags or names')
    .option('--operator-column <name>', "column of the operator's own forecast, to compare with")
    .option(
      '--quality-column <name>',
      'column of quality marks; other marks than --quality-ok are neither learnt from nor scored',
    )
    .option('--quality-ok <mark>', 'the mark of a good row')
    .requiredOption('--zone <name>', 'IANA time zone of the area, such as America/New_York', parseZone)
    .addOption(
      new Option(
        '--bare-stamps <reading>',
        'stamps without offset are local clock time, UTC, or local standard time all year',
      )
        .choices(['local', 'utc', 'standard'])
        .default('local'),
    )
    .addOption(
      new Option('--date-order <order>', 'order in dates such as 3/4/2019; inferred when it shows').choices([
        'dmy',
        'mdy',
      ]),
    )
    .requiredOption(
      '--gate <HH:MM>',
      'local time on the day before at which the forecast is issued; 24:00 is the midnight between',
      parseGate,
    )
    .addOption(
      new Option(
        '--temperature <mode>',
        "actual: the target day's measured temperature stands in for a perfect weather forecast; known: nothing after the gate",
      )
        .choices(['actual', 'known'])
        .default('actual'),
    )
    .option(
      '--holidays <place>',
      'public holidays: auto (from the zone), none, a country or country-state such as US-NC',
      'auto',
    )
    .option(
      '--use-operator-forecast',
      "let the operator's forecast be an input: you assert that it is published before the gate",
    )
    .option('--out <file>', "write each interval's forecast with its quantiles, CSV")
    .option('--json', 'print one JSON object');
}

/** The part of the options that reads the file. */
export function csvOptionsOf(options: DataOptions): CsvOptions {
  const { timeColumn, hourColumn, label, valueColumn, temperatureColumn, holidayColumn } = options;
  const { operatorColumn, qualityColumn, qualityOk, bareStamps, dateOrder } = options;
  return {
    timeColumn,
    label,
    valueColumn,
    bareStamps,
    ...(hourColumn !== undefined && { hourColumn }),
    ...(temperatureColumn !== undefined && { temperatureColumn }),
    ...(holidayColumn !== undefined && { holidayColumn }),
    ...(operatorColumn !== undefined && { operatorColumn }),
    ...(qualityColumn !== undefined && { qualityColumn }),
    ...(qualityOk !== undefined && { qualityOk }),
    ...(dateOrder !== undefined && { dateOrder }),
  };
}

/** `YYYY-MM-DD` to a local epoch day. */
export function parseDate(text: string): number {
  const day = parseDay(text);
  if (day === undefined) throw new InvalidArgumentError('expected a date such as 2018-01-31.');
  return day;
}

function parseGate(text: string): number {
  const match = /^(\d{1,2}):(\d{2})$/u.exec(text);
  const minutes = match === null ? Number.NaN : Number(match[1]) * 60 + Number(match[2]);
  if (!(minutes <= 1440) || Number(match?.[2]) > 59)
    throw new InvalidArgumentError('expected HH:MM from 00:00 to 24:00.');
  return minutes;
}

function parseZone(text: string): Zone {
  try {
    return createZone(text);
  } catch (error) {
    if (error instanceof UnknownZoneError) throw new InvalidArgumentError(error.message);
    throw error;
  }
}
