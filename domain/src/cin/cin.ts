import { err, ok, type Result } from '../result/index.ts';
import { canonical, charactersOf } from './alphabet.ts';
import { checkCharacterOf, isConsistent } from './check-character.ts';
import type { CinError } from './errors.ts';
import { describeHints, findHints } from './hints.ts';
import {
  checkLength,
  CIN_LENGTH,
  CUSTOMER_LENGTH,
  findMisplaced,
  firstFourteen,
  type Cin,
} from './layout.ts';

/** More than this is no display form of a CIN, and is not worth the work of reading. */
const MAX_TEXT_LENGTH = 64;

const findMismatch = (fifteen: string): CinError | undefined => {
  if (isConsistent(fifteen)) return undefined;
  const expected = checkCharacterOf(fifteen.slice(0, CIN_LENGTH - 1));
  const character = fifteen.charAt(CIN_LENGTH - 1);
  return {
    code: 'CIN_CHECK',
    message: `the check character is ${character}, but the other characters need ${expected}`,
    position: CIN_LENGTH,
    character,
    expected,
    hints: [],
  };
};

const withHints = (error: CinError, fifteen: string): CinError => {
  if (error.code === 'CIN_LENGTH') return error;
  const hints = findHints(fifteen);
  return { ...error, message: `${error.message}; ${describeHints(hints)}`, hints };
};

/** The true cause of a text that is one character short: an eMAID may leave its check character out, a CIN may not. */
const withCause = (error: CinError, text: string): CinError => {
  if (error.code !== 'CIN_LENGTH' || error.length !== CIN_LENGTH - 1) return error;
  const fourteen = canonical(text);
  if (findMisplaced(fourteen) !== undefined) return error;
  const message = `${error.message}: this is an eMAID without its check character, which would be ${checkCharacterOf(fourteen)}`;
  return { ...error, message };
};

/**
 * Reads a CIN. Lower case, spaces, stars and hyphens are display forms and are taken; anything else is refused with what is
 * wrong and where. Every wrong single character and every swap of neighbours is refused.
 */
export const parseCin = (text: string): Result<Cin, CinError> => {
  const fifteen = checkLength(text.length > MAX_TEXT_LENGTH ? text : canonical(text));
  if (!fifteen.ok) return err(withCause(fifteen.error, text));
  const error = findMisplaced(fifteen.value) ?? findMismatch(fifteen.value);
  return error === undefined ? ok(fifteen.value as Cin) : err(withHints(error, fifteen.value));
};

export interface CinRequest {
  /** Two letters. */
  readonly country: string;
  /** Three letters or digits, unique in the country. */
  readonly party: string;
  /** One of `CIN_SERVICES`. */
  readonly service: string;
  /** Seven letters or digits. */
  readonly customer: string;
}

const LENGTHS = { country: 2, party: 3, service: 1, customer: CUSTOMER_LENGTH } as const;

/** Which part of a {@link CinRequest} is not as long as it must be. */
export interface CinPartLengthError {
  readonly code: 'CIN_PART_LENGTH';
  readonly message: string;
  readonly part: keyof CinRequest;
}

/** Makes a CIN with its check character. Strict: upper case, exact lengths, nothing is padded. */
export const makeCin = (request: CinRequest): Result<Cin, CinError | CinPartLengthError> => {
  for (const part of ['country', 'party', 'service', 'customer'] as const) {
    const length = charactersOf(request[part]).length;
    if (length !== LENGTHS[part]) {
      const message = `${part} has ${LENGTHS[part]} characters, ${JSON.stringify(request[part].slice(0, 20))} has ${length}`;
      return err({ code: 'CIN_PART_LENGTH', message, part });
    }
  }
  const fourteen = firstFourteen(request.country + request.party, request.service, request.customer);
  const misplaced = findMisplaced(fourteen);
  return misplaced === undefined ? ok((fourteen + checkCharacterOf(fourteen)) as Cin) : err(misplaced);
};
