import type { Zone } from '@roamgrid/tariff-service';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { exactOption } from '../exact-option.ts';
import { parseZone } from '../forecast/zone.ts';
import { parseVolts, parseWatts } from '../power/options.ts';

/** The options of `roamgrid home simulate`, read. */
export interface HomeOptions {
  readonly load: string;
  readonly timeColumn: string;
  readonly loadColumn: string;
  readonly solarColumn?: string;
  readonly solarScale: string;
  readonly sessions?: string;
  readonly arrivalColumn: string;
  readonly departureColumn: string;
  readonly energyColumn: string;
  readonly outletKw: bigint;
  readonly volts: bigint;
  readonly batteryKwh?: bigint;
  readonly batteryStartKwh: bigint;
  readonly batteryKw?: bigint;
  readonly tariff: string;
  readonly connectionKw: bigint;
  readonly zone: Zone;
  readonly from: string;
  readonly days: number;
  readonly knows: 'foresight' | 'forecast';
  readonly json?: true;
}

/** Adds the options that `HomeOptions` names. */
export function withHomeOptions(command: Command): Command {
  return command
    .requiredOption('--load <csv>', 'what the house takes, CSV with a header, at even steps')
    .requiredOption('--time-column <name>', 'column of the time at which a step begins')
    .requiredOption('--load-column <name>', 'column of what the house takes, kW')
    .option('--solar-column <name>', 'column of what its roof gives, kW')
    .option('--solar-scale <factor>', 'multiply that by so much, such as 3.85 or 4/1.04', parseScale, '1')
    .option('--sessions <csv>', 'cars that charge at the house, CSV with a header')
    .option('--arrival-column <name>', 'its column of the time a car is plugged in', 'arrival')
    .option('--departure-column <name>', 'its column of the time it is unplugged', 'departure')
    .option('--energy-column <name>', 'its column of the energy that it wants, kWh', 'energy_kwh')
    .addOption(exactOption('--outlet-kw <kW>', 'most that a car takes', parseWatts, '7.4'))
    .addOption(exactOption('--volts <V>', 'of a phase', parseVolts, '230'))
    .option('--battery-kwh <kWh>', 'what the battery holds', parseWatts)
    .addOption(exactOption('--battery-start-kwh <kWh>', 'what it holds at first', parseNoneOrWatts, '0'))
    .option(
      '--battery-kw <kW>',
      'most that goes into it or out of it; left out, as much as there is',
      parseWatts,
    )
    .requiredOption(
      '--tariff <json>',
      'what electricity costs: a file of OpenEI’s rate database, or one of seasons as acnportal has them',
    )
    .requiredOption('--connection-kw <kW>', 'most that the connection carries', parseWatts)
    .requiredOption(
      '--zone <name>',
      'IANA zone of stamps without offset, of --from, and of the tariff',
      parseZone,
    )
    .requiredOption(
      '--from <day>',
      'first day that is lived through; what is before is history to learn from',
    )
    .requiredOption('--days <count>', 'so many days', parseDays)
    .addOption(
      new Option('--knows <what>', 'of load and sun to come: foresight all, forecast what came before')
        .choices(['foresight', 'forecast'])
        .default('forecast'),
    )
    .option('--json', 'print one JSON object');
}

/** `4` or `4/1.04` as written. */
function parseScale(text: string): string {
  const parts = text.split('/');
  if (parts.length > 2 || !parts.every((part) => /^\d{1,6}(?:\.\d{1,6})?$/u.test(part) && Number(part) > 0))
    throw new InvalidArgumentError('expected a factor above zero, such as 3.85 or 4/1.04.');
  return text;
}

function parseNoneOrWatts(text: string): bigint {
  return /^0(?:\.0+)?$/u.test(text) ? 0n : parseWatts(text);
}

function parseDays(text: string): number {
  const days = /^\d{1,3}$/u.test(text) ? Number(text) : 0;
  if (days < 1 || days > 366) throw new InvalidArgumentError('expected 1 to 366 days.');
  return days;
}
