import { differencesOf, rateCdr } from '@roamgrid/domain';
import { Command } from 'commander';
import { BadInput, formatProblem } from './failure.ts';
import { processIo, type Io } from './io.ts';
import { outcomeJson, problemsJson, type Outcome } from './output-json.ts';
import { outcomeTable } from './output-table.ts';
import { judgeSignedData } from './signed-data.ts';
import { readCdr, readTariffs, zoneOf } from './read-input.ts';

/** Exit codes of `roamgrid rate`; a wrong command line ends with 2. */
export const EXIT = { ok: 0, usage: 2, badInput: 3, differs: 4 } as const;

interface Options {
  readonly cdr: string;
  readonly tariff?: string;
  readonly timeZone?: string;
  readonly json?: true;
  readonly check?: true;
}

const outcomeOf = (options: Options, io: Io): Outcome => {
  const given = options.tariff === undefined ? undefined : readTariffs(io, options.tariff);
  const cdr = readCdr(io, options.cdr, given === undefined);
  const zone = zoneOf(cdr, options.cdr, options.timeZone);
  const rated = rateCdr({ cdr, zoneOffsets: zone.offsets, ...(given && { tariffs: given.tariffs }) });
  if (!rated.ok) throw BadInput.of(options.cdr, rated.error);
  const asksTime = rated.value.tariffs.some(({ edges }) => edges.usesLocalTime);
  const signed = judgeSignedData(cdr);
  const notes = [
    ...(given?.notes ?? []),
    ...cdr.notes,
    ...(asksTime ? zone.notes : []),
    ...rated.value.notes,
    ...signed.notes,
  ];
  return {
    rated: rated.value,
    cdr,
    timeZone: zone.name,
    notes,
    differences: differencesOf(rated.value, cdr),
    signed,
  };
};

const run = (options: Options, io: Io): void => {
  try {
    if (options.tariff === '-' && options.cdr === '-') {
      io.err('error: only one of --tariff and --cdr can be - (standard input)\n');
      io.exitCode(EXIT.usage);
      return;
    }
    const outcome = outcomeOf(options, io);
    io.out(options.json ? outcomeJson(outcome) : outcomeTable(outcome));
    const isRight = outcome.differences.length === 0 && outcome.signed.state !== 'failed';
    io.exitCode(options.check && !isRight ? EXIT.differs : EXIT.ok);
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    if (options.json) io.out(problemsJson(error.problems));
    else io.err(error.problems.map(formatProblem).join(''));
    io.exitCode(EXIT.badInput);
  }
};

/** `roamgrid rate`: prices an OCPI CDR file exactly and explains the price. */
export const rateCommand = (io: Io = processIo): Command =>
  new Command('rate')
    .description('price an OCPI charge detail record (2.1.1 to 2.3.0) under its tariff and explain the price')
    .requiredOption('--cdr <file>', 'the CDR, a JSON file; - reads standard input')
    .option(
      '--tariff <file>',
      'the tariff or tariffs, a JSON file; left out, those inside the CDR; - reads standard input',
    )
    .option('--time-zone <name>', "the location's IANA time zone; left out, the CDR's time_zone, or else UTC")
    .option('--json', 'print one JSON object')
    .option(
      '--check',
      'exit with 4 when a total that the CDR gives ground for differs from the stated one, or its signed data are not good',
    )
    .addHelpText(
      'after',
      '\nExit codes: 0 priced, 2 wrong command line, 3 bad input (what and where is listed), 4 totals differ or signed data fail (--check).',
    )
    .exitOverride(({ exitCode }) => io.exit(exitCode === 0 ? EXIT.ok : EXIT.usage))
    .action((options: Options) => {
      run(options, io);
    });
