import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  doorsIn,
  proofText,
  readDoors,
  reportText,
  takeReport,
  type Door,
  type ReportScope,
} from '@roamgrid/stories/audit';
import { auditCheckpoint, authorityFile, type AuthorityReport } from '@roamgrid/wire';
import { Command, InvalidArgumentError } from 'commander';
import { EXIT_CODES } from '../exit-codes.ts';
import { stateDirOf } from '../state-dir.ts';
import { judge } from './check.ts';

/** `roamgrid report`: energy, money and tax of a period and a place, for authorities, with what proves them. */

interface TakeOptions {
  readonly utility: string;
  readonly from: number;
  readonly until: number;
  readonly country?: string;
  readonly place?: string;
  readonly station?: string;
  readonly doors?: string;
  readonly checkpoint?: string;
  readonly proofs?: string;
  readonly out?: string;
}

interface VerifyOptions {
  readonly checkpoint?: string;
  readonly proofs?: string;
  readonly json?: true;
}

const PRIVATE = { mode: 0o600 } as const;
const proofIn = (folder: string, sessionId: string): string => join(folder, `${sessionId}.json`);
const wordsOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

/** Says on standard error why nothing came of it. */
const orRefuse = async (work: () => Promise<void>): Promise<void> => {
  try {
    await work();
  } catch (thrown) {
    process.stderr.write(`roamgrid: ${wordsOf(thrown)}\n`);
    process.exitCode = EXIT_CODES.refused;
  }
};

const decimal = (value: bigint, places: number): string => {
  const digits = (value < 0n ? -value : value).toString().padStart(places + 1, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -places)}.${digits.slice(-places)}`;
};

const tableOf = ({ utilityId, fromMs, untilMs, places, totals }: AuthorityReport): string => {
  const at = (ms: number): string => new Date(ms).toISOString();
  const row = (name: string, sums: AuthorityReport['totals'][number]): string =>
    `${name.padEnd(30)} ${String(sums.sessions).padStart(8)} ${decimal(sums.energyWh, 3).padStart(12)} ${decimal(sums.netMicros, 6).padStart(16)} ${decimal(sums.taxMicros, 6).padStart(14)} ${decimal(sums.totalMicros, 6).padStart(16)} ${sums.currency}`;
  return `${[
    `${utilityId}, sessions that ended from ${at(fromMs)} until ${at(untilMs)}`,
    `${'place'.padEnd(30)} ${'sessions'.padStart(8)} ${'kWh'.padStart(12)} ${'net'.padStart(16)} ${'tax'.padStart(14)} ${'total'.padStart(16)}`,
    ...places.flatMap((place) => [
      row(`${place.countryCode ?? '??'} ${place.stationId} (${place.vun}, ${place.hun})`, place),
      ...place.elements.map(
        ({ tariffId, tariffVersion, kind, quantity, unit, amountMicros, taxMicros }) =>
          `  ${tariffId} ${tariffVersion} ${kind}${quantity === undefined ? '' : ` ${quantity} ${unit}`}: ${decimal(amountMicros, 6)} and ${decimal(taxMicros, 6)} of tax`,
      ),
    ]),
    ...totals.map((total) => row('all', total)),
  ].join('\n')}\n`;
};

const doorTo = ({ doors, utility }: TakeOptions): Door => {
  const all = doors === undefined ? doorsIn(stateDirOf('start'), 'authority') : readDoors(doors, 'authority');
  const found = all.find(({ utilityId }) => utilityId === utility);
  if (found === undefined)
    throw new Error(
      `there is no gateway of ${utility} to ask: there are ${all.map(({ utilityId }) => utilityId).join(', ')}`,
    );
  return found;
};

async function take(options: TakeOptions): Promise<void> {
  const { from, until, country, place, station, checkpoint, proofs } = options;
  if ((checkpoint === undefined) !== (proofs === undefined))
    throw new Error('--checkpoint and --proofs are given together or not at all');
  const door = doorTo(options);
  const blocks =
    checkpoint === undefined
      ? undefined
      : auditCheckpoint.parse(JSON.parse(readFileSync(checkpoint, 'utf8'))).blocks;
  const scope: ReportScope = {
    fromMs: from,
    untilMs: until,
    ...(country !== undefined && { countryCode: country }),
    ...(place !== undefined && { placeId: place }),
    ...(station !== undefined && { stationId: station }),
    ...(blocks !== undefined && { asOfBlock: blocks - 1 }),
  };
  const file = await takeReport(door, scope);
  if (blocks !== undefined && proofs !== undefined) {
    mkdirSync(proofs, { recursive: true, mode: 0o700 });
    for (const { cdr } of file.records)
      writeFileSync(proofIn(proofs, cdr.sessionId), await proofText(door, cdr.sessionId, blocks), PRIVATE);
  }
  if (options.out === undefined) process.stdout.write(`${reportText(file)}\n`);
  else {
    writeFileSync(options.out, reportText(file), PRIVATE);
    process.stdout.write(tableOf(file.report));
  }
}

async function verify(path: string, options: VerifyOptions): Promise<void> {
  if ((options.checkpoint === undefined) !== (options.proofs === undefined))
    throw new Error('--checkpoint and --proofs are given together or not at all');
  const file = authorityFile.parse(JSON.parse(readFileSync(path, 'utf8')));
  const { checkpoint, proofs } = options;
  const { firstFailure, proven } = await judge(
    file,
    checkpoint === undefined || proofs === undefined
      ? undefined
      : {
          checkpoint: readFileSync(checkpoint, 'utf8'),
          bundleOf: (sessionId) => readFileSync(proofIn(proofs, sessionId), 'utf8'),
        },
  );
  const holds = firstFailure === undefined;
  const count = file.records.length;
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ holds, firstFailure: firstFailure ?? null, records: count, proven })}\n`
      : holds
        ? `${tableOf(file.report)}holds: ${count} records add up to it, ${proven} of them proven from the ledger\n`
        : `does not hold: ${firstFailure}\n`,
  );
  process.exitCode = holds ? EXIT_CODES.ok : EXIT_CODES.checkFailed;
}

const instant = (text: string): number => {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new InvalidArgumentError('expected an instant such as 2026-07-01T00:00:00Z.');
  return ms;
};

const takeCommand = (): Command =>
  new Command('take')
    .description('ask a utility’s gateway for a report, as an authority')
    .requiredOption('--utility <id>', 'whose gateway is asked, such as USDUK')
    .requiredOption('--from <instant>', 'first instant at which a session may have ended', instant)
    .requiredOption('--until <instant>', 'first instant after the period', instant)
    .option('--country <code>', 'only of stations in this country')
    .option('--place <id>', 'only of this place')
    .option('--station <id>', 'only of this station')
    .option(
      '--doors <file>',
      'gateways to ask and the authority’s key (default: of the latest `npm start` here)',
    )
    .option('--checkpoint <file>', 'with --proofs: the checkpoint that records are to be proven with')
    .option('--proofs <folder>', 'take what proves each record, too')
    .option('--out <file>', 'where to write; standard output without it')
    .action((options: TakeOptions) => orRefuse(() => take(options)));

const verifyReportCommand = (): Command =>
  new Command('verify')
    .description(
      'whether a report holds: its sums by its records, each record by the ledger; nobody is asked',
    )
    .argument('<report>', 'file of `roamgrid report take`')
    .option('--checkpoint <file>', 'what you trust: the state of the channel that several utilities signed')
    .option('--proofs <folder>', 'bundles of the records, as `take --proofs` writes them')
    .option('--json', 'print one JSON object: holds, firstFailure, records, proven')
    .action((path: string, options: VerifyOptions) => orRefuse(() => verify(path, options)));

/** `roamgrid report` */
export function reportCommand(): Command {
  return new Command('report')
    .description('energy, money and tax by period and place, for authorities, proven from the ledger')
    .addCommand(takeCommand())
    .addCommand(verifyReportCommand());
}
