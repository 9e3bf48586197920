import { homedir } from 'node:os';
import { join } from 'node:path';
import type { BareStamps, DateOrder } from '@roamgrid/service-kit/csv';
import { TEMPERATURE_UNITS, type TemperatureUnit, type Zone } from '@roamgrid/tariff-service';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseZone } from './zone.ts';

/** Where temperatures come from, and how their files are read; what is left out is found. */
export interface WeatherOptions {
  readonly weather?: readonly string[];
  readonly weatherTimeColumn?: string;
  readonly weatherHourColumn?: string;
  readonly weatherIssuedColumn?: string;
  readonly weatherColumn?: readonly string[];
  readonly weatherUnit?: TemperatureUnit;
  readonly weatherLabel: 'start' | 'end';
  readonly weatherZone?: Zone;
  readonly weatherBareStamps: BareStamps;
  readonly weatherDateOrder?: DateOrder;
  readonly weatherDelay?: number;
  readonly weatherProvider?: string;
  readonly weatherModel?: readonly string[];
  readonly weatherCache: string;
  readonly latitude?: number;
  readonly longitude?: number;
}

/** Adds the options that `WeatherOptions` names. */
export function withWeatherOptions(command: Command): Command {
  return command
    .option(
      '--weather <file...>',
      'temperatures, CSV with a header, of stations or of models with the instant of each forecast; several are mixed by how well each explained the load before',
    )
    .option(
      '--weather-time-column <name>',
      'column of the instant that a temperature is of; found when left out',
    )
    .option('--weather-hour-column <name>', 'column of the hour when the time column holds dates')
    .option(
      '--weather-issued-column <name>',
      'column of the instant of the forecast; a file without one holds measured temperatures',
    )
    .option('--weather-column <name...>', 'columns of the temperatures, one a station or model')
    .addOption(
      new Option('--weather-unit <unit>', 'of the temperatures; found when left out').choices(
        TEMPERATURE_UNITS,
      ),
    )
    .addOption(
      new Option('--weather-label <edge>', 'which end of its interval a stamp marks')
        .choices(['start', 'end'])
        .default('start'),
    )
    .option(
      '--weather-zone <name>',
      "IANA time zone of the file's stamps; the area's when left out",
      parseZone,
    )
    .addOption(
      new Option('--weather-bare-stamps <reading>', 'as --bare-stamps, of the weather')
        .choices(['local', 'utc', 'standard'])
        .default('local'),
    )
    .addOption(new Option('--weather-date-order <order>', 'as --date-order').choices(['dmy', 'mdy']))
    .option(
      '--weather-delay <minutes>',
      "from a forecast's instant (a model's run) until it could be read; 0 for files, 480 for the provider when left out",
      numberIn(0, 2880),
    )
    .option(
      '--weather-provider <url>',
      "a provider that answers as Open-Meteo's previous-runs API does; nothing is downloaded without this option",
      parseAddress,
    )
    .option('--latitude <degrees>', 'of the place that the provider is asked for', numberIn(-90, 90))
    .option('--longitude <degrees>', 'of that place', numberIn(-180, 180))
    .option('--weather-model <name...>', "models by the provider's names; its own choice when left out")
    .option(
      '--weather-cache <directory>',
      'where answers of the provider are kept',
      join(homedir(), '.cache', 'roamgrid', 'weather'),
    );
}

const numberIn =
  (low: number, high: number) =>
  (text: string): number => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (!(value >= low && value <= high))
      throw new InvalidArgumentError(`expected a number from ${low} to ${high}.`);
    return value;
  };

export function parseAddress(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/u.test(new URL(text).protocol))
    throw new InvalidArgumentError('expected an http or https address.');
  return text;
}
