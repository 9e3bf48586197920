import { LOAD_LAYOUT_NAMES } from '@roamgrid/service-kit/csv';
import { type CsvOptions, parseDay, type TemperatureMode } from '@roamgrid/tariff-service';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { toldTableOptionsOf, withTableOptions, type TableFileOptions } from './table-options.ts';
import { withWeatherOptions, type WeatherOptions } from './weather-options.ts';

/** What every forecast command asks about its input file. */
export interface DataOptions extends TableFileOptions, WeatherOptions {
  readonly load: string;
  readonly temperatureColumn?: string;
  readonly holidayColumn?: string;
  readonly operatorColumn?: string;
  readonly qualityColumn?: string;
  readonly qualityOk?: string;
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
  return withTableOptions(
    command.requiredOption('--load <file>', 'load history, CSV with a header'),
    LOAD_LAYOUT_NAMES,
    'load',
  )
    .option('--temperature-column <name>', 'column of the temperature')
    .option('--holiday-column <name>', 'column of holiday flags or names')
    .option('--operator-column <name>', "column of the operator's own forecast, to compare with")
    .option(
      '--quality-column <name>',
      'column of quality marks; other marks than --quality-ok are neither learnt from nor scored',
    )
    .option('--quality-ok <mark>', 'the mark of a good row')
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

/** What the options say of the file; what they leave out is not there. */
export function toldOptionsOf(
  options: TableFileOptions &
    Pick<
      DataOptions,
      'temperatureColumn' | 'holidayColumn' | 'operatorColumn' | 'qualityColumn' | 'qualityOk'
    >,
): Partial<CsvOptions> {
  const { temperatureColumn, holidayColumn, operatorColumn, qualityColumn, qualityOk } = options;
  const all = { temperatureColumn, holidayColumn, operatorColumn, qualityColumn, qualityOk };
  return {
    ...toldTableOptionsOf(options),
    ...Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)),
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
