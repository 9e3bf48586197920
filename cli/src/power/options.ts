import type { Knows, SimulatedPolicy, Site } from '@roamgrid/energy-controller';
import type { DateOrder } from '@roamgrid/service-kit/csv';
import type { Zone } from '@roamgrid/tariff-service';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { exactOption } from '../exact-option.ts';
import { parseZone } from '../forecast/zone.ts';
import type { StayColumns } from './read-stays.ts';

/** The options of `roamgrid power simulate`, read. */
export interface SimulateOptions extends StayColumns {
  readonly sessions: string;
  readonly outletKw: bigint;
  readonly limitKw: bigint;
  readonly phases: 1 | 3;
  readonly stepMinutes: number;
  readonly minAmps: bigint;
  readonly wholeAmps: boolean;
  readonly volts: bigint;
  readonly tariff?: string;
  readonly policy: SimulatedPolicy;
  readonly knows?: Knows;
  readonly zone: Zone;
  readonly dateOrder?: DateOrder;
  readonly from?: string;
  readonly to?: string;
  readonly json?: true;
}

export const POLICIES = ['fcfs', 'edf', 'llf', 'plan'] as const satisfies readonly SimulatedPolicy[];

/** Adds the options that `SimulateOptions` names. */
export function withSimulateOptions(command: Command): Command {
  return command
    .requiredOption('--sessions <csv>', 'charging sessions, CSV with a header')
    .requiredOption('--arrival-column <name>', 'column of the time a car is plugged in')
    .requiredOption('--departure-column <name>', 'column of the time it is really unplugged')
    .requiredOption('--energy-column <name>', 'column of the energy that it wants, kWh')
    .option('--declared-departure-column <name>', 'column of the departure that its driver declared')
    .option('--declared-energy-column <name>', 'column of the energy that its driver declared, kWh')
    .option('--station-column <name>', 'column of the outlet; left out, each row is an outlet of its own')
    .option(
      '--phase-column <name>',
      'column of the phase, 1 to 3; left out, outlets take turns in the order in which they appear',
    )
    .addOption(exactOption('--outlet-kw <kW>', 'most that an outlet gives', parseWatts, '7.4'))
    .requiredOption(
      '--limit-kw <kW>',
      'most that the connection carries, a third of it on each of three phases',
      parseWatts,
    )
    .addOption(
      new Option('--phases <count>', 'phases of the connection; an outlet loads one')
        .choices(['1', '3'])
        .argParser(parsePhases)
        .default(1),
    )
    .option(
      '--step-minutes <minutes>',
      'length of a step: a car charges in those that lie whole within its stay',
      parseStep,
      5,
    )
    .addOption(exactOption('--min-amps <A>', 'below so much a car does not charge', parseAmps, '6'))
    .option('--whole-amps <yes|no>', 'cars are told whole amperes, else whole watts', parseYes, true)
    .addOption(exactOption('--volts <V>', 'of a phase', parseVolts, '230'))
    .option(
      '--tariff <json>',
      'what electricity costs: a file of OpenEI’s rate database, or one of seasons as acnportal has them',
    )
    .addOption(
      new Option('--policy <name>', 'who divides the power where a limit binds')
        .choices(POLICIES)
        .makeOptionMandatory(),
    )
    .addOption(
      new Option(
        '--knows <what>',
        'of cars that are there: oracle their true departure and energy, declared what their drivers said; left out, declared where a column of declared departures is named',
      ).choices(['oracle', 'declared']),
    )
    .option(
      '--zone <name>',
      'IANA zone of stamps without offset, of --from and --to, and of the tariff',
      parseZone,
      parseZone('Etc/UTC'),
    )
    .addOption(
      new Option('--date-order <order>', 'order in dates such as 3/4/2019; found when it shows').choices([
        'dmy',
        'mdy',
      ]),
    )
    .option(
      '--from <instant>',
      'count sessions that begin at or after it (day or ISO 8601); earlier ones are history to learn from',
    )
    .option('--to <instant>', 'leave out sessions that begin at or after it')
    .option('--json', 'print one JSON object');
}

export const siteOf = ({
  stepMinutes,
  volts,
  phases,
  limitKw,
  outletKw,
  minAmps,
  wholeAmps,
}: SimulateOptions): Site => ({
  stepMinutes,
  volts,
  phases,
  limitW: limitKw,
  outletW: outletKw,
  minAmps,
  isWholeAmps: wholeAmps,
});

/** Kilowatts with up to three decimals as watts, exactly. */
export function parseWatts(text: string): bigint {
  const match = /^(\d{1,6})(?:\.(\d{1,3}))?$/u.exec(text);
  const watts = match === null ? 0n : BigInt(`${match[1] ?? ''}${(match[2] ?? '').padEnd(3, '0')}`);
  if (watts === 0n) throw new InvalidArgumentError('expected kilowatts above zero, such as 7.4.');
  return watts;
}

function parsePhases(text: string): 1 | 3 {
  if (text !== '1' && text !== '3') throw new InvalidArgumentError('expected 1 or 3.');
  return text === '1' ? 1 : 3;
}

function parseStep(text: string): number {
  const minutes = /^\d{1,2}$/u.test(text) ? Number(text) : 0;
  if (minutes < 1 || 60 % minutes !== 0)
    throw new InvalidArgumentError('expected whole minutes that divide an hour, such as 5.');
  return minutes;
}

function parseAmps(text: string): bigint {
  if (!/^\d{1,3}$/u.test(text)) throw new InvalidArgumentError('expected whole amperes.');
  return BigInt(text);
}

export function parseVolts(text: string): bigint {
  if (!/^[1-9]\d{1,2}$/u.test(text)) throw new InvalidArgumentError('expected whole volts from 10 to 999.');
  return BigInt(text);
}

function parseYes(text: string): boolean {
  if (text !== 'yes' && text !== 'no') throw new InvalidArgumentError('expected yes or no.');
  return text === 'yes';
}
