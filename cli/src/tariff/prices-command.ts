import { readFileSync, writeFileSync } from 'node:fs';
import { PRICE_LAYOUT_NAMES } from '@roamgrid/service-kit/csv';
import {
  fail,
  lastWholeDay,
  marketDay,
  ok,
  priceLayoutOptions,
  readPrices,
  type DataError,
  type MarketDay,
  type MarketRule,
  type PriceOptions,
  type PriceTable,
  type Result,
  type Zone,
} from '@roamgrid/tariff-service';
import { readTariffJson } from '@roamgrid/wire';
import { Command, InvalidArgumentError, Option } from 'commander';
import { exactOption } from '../exact-option.ts';
import { type Io, processIo } from '../forecast/io.ts';
import { parseDate } from '../forecast/options.ts';
import { refuserOf } from '../forecast/read-data.ts';
import {
  lackingFlags,
  toldTableOptionsOf,
  withTableOptions,
  type TableFileOptions,
} from '../forecast/table-options.ts';
import { parseZone } from '../forecast/zone.ts';

/** `roamgrid tariff prices`: a day's OCPI tariff from the table of prices that a market publishes. */

interface Options extends TableFileOptions {
  readonly currency?: string;
  readonly per?: 'MWh' | 'kWh';
  readonly day?: number;
  readonly times: bigint;
  readonly plus: bigint;
  readonly floor: bigint;
  readonly ceiling?: bigint;
  readonly vat: bigint;
  readonly utility: string;
  readonly tariffId: string;
  readonly out?: string;
  readonly json?: true;
}

interface Made {
  readonly table: PriceTable;
  readonly zone: Zone;
  readonly made: MarketDay;
  readonly tariff: object;
}

const PERCENT = 1_000_000;

function optionsOf(
  bytes: Uint8Array,
  options: Options,
): Result<{ readonly prices: PriceOptions; readonly zone: Zone }, DataError> {
  const { currency, per } = options;
  const told: Partial<PriceOptions> = {
    ...toldTableOptionsOf(options),
    ...(currency !== undefined && { currency }),
    ...(per !== undefined && { per }),
  };
  const laid = options.layout === undefined ? undefined : priceLayoutOptions(bytes, options.layout, told);
  if (laid?.ok === false) return laid;
  const { zone: usual, ...known } = laid?.value ?? { zone: undefined, ...told };
  const zone = options.zone ?? (usual === undefined ? undefined : parseZone(usual));
  const lacking = [
    ...lackingFlags(known, zone),
    ...('currency' in known ? [] : ['--currency']),
    ...('per' in known ? [] : ['--per']),
  ];
  if (lacking.length > 0 || zone === undefined)
    return fail({
      code: 'BAD_OPTION',
      message: `${lacking.join(', ')} is missing: give it, or a --layout that has it`,
    });
  return ok({ prices: { bareStamps: 'local', ...known } as PriceOptions, zone });
}

function madeOf(bytes: Uint8Array, options: Options): Result<Made, DataError> {
  const how = optionsOf(bytes, options);
  if (!how.ok) return how;
  const { prices, zone } = how.value;
  const table = readPrices(bytes, zone, prices);
  if (!table.ok) return table;
  const day = options.day ?? lastWholeDay(table.value, zone);
  if (day === undefined)
    return fail({ code: 'TOO_SHORT', message: 'the table has no local day that it holds in full' });
  const rule: MarketRule = {
    timesPpm: options.times,
    plusMicrosPerKWh: options.plus,
    floorMicrosPerKWh: options.floor,
    ...(options.ceiling !== undefined && { ceilingMicrosPerKWh: options.ceiling }),
    vatPercent: Number(options.vat) / PERCENT,
  };
  const made = marketDay(table.value, zone, day, rule);
  if (!made.ok) return made;
  const { utility, tariffId } = options;
  const tariff = {
    country_code: utility.slice(0, 2),
    party_id: utility.slice(2),
    id: tariffId,
    currency: table.value.currency,
    elements: made.value.elements,
    last_updated: new Date(table.value.intervals.at(-1)?.startMs ?? 0).toISOString(),
  };
  const read = readTariffJson(JSON.stringify(tariff));
  if (!read.ok) throw new Error(`prices of a market made no tariff: ${JSON.stringify(read)}`);
  return ok({ table: table.value, zone, made: made.value, tariff });
}

const clock = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
const decimal = (value: bigint, places: number, kept: number): string => {
  const digits = (value < 0n ? -value : value).toString().padStart(places + 1, '0');
  const decimals = digits.slice(-places).replace(new RegExp(`0{1,${places - kept}}$`, 'u'), '');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -places)}.${decimals}`;
};

const textOf = ({ table, zone, made, tariff }: Made): string =>
  `${[
    ...table.notes.map((note) => `note: ${note}`),
    `${made.day} in ${zone.name}, ${table.currency} per kWh, every ${table.stepMinutes} minutes`,
    'local   market        driver',
    ...made.slots.map(({ minute, marketNanosPerKWh, microsPerKWh, limitedBy }) =>
      `${clock(minute)}   ${decimal(marketNanosPerKWh, 9, 4).padEnd(12)}  ${decimal(microsPerKWh, 6, 4).padEnd(8)}  ${limitedBy === 'none' ? '' : limitedBy}`.trimEnd(),
    ),
    '',
    JSON.stringify(tariff, null, 2),
  ].join('\n')}\n`;

const jsonOf = ({ table, zone, made, tariff }: Made): string =>
  `${JSON.stringify(
    {
      day: made.day,
      zone: zone.name,
      currency: table.currency,
      stepMinutes: table.stepMinutes,
      intervals: table.intervals.length,
      notes: table.notes,
      slots: made.slots,
      tariff,
    },
    (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
    2,
  )}\n`;

function run(io: Io, file: string, options: Options): void {
  const refuse = refuserOf(io, options.json === true);
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch {
    refuse('FILE_UNREADABLE', `cannot read ${file}`);
    return;
  }
  const done = madeOf(bytes, options);
  if (!done.ok) {
    refuse(done.error.code, done.error.message);
    return;
  }
  if (options.out !== undefined)
    writeFileSync(options.out, `${JSON.stringify(done.value.tariff, null, 2)}\n`);
  io.out(options.json === true ? jsonOf(done.value) : textOf(done.value));
  io.exitCode(0);
}

/** `0.08` as millionths, exactly. */
function parseMillionths(text: string): bigint {
  const match = /^(\d{1,6})(?:\.(\d{1,6}))?$/u.exec(text);
  if (match === null) throw new InvalidArgumentError('expected a number such as 0.08, at most six decimals.');
  return BigInt(`${match[1] ?? '0'}${(match[2] ?? '').padEnd(6, '0')}`);
}

function parseUtility(text: string): string {
  if (!/^[A-Z]{2}[A-Z0-9]{3}$/u.test(text))
    throw new InvalidArgumentError('expected five characters such as USDUK.');
  return text;
}

function parseCurrency(text: string): string {
  if (!/^[A-Z]{3}$/u.test(text)) throw new InvalidArgumentError('expected three letters such as EUR.');
  return text;
}

export const pricesCommand = (io: Io = processIo): Command =>
  withTableOptions(
    new Command('prices')
      .description("make a day's OCPI tariff from the table of prices that a market publishes")
      .argument('<file>', 'table of prices of one place, CSV with a header'),
    PRICE_LAYOUT_NAMES,
    'price',
  )
    .option('--currency <code>', "of the prices; the layout's when left out", parseCurrency)
    .addOption(new Option('--per <unit>', 'what a price is for; MWh in every layout').choices(['MWh', 'kWh']))
    .option('--day <date>', 'local day; the last whole one of the table when left out', parseDate)
    .addOption(exactOption('--times <factor>', "factor on the market's price", parseMillionths, '1'))
    .addOption(exactOption('--plus <amount>', "the operator's own part, per kWh", parseMillionths, '0'))
    .addOption(exactOption('--floor <amount>', 'least price per kWh', parseMillionths, '0'))
    .option('--ceiling <amount>', 'highest price per kWh', parseMillionths)
    .addOption(exactOption('--vat <percent>', 'sales tax', parseMillionths, '0'))
    .option('--utility <id>', 'country and party of the tariff', parseUtility, 'USDUK')
    .option('--tariff-id <id>', 'id of the tariff', 'MARKET')
    .option('--out <file>', 'write the tariff, as roamgrid rate --tariff reads it')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nPrices are rounded to the four decimals of OCPI, half up; an hour that the clocks show twice has its higher price.\n\nExit codes: 0 done, 2 wrong command line or columns, 3 the file was refused (standard error says why, and which line).',
    )
    .action((file: string, options: Options) => {
      run(io, file, options);
    });
