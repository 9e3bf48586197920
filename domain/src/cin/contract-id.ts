import { err, ok, type DomainError, type Result } from '../result/index.ts';
import { canonical, charactersOf } from './alphabet.ts';
import { checkCharacterOf } from './check-character.ts';
import { parseCin } from './cin.ts';
import type { CinError } from './errors.ts';
import { CIN_LENGTH, findMisplaced, type Cin } from './layout.ts';

/**
 * Contract ids (eMAID) as records of others have them. What a driver types, swipes or scans is read strictly by `parseCin`:
 * there the check character is what finds a slip. Records were checked by who wrote them, so here its absence is no fault.
 */

/** What a contract id lacked that a CIN has. */
export type ContractIdForm = 'whole' | 'without-check' | 'without-constant' | 'without-both';

export interface ReadContractId {
  readonly cin: Cin;
  readonly form: ContractIdForm;
}

export type ContractIdError = CinError | DomainError<'CONTRACT_ID_DIN'>;

const CONSTANT_AT = 5;
const DIN_LENGTH = 12;
/** More than this is no id, and is not worth the work of reading. */
const MAX_LENGTH = 64;

const withConstant = (text: string): string => `${text.slice(0, CONSTANT_AT)}C${text.slice(CONSTANT_AT)}`;
/** The CIN of fourteen characters whose check character is left out; undefined when they are none. */
const completed = (fourteen: string): Cin | undefined =>
  charactersOf(fourteen).length === CIN_LENGTH - 1 && findMisplaced(fourteen) === undefined
    ? ((fourteen + checkCharacterOf(fourteen)) as Cin)
    : undefined;

/** What a text that is too short for a CIN lacks. One reading at most: no service has the constant's letter. */
const reading = (text: string): ReadContractId | undefined => {
  const bare = completed(text);
  if (bare !== undefined) return { cin: bare, form: 'without-check' };
  const inserted = parseCin(withConstant(text));
  if (inserted.ok) return { cin: inserted.value, form: 'without-constant' };
  const both = completed(withConstant(text));
  return both && { cin: both, form: 'without-both' };
};

/**
 * Reads a contract id: whole, or without its check character, its constant `C`, or both, with stars, hyphens, spaces or
 * nothing between its parts.
 */
export const readContractId = (text: string): Result<ReadContractId, ContractIdError> => {
  const plain = text.length > MAX_LENGTH ? text : canonical(text);
  if (charactersOf(plain).length >= CIN_LENGTH) {
    const whole = parseCin(text);
    return whole.ok ? ok({ cin: whole.value, form: 'whole' }) : whole;
  }
  const found = reading(plain);
  if (found !== undefined) return ok(found);
  if (plain.length === DIN_LENGTH) {
    const message =
      'a contract id of DIN SPEC 91286 has six characters of its customer and no service, so no CIN follows from it: ask its issuer for the ISO form';
    return err({ code: 'CONTRACT_ID_DIN', message });
  }
  const refused = parseCin(text);
  return refused.ok ? ok({ cin: refused.value, form: 'whole' }) : refused;
};
