import type { BareStamps, DateOrder, DecimalMark } from '@roamgrid/service-kit/csv';
import type { CsvOptions, Zone } from '@roamgrid/tariff-service';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseZone } from './zone.ts';

/** What a command asks about a table of intervals, of loads or of prices alike. */
export interface TableFileOptions {
  readonly layout?: string;
  readonly timeColumn?: string;
  readonly hourColumn?: string;
  readonly repeatColumn?: string;
  readonly zoneColumn?: string;
  readonly label?: 'start' | 'end';
  readonly valueColumn?: string;
  readonly zone?: Zone;
  readonly bareStamps?: BareStamps;
  readonly dateOrder?: DateOrder;
  readonly only?: { readonly column: string; readonly value: string };
  readonly separator?: string;
  readonly decimalMark?: DecimalMark;
}

/** Adds the options that `TableFileOptions` names; `what` is what the value column holds. */
export function withTableOptions(command: Command, layouts: readonly string[], what: string): Command {
  return command
    .addOption(
      new Option(
        '--layout <name>',
        'layout of a publisher; without it --time-column, --value-column, --label and --zone are needed, with it they override',
      ).choices(layouts),
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
    .option('--value-column <name>', `column of the ${what}`)
    .option('--only <column=value>', 'rows to read, where a file mixes several kinds or areas', parseOnly)
    .addOption(
      new Option('--separator <mark>', 'what parts the fields; found when left out').choices(
        Object.keys(SEPARATOR_BY_NAME),
      ),
    )
    .addOption(new Option('--decimal-mark <mark>', 'of the numbers; found when left out').choices(['.', ',']))
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
    );
}

/** What each name of a separator stands for; a tab and a bar are hard to write on a command line. */
const SEPARATOR_BY_NAME: Readonly<Record<string, string>> = {
  comma: ',',
  semicolon: ';',
  tab: '\t',
  bar: '|',
};

/** Options that tell all of a file, by the name that the command line has for each. */
const NEEDED = { timeColumn: '--time-column', valueColumn: '--value-column', label: '--label' } as const;

/** The flags without which a file cannot be read, when no layout gives them. */
export const lackingFlags = (known: object, zone: Zone | undefined): readonly string[] => [
  ...Object.entries(NEEDED).flatMap(([field, flag]) => (field in known ? [] : [flag])),
  ...(zone === undefined ? ['--zone'] : []),
];

/** What the options say of the file; what they leave out is not there. */
export function toldTableOptionsOf(options: TableFileOptions): Partial<CsvOptions> {
  const { timeColumn, hourColumn, repeatColumn, zoneColumn, label, valueColumn } = options;
  const { bareStamps, dateOrder, only, decimalMark } = options;
  const separator = options.separator === undefined ? undefined : SEPARATOR_BY_NAME[options.separator];
  const all = {
    timeColumn,
    hourColumn,
    repeatColumn,
    zoneColumn,
    label,
    valueColumn,
    bareStamps,
    dateOrder,
    only,
    separator,
    decimalMark,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function parseOnly(text: string): { column: string; value: string } {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('expected COLUMN=VALUE.');
  return { column: text.slice(0, at), value: text.slice(at + 1) };
}
