import { Command } from 'commander';
import { EXIT_CODES } from '../exit-codes.ts';
import { processIo, type Io } from '../rate/io.ts';
import { verdictOf, type OcmfVerdict, type Side } from './verdict.ts';

interface Options {
  readonly key: string;
  readonly json?: true;
}

const sideText = ({ billable, at, kWh, register, clock, errorFlags, why }: Side): string =>
  billable
    ? `${kWh ?? ''} kWh, ${register ?? ''} register, at ${at ?? ''}, clock ${clock ?? ''}${errorFlags === 't' ? ', time flagged as unusable' : ''}`
    : `not billable: ${why ?? ''}`;

const printed = (verdict: OcmfVerdict): string => {
  const { verified, code = '', message = '', begin, end } = verdict;
  const rows: (readonly [string, string])[] = [
    ['signature', verified ? 'good' : `NOT GOOD: ${message} (${code})`],
  ];
  if (begin !== undefined && end !== undefined) {
    const { kind, number } = verdict.pagination ?? { kind: 'transaction', number: 0 };
    rows.push(
      ['meter', `${verdict.meter ?? ''}, curve ${verdict.curve ?? ''}, OCMF ${verdict.formatVersion ?? ''}`],
      ['record', `${kind} ${number}`],
      ['begin', sideText(begin)],
      ['end', sideText(end)],
      ['energy', verdict.energyKWh === undefined ? 'not billable' : `${verdict.energyKWh} kWh`],
      ...(verdict.leniencies ?? []).map((each) => ['read leniently', each] as const),
    );
  }
  return rows.map(([name, value]) => `${name.padEnd(16)}${value}\n`).join('');
};

const read = (io: Io, path: string): string | undefined => {
  try {
    return io.read(path);
  } catch (error) {
    io.err(`error: ${error instanceof Error ? error.message : String(error)} (FILE_UNREADABLE)\n`);
    io.exitCode(EXIT_CODES.refused);
    return undefined;
  }
};

const run = (file: string, { key, json }: Options, io: Io): void => {
  const record = read(io, file);
  const keyText = record === undefined ? undefined : read(io, key);
  if (record === undefined || keyText === undefined) return;
  const verdict = verdictOf(record, keyText);
  io.out(json ? `${JSON.stringify(verdict, null, 2)}\n` : printed(verdict));
  const isRefused = verdict.code === 'OCMF_MALFORMED' || verdict.code === 'OCMF_UNSUPPORTED';
  if (verdict.verified) io.exitCode(EXIT_CODES.ok);
  else io.exitCode(isRefused ? EXIT_CODES.refused : EXIT_CODES.checkFailed);
};

/** `roamgrid ocmf`: records of signing meters. */
export const ocmfCommand = (io: Io = processIo): Command => {
  const ocmf = new Command('ocmf').description('signed records of meters (OCMF)');
  ocmf
    .command('verify')
    .description('check the signature of a record and say what of it can be billed')
    .argument('<file>', 'the record, OCMF|…|…; - reads standard input')
    .requiredOption('--key <file>', "the meter's public key: PEM, or DER or the bare point in hex or base64")
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
The seven curves of OCMF are verified here; browsers have P-256 and P-384 only, so pages verify P-256 meters, as the ledger keeps.

Exit codes: 0 the signature is good, 2 wrong command line, 3 no record or no key that can be read, 4 the signature is not good.`,
    )
    .action((file: string, options: Options) => {
      run(file, options, io);
    });
  return ocmf;
};
