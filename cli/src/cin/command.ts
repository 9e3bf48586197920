import {
  aliasOf,
  andThen,
  describeServices,
  formatAlias,
  makeCin,
  mapOk,
  parseCin,
  parseCinEntry,
  readContractId,
  readEvseId,
} from '@roamgrid/domain';
import type { Cin, Result } from '@roamgrid/domain';
import { Command } from 'commander';
import { describeReport, reportOf, type CinRefusal } from './report.ts';

/** `roamgrid cin`: reads, makes and abbreviates consumer identity numbers. */

const EXIT_USAGE = 2;
const EXIT_INVALID = 3;

interface OutputOptions {
  readonly json?: true;
}

interface MakeOptions extends OutputOptions {
  readonly country: string;
  readonly utility: string;
  readonly service: string;
  readonly customer: string;
}

/** Prints the value, or the refusal and leaves exit code 3. JSON goes to standard output whichever it is. */
const answer = <T>(
  result: Result<T, CinRefusal['error']>,
  { json }: OutputOptions,
  print: { readonly asJson: (value: T) => object; readonly asText: (value: T) => string },
): void => {
  if (!result.ok) {
    process.exitCode = EXIT_INVALID;
    const refusal: CinRefusal = { valid: false, error: result.error };
    if (json) console.log(JSON.stringify(refusal, undefined, 2));
    else console.error(`${result.error.code}: ${result.error.message}`);
    return;
  }
  console.log(json ? JSON.stringify(print.asJson(result.value), undefined, 2) : print.asText(result.value));
};

const whole = { asJson: (cin: Cin) => reportOf(cin), asText: describeReport };

export const cinCommand = (): Command => {
  const cin = new Command('cin')
    .description('consumer identity numbers (CIN): check, make, keypad alias')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : EXIT_USAGE))
    .addHelpText(
      'after',
      `
A CIN is CC UUU C S NNNNNNN K: country, utility, the constant C, service, customer number, check character
(ISO 15118-1 Annex H). Services: ${describeServices()}.
A CIN whose customer number is seven digits has a keypad alias of 19 digits (ISO 7064 MOD 97-10).

Exit codes: 0 valid, ${EXIT_USAGE} wrong usage, ${EXIT_INVALID} not a valid CIN (the message says what is wrong and where).`,
    );

  cin
    .command('check')
    .description('read a CIN or a keypad alias; lower case, spaces, stars and hyphens are taken')
    .argument('<cin...>', 'the CIN, 15 letters and digits, or its alias, 19 digits')
    .option('--json', 'print one JSON object')
    .action((words: readonly string[], options: OutputOptions) => {
      answer(parseCinEntry(words.join(' ')), options, whole);
    });

  cin
    .command('contract')
    .description(
      'the CIN of a contract id (eMAID) of a record, which may lack its check character or its constant',
    )
    .argument('<id...>', 'the contract id')
    .option('--json', 'print one JSON object')
    .action((words: readonly string[], options: OutputOptions) => {
      answer(readContractId(words.join(' ')), options, {
        asJson: ({ cin: read, form }) => ({ ...reportOf(read), form }),
        asText: ({ cin: read, form }) => `${describeReport(read)}\n  form     ${form}`,
      });
    });

  cin
    .command('outlet')
    .description('the one spelling of an outlet id (EVSE id): ISO with or without separators, or DIN')
    .argument('<id...>', 'the outlet id')
    .option('--json', 'print one JSON object')
    .action((words: readonly string[], options: OutputOptions) => {
      answer(readEvseId(words.join(' ')), options, {
        asJson: (value) => value,
        asText: ({ evseId, form }) => `${evseId}  ${form}`,
      });
    });

  cin
    .command('make')
    .description('make a CIN with its check character and alias')
    .requiredOption('--country <CC>', 'two letters, ISO 3166-1')
    .requiredOption('--utility <UUU>', 'three letters or digits')
    .requiredOption('--service <S>', describeServices())
    .requiredOption('--customer <NNNNNNN>', 'seven letters or digits; leading zeros count')
    .option('--json', 'print one JSON object')
    .action(({ country, utility, service, customer, ...options }: MakeOptions) => {
      answer(makeCin({ country, party: utility, service, customer }), options, whole);
    });

  cin
    .command('alias')
    .description('print the keypad alias of a CIN')
    .argument('<cin...>', 'the CIN')
    .option('--json', 'print one JSON object')
    .action((words: readonly string[], options: OutputOptions) => {
      const pair = andThen(parseCin(words.join(' ')), (read) =>
        mapOk(aliasOf(read), (alias) => ({ cin: read, alias })),
      );
      answer(pair, options, {
        asJson: (value) => value,
        asText: ({ alias }) => formatAlias(alias),
      });
    });

  return cin;
};
