import fc from 'fast-check';
import { unwrap } from '../result/index.ts';
import { ALPHABET, charactersOf } from './alphabet.ts';
import { makeCin } from './cin.ts';
import { CIN_SERVICES } from './services.ts';

/** CINs for tests: a handful by name and arbitrary ones. */

const text = (characters: string, length: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...charactersOf(characters)), minLength: length, maxLength: length });

const DIGITS = ALPHABET.slice(0, 10);

const cinOf = (customer: fc.Arbitrary<string>) =>
  fc
    .record({
      country: text(ALPHABET.slice(10), 2),
      party: text(ALPHABET, 3),
      service: fc.constantFrom(...Object.keys(CIN_SERVICES)),
      customer,
    })
    .map((request) => unwrap(makeCin(request)));

export const anyCin = cinOf(text(ALPHABET, 7));
export const numericCin = cinOf(text(DIGITS, 7));

const sample = (utility: string, service: string, customer: string) =>
  unwrap(makeCin({ country: utility.slice(0, 2), party: utility.slice(2), service, customer }));

export const NUMERIC_SAMPLES = [
  sample('USALP', 'E', '0012345'),
  sample('USDUK', 'F', '9876543'),
  sample('USTVA', 'V', '1010101'),
  sample('AA000', 'S', '0000000'),
  sample('ZZZZZ', 'H', '9999999'),
];

export const SAMPLES = [...NUMERIC_SAMPLES, sample('DE8AA', 'E', 'A1B2C3D'), sample('CCCCC', 'E', 'CECECEC')];
