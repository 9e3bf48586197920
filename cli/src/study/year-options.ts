import { type PowerW, powerW, type Shares, shares, UtilityId } from '@roamgrid/domain';
import { LOAD_LAYOUT_NAMES, SESSION_LAYOUT_NAMES } from '@roamgrid/service-kit/csv';
import { parsePolicy, type TariffPolicy } from '@roamgrid/tariff-service';
import { LOAD_UNITS, type LoadUnit } from '@roamgrid/tariff-service/study';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { exactOption } from '../exact-option.ts';
import { parseDate } from '../forecast/options.ts';
import { withTableOptions, type TableFileOptions } from '../forecast/table-options.ts';

/** The options of `roamgrid study year`, read. */
export interface YearOptions extends TableFileOptions {
  readonly load: string;
  readonly unit: LoadUnit;
  readonly qualityColumn?: string;
  readonly qualityOk?: string;
  readonly temperatureColumn?: string;
  readonly operatorColumn?: string;
  readonly useOperatorForecast?: true;
  readonly sessions: string;
  readonly sessionsLayout?: string;
  readonly from: number;
  readonly to: number;
  readonly gate: number;
  readonly forecast?: string;
  readonly capacityMw?: number;
  readonly policy?: string;
  readonly elasticity: bigint;
  readonly windowHours: number;
  readonly roaming: bigint;
  readonly partners: readonly string[];
  readonly shares: Shares;
  readonly chargePower: PowerW;
  readonly highestPower: PowerW;
  readonly holidays: string;
  readonly out?: string;
  readonly json?: true;
}

const DEFAULT_SHARES = 'hun=100000,vun=680000,infrastructure=200000,driver=20000';

/** Adds the options that `YearOptions` names. */
export function withYearOptions(command: Command): Command {
  return withTableOptions(
    command.requiredOption('--load <file>', 'load history, CSV with a header'),
    LOAD_LAYOUT_NAMES,
    'load',
  )
    .addOption(new Option('--unit <unit>', 'unit of the load').choices(LOAD_UNITS).default('MW'))
    .option('--quality-column <name>', 'column of quality marks')
    .option('--quality-ok <mark>', 'the mark of a good row')
    .option('--temperature-column <name>', 'column of the temperature (used up to the gate only)')
    .option('--operator-column <name>', "column of the operator's own forecast")
    .option(
      '--use-operator-forecast',
      'let it be an input of the forecast: you assert that it is published before the gate',
    )
    .requiredOption(
      '--sessions <file>',
      'charging sessions, CSV: session_id, station_id, plug_in, plug_out, energy_kwh, by the wall clock, or as --sessions-layout says',
    )
    .addOption(
      new Option('--sessions-layout <name>', 'layout of a publisher of sessions').choices(
        SESSION_LAYOUT_NAMES,
      ),
    )
    .requiredOption('--from <date>', 'first local day', parseDate)
    .requiredOption('--to <date>', 'last local day', parseDate)
    .option('--gate <HH:MM>', 'when the day before the prices are published', parseGate, 720)
    .option(
      '--forecast <file>',
      'forecasts that `roamgrid forecast backtest --out` wrote; made now when left out',
    )
    .option('--holidays <place>', 'public holidays for the forecast: auto, none, or such as US-NC', 'auto')
    .option(
      '--capacity-mw <number>',
      'capacity of the grid; left out, the highest measured load before the span',
      parseWhole,
    )
    .option('--policy <file>', 'adaptive tariff policy, JSON; left out, the one of the study')
    .addOption(
      exactOption(
        '--elasticity <number>',
        'part of the sessions that move per unit of relative saving',
        parsePpm,
        '0.5',
      ),
    )
    .option('--window-hours <hours>', 'how far a session may move either way', parseWhole, 4)
    .addOption(
      exactOption('--roaming <part>', 'part of the sessions by other utilities’ customers', parsePpm, '0.3'),
    )
    .option('--partners <ids>', 'home utilities of the visitors', parsePartners, ['USALP', 'USTVA'])
    .addOption(exactOption('--shares <list>', 'parts per million of a session', parseShares, DEFAULT_SHARES))
    .addOption(exactOption('--charge-power <kW>', 'least power at which a car charges', parseKilowatts, '7'))
    .addOption(
      exactOption(
        '--highest-power <kW>',
        'sessions with more mean power cannot have happened',
        parseKilowatts,
        '150',
      ),
    )
    .option('--out <dir>', 'write the plots')
    .option('--json', 'print one JSON object');
}

/** Reads a policy file; the message says what is wrong with it. */
export function readPolicy(text: string): TariffPolicy | string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return 'the policy is no JSON';
  }
  const parsed = parsePolicy(json);
  return parsed.ok
    ? parsed.value
    : parsed.error.map(({ pointer, message }) => `${pointer}: ${message}`).join('; ');
}

function parseGate(text: string): number {
  const match = /^(\d{2}):(\d{2})$/u.exec(text);
  const minutes = match === null ? Number.NaN : Number(match[1]) * 60 + Number(match[2]);
  if (!(minutes <= 1440) || Number(match?.[2]) > 59)
    throw new InvalidArgumentError('expected HH:MM from 00:00 to 24:00.');
  return minutes;
}

function parseWhole(text: string): number {
  if (!/^\d{1,9}$/u.test(text)) throw new InvalidArgumentError('expected a whole number.');
  return Number(text);
}

/** `0.3` as parts per million, exactly. */
function parsePpm(text: string): bigint {
  const match = /^(\d{1,3})(?:\.(\d{1,6}))?$/u.exec(text);
  if (match === null) throw new InvalidArgumentError('expected a number such as 0.3, at most six decimals.');
  return BigInt(match[1] ?? '0') * 1_000_000n + BigInt((match[2] ?? '').padEnd(6, '0'));
}

function parseKilowatts(text: string): PowerW {
  const read = powerW(parsePpm(text) / 1000n);
  if (!read.ok || read.value === 0n)
    throw new InvalidArgumentError('expected a power above zero, such as 7.4.');
  return read.value;
}

function parsePartners(text: string): readonly string[] {
  return text.split(',').map((each) => {
    const id = UtilityId.parse(each.trim());
    if (!id.ok) throw new InvalidArgumentError(id.error.message);
    return id.value;
  });
}

function parseShares(text: string): Shares {
  const given = new Map(
    text.split(',').map((entry): [string, bigint] => {
      const match = /^\s*(hun|vun|infrastructure|driver)=(\d{1,7})\s*$/u.exec(entry);
      if (match === null) throw new InvalidArgumentError(`expected a list such as ${DEFAULT_SHARES}.`);
      return [match[1] ?? '', BigInt(match[2] ?? '0')];
    }),
  );
  const part = (party: string): bigint => given.get(party) ?? 0n;
  const made = shares({
    hun: part('hun'),
    vun: part('vun'),
    infrastructure: part('infrastructure'),
    driver: part('driver'),
  });
  if (!made.ok) throw new InvalidArgumentError(made.error.message);
  return made.value;
}
