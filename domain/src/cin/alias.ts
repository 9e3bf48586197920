import { err, ok, type Result } from '../result/index.ts';
import { ALPHABET, canonical, charactersOf, valueOf } from './alphabet.ts';
import { makeCin } from './cin.ts';
import type { AliasError, NoAliasError } from './errors.ts';
import { cinParts, type Cin } from './layout.ts';
import { isMod97Consistent, mod97CheckDigits } from './mod97.ts';
import { describeServices } from './services.ts';

/**
 * The keypad alias of a CIN: 19 digits, `UUUUUUUU SS NNNNNNN KK`.
 *
 * - 8 digits: country and party in mixed radix (26 · 26 · 36 · 36 · 36 = 31,539,456 values), the routing key, so that
 *   here too the first portion alone selects the home AAA node;
 * - 2 digits: the value of the service character, 00 to 35;
 * - 7 digits: the customer number as it is;
 * - 2 digits: ISO 7064 MOD 97-10.
 *
 * Seven letters or digits are 36⁷ values and do not fit seven digits, so only a CIN whose customer number is all digits
 * has an alias; any other is refused as `CIN_HAS_NO_ALIAS`. The CIN's own check character is not carried: it follows
 * from the rest.
 */
declare const aliasBrand: unique symbol;

/** A checked alias: 19 digits. */
export type CinAlias = string & { readonly [aliasBrand]: true };

export const ALIAS_LENGTH = 19;

const MAX_TEXT_LENGTH = 64;
const FIRST_LETTER = valueOf('A');
const ISSUER_RADICES = [26, 26, 36, 36, 36] as const;
const ISSUERS = 31_539_456n;

const issuerNumber = (utility: string): bigint =>
  ISSUER_RADICES.reduce(
    (number, radix, index) =>
      number * BigInt(radix) + BigInt(valueOf(utility.charAt(index)) - (radix === 26 ? FIRST_LETTER : 0)),
    0n,
  );

const issuerOf = (number: bigint): string => {
  let rest = number;
  let utility = '';
  for (const radix of [...ISSUER_RADICES].reverse()) {
    const digit = Number(rest % BigInt(radix));
    utility = ALPHABET.charAt(digit + (radix === 26 ? FIRST_LETTER : 0)) + utility;
    rest /= BigInt(radix);
  }
  return utility;
};

/** The alias of a CIN whose customer number is all digits. */
export const aliasOf = (cin: Cin): Result<CinAlias, NoAliasError> => {
  const { utility, service, customer } = cinParts(cin);
  if (!/^\d+$/.test(customer)) {
    return err({
      code: 'CIN_HAS_NO_ALIAS',
      message: `customer number ${customer} has letters: only a customer number of seven digits has a keypad alias`,
    });
  }
  const serviceDigits = valueOf(service).toString().padStart(2, '0');
  const content = issuerNumber(utility).toString().padStart(8, '0') + serviceDigits + customer;
  return ok((content + mod97CheckDigits(content)) as CinAlias);
};

const checkDigits = (text: string): Result<string, AliasError> => {
  const digits = text.length > MAX_TEXT_LENGTH ? text : canonical(text);
  const length = charactersOf(digits).length;
  if (length !== ALIAS_LENGTH) {
    return err({
      code: 'ALIAS_LENGTH',
      message: `a keypad number has ${ALIAS_LENGTH} digits, this has ${length}`,
      length,
    });
  }
  const index = charactersOf(digits).findIndex((character) => !/^\d$/.test(character));
  const character = charactersOf(digits)[index];
  if (character !== undefined) {
    const message = `position ${index + 1} holds ${JSON.stringify(character)}: a keypad number has digits only`;
    return err({ code: 'ALIAS_CHARACTER', message, position: index + 1, character });
  }
  if (!isMod97Consistent(digits)) {
    const message =
      'the last two digits do not check the others: one digit is wrong or two neighbours are swapped';
    return err({ code: 'ALIAS_CHECK', message });
  }
  return ok(digits);
};

/** Reads a keypad alias into the CIN that it stands for; spaces and hyphens are taken. */
export const parseAlias = (text: string): Result<Cin, AliasError> => {
  const digits = checkDigits(text);
  if (!digits.ok) return digits;
  const issuer = BigInt(digits.value.slice(0, 8));
  if (issuer >= ISSUERS) {
    const message = `the first eight digits, ${digits.value.slice(0, 8)}, name no utility: the last is ${ISSUERS - 1n}`;
    return err({ code: 'ALIAS_ISSUER', message });
  }
  const utility = issuerOf(issuer);
  const service = ALPHABET.charAt(Number(digits.value.slice(8, 10)));
  const cin = makeCin({
    country: utility.slice(0, 2),
    party: utility.slice(2),
    service,
    customer: digits.value.slice(10, 17),
  });
  if (cin.ok) return cin;
  const message = `digits 9 and 10, ${digits.value.slice(8, 10)}, stand for no known service: ${describeServices()}`;
  return err({ code: 'ALIAS_SERVICE', message });
};

/** `2511 4669 1400 1234 571`, in groups of four as printed on cards. */
export const formatAlias = (alias: CinAlias): string => (alias.match(/.{1,4}/g) ?? []).join(' ');
