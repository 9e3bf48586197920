import { makeCin, parseCinEntry } from '@roamgrid/domain';

/** A CIN with its right check character. */
export function cinOf(utility: string, customer: string, service = 'E'): string {
  const made = makeCin({ country: utility.slice(0, 2), party: utility.slice(2), service, customer });
  if (!made.ok) throw new Error(made.error.message);
  return made.value;
}

const RIGHT = cinOf('USALP', '0012345');
const swapped = RIGHT.slice(0, 12) + RIGHT.charAt(13) + RIGHT.charAt(12) + RIGHT.slice(14);

/** A keypad number whose check digits are right, whatever else is wrong with it. */
function withCheckDigits(content: string): string {
  for (let check = 0; check < 100; check += 1) {
    const text = content + check.toString().padStart(2, '0');
    const result = parseCinEntry(text);
    if (result.ok || result.error.code !== 'ALIAS_CHECK') return text;
  }
  throw new Error(`no check digits fit ${content}`);
}

/** One entry for each thing that can be wrong with what a driver enters, by the code that names it. */
export const WRONG_ENTRIES: Readonly<Record<string, string>> = {
  CIN_LENGTH: RIGHT.slice(0, 14),
  CIN_CHARACTER: `1${RIGHT.slice(1)}`,
  CIN_CONSTANT: `${RIGHT.slice(0, 5)}X${RIGHT.slice(6)}`,
  CIN_SERVICE: `${RIGHT.slice(0, 6)}Q${RIGHT.slice(7)}`,
  CIN_CHECK: swapped,
  ALIAS_LENGTH: '251146691400',
  ALIAS_CHECK: '2511466914001234517',
  ALIAS_ISSUER: withCheckDigits('99999999140012345'),
  ALIAS_SERVICE: withCheckDigits('25114669990012345'),
};

/** What is wrong with an entry, in the words for the driver. */
export function whatIsWrong(text: string): { readonly code: string; readonly message: string } {
  const result = parseCinEntry(text);
  if (result.ok) throw new Error(`${text} is right`);
  return result.error;
}
