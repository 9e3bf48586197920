import {
  LOAD_LAYOUT_NAMES,
  type BareStamps,
  type DateOrder,
  type DecimalMark,
} from '@roamgrid/service-kit/csv';
import { type CsvOptions, parseDay, type TemperatureMode, type Zone } from '@roamgrid/tariff-service';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { withWeatherOptions, type WeatherOptions } from './weather-options.ts';
import { parseZone } from './zone.ts';

/** What every forecast command asks about its input file. */
export interface DataOptions extends WeatherOptions {
  readonly load: string;
  readonly layout?: string;
  readonly timeColumn?: string;
  readonly hourColumn?: string;
  readonly repeatColumn?: string;
  readonly zoneColumn?: string;
  readonly label?: 'start' | 'end';
  readonly valueColumn?: string;
  readonly temperatureColumn?: string;
  readonly holidayColumn?: string;
  readonly operatorColumn?: string;
  readonly qualityColumn?: string;
  readonly qualityOk?: string;
  readonly zone?: Zone;
  readonly bareStamps?: BareStamps;
  readonly dateOrder?: DateOrder;
  readonly only?: { readonly column: string; readonly value: string };
  readonly separator?: string;
  readonly decimalMark?: DecimalMark;
  readonly gate: number;
  readonly temperature: TemperatureMode;
  readonly holidays: string;
  readonly useOperatorForecast?: true;
  readonly json?: true;
  readonly out?: string;
}

/** Adds the options that `DataOptions` names. */
export function withDataOptions(command: Command): Command {
  return withWeatherOptions(withLoadOptions(command));
}

function withLoadOptions(command: Command): Command {
  return command
    .requiredOption('--load <file>', 'load history, CSV with a header')
    .addOption(
      new Option(
        '--layout <name>',
        'layout of a publisher; without it --time-column, --value-column, --label and --zone are needed, with it they override',
      ).choices(LOAD_LAYOUT_NAMES),
    )
    .option('--time-column <name>', 'column of the time stamps')
    .option(
      '--hour-column <name>',
      'column of the hour (1..24 or 1..25 at the end, 0..23 at the start, 02X), time of day or settlement period when the time column holds dates',
    )
    .option(
      '--repeat-column <name>',
      'column that marks the second pass of an hour that the clock shows twice',
    )
    .option('--zone-column <name>', "column of the abbreviation of the stamp's zone, such as EDT")
    .addOption(
      new Option('--label <edge>', 'which end of its interval a stamp marks').choices(['start', 'end']),
    )
    .option('--value-column <name>', 'column of the load')
    .option('--only <column=value>', 'rows to read, where a file mixes several kinds or areas', parseOnly)
    .addOption(
      new Option('--separator <mark>', 'what parts the fields; found when left out').choices(
        Object.keys(SEPARATOR_BY_NAME),
      ),
    )
    .addOption(new Option('--decimal-mark <mark>', 'of the numbers; found when left out').choices(['.', ',']))
    .option('--temperature-column <name>', 'column of the temperature')
    .option('--holiday-column <name>', 'column of holiday flags or names')
    .option('--operator-column <name>', "column of the operator's own forecast, to compare with")
    .option(
      '--quality-column <name>',
      'column of quality marks; other marks than --quality-ok are neither learnt from nor scored',
    )
    .option('--quality-ok <mark>', 'the mark of a good row')
    .option('--zone <name>', 'IANA time zone of the area, such as America/New_York', parseZone)
    .addOption(
      new Option(
        '--bare-stamps <reading>',
        'stamps without offset are local clock time (when left out), UTC, or local standard time all year',
      ).choices(['local', 'utc', 'standard']),
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

/** What each name of a separator stands for; a tab and a bar are hard to write on a command line. */
const SEPARATOR_BY_NAME: Readonly<Record<string, string>> = {
  comma: ',',
  semicolon: ';',
  tab: '\t',
  bar: '|',
};

/** What the options say of the file; what they leave out is not there. */
export function toldOptionsOf(options: DataOptions): Partial<CsvOptions> {
  const { timeColumn, hourColumn, repeatColumn, zoneColumn, label, valueColumn, temperatureColumn } = options;
  const { holidayColumn, operatorColumn, qualityColumn, qualityOk, bareStamps, dateOrder } = options;
  const { only, decimalMark } = options;
  const separator = options.separator === undefined ? undefined : SEPARATOR_BY_NAME[options.separator];
  const all = {
    timeColumn,
    hourColumn,
    repeatColumn,
    zoneColumn,
    label,
    valueColumn,
    temperatureColumn,
    holidayColumn,
    operatorColumn,
    qualityColumn,
    qualityOk,
    bareStamps,
    dateOrder,
    only,
    separator,
    decimalMark,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
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

function parseOnly(text: string): { column: string; value: string } {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('expected COLUMN=VALUE.');
  return { column: text.slice(0, at), value: text.slice(at + 1) };
}
