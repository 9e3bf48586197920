import { UtilityId } from '../ids/index.ts';
import { err, ok, unwrap, type Result } from '../result/index.ts';
import { charactersOf } from './alphabet.ts';
import type { CinError } from './errors.ts';
import {
  CIN_SERVICES,
  describeServices,
  isCinServiceCode,
  type CinService,
  type CinServiceCode,
} from './services.ts';

/** `CC UUU C S NNNNNNN K`: where each part of a CIN stands and what may stand there. */

declare const cinBrand: unique symbol;

/** A checked CIN in its canonical form: fifteen characters, upper case, no separators. */
export type Cin = string & { readonly [cinBrand]: true };

export interface CinParts {
  /** The routing key: country and party. Selects the home AAA node by itself. */
  readonly utility: UtilityId;
  readonly service: CinServiceCode;
  /** Seven letters or digits that only the home utility can tell apart. */
  readonly customer: string;
  readonly checkCharacter: string;
}

export const CIN_LENGTH = 15;
export const CUSTOMER_LENGTH = 7;

const CONSTANT = 'C';
const CONSTANT_AT = 6;
const SERVICE_AT = 7;

/** The first of the 15 positions whose character may not stand there, as an error without hints. */
export const findMisplaced = (fifteen: string): CinError | undefined => {
  for (const [index, character] of charactersOf(fifteen).entries()) {
    const position = index + 1;
    const at = { position, character, hints: [] };
    const says = `position ${position} holds ${JSON.stringify(character)}`;
    if (position <= 2 && !/^[A-Z]$/.test(character)) {
      return { code: 'CIN_CHARACTER', message: `${says}: a CIN starts with two letters of a country`, ...at };
    }
    if (!/^[A-Z0-9]$/.test(character)) {
      return {
        code: 'CIN_CHARACTER',
        message: `${says}: only the letters A-Z and digits 0-9 may stand there`,
        ...at,
      };
    }
    if (position === CONSTANT_AT && character !== CONSTANT) {
      return { code: 'CIN_CONSTANT', message: `${says}: the sixth character of a CIN is always C`, ...at };
    }
    if (position === SERVICE_AT && !isCinServiceCode(character)) {
      return { code: 'CIN_SERVICE', message: `${says}, not a known service: ${describeServices()}`, ...at };
    }
  }
  return undefined;
};

/** Puts the first 14 characters together; whoever calls checks what comes out. */
export const firstFourteen = (utility: string, service: string, customer: string): string =>
  `${utility}${CONSTANT}${service}${customer}`;

/** The parts of a CIN. */
export const cinParts = (cin: Cin): CinParts => {
  const service = cin.charAt(SERVICE_AT - 1);
  if (!isCinServiceCode(service)) throw new Error('cinParts: this CIN was not made by the checker');
  return {
    utility: unwrap(UtilityId.parse(cin.slice(0, 5))),
    service,
    customer: cin.slice(SERVICE_AT, CIN_LENGTH - 1),
    checkCharacter: cin.charAt(CIN_LENGTH - 1),
  };
};

/** What a CIN entitles its holder to: its second portion's first character decides. */
export const serviceOf = (cin: Cin): CinService => CIN_SERVICES[cinParts(cin).service];

/** `US-ALP-CE0012345-I`, the display form that is printed on cards. Spec: eMI3 contract id with separators. */
export const formatCin = (cin: Cin): string =>
  [cin.slice(0, 2), cin.slice(2, 5), cin.slice(5, 14), cin.slice(14)].join('-');

/** Refuses a text that is not as long as a CIN. */
export const checkLength = (text: string): Result<string, CinError> => {
  const length = charactersOf(text).length;
  if (length === CIN_LENGTH) return ok(text);
  const off = length < CIN_LENGTH ? `${CIN_LENGTH - length} missing` : `${length - CIN_LENGTH} too many`;
  return err({
    code: 'CIN_LENGTH',
    message: `a CIN has ${CIN_LENGTH} letters and digits, this has ${length} (${off})`,
    length,
  });
};
