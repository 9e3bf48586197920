import { charactersOf } from './alphabet.ts';
import { isConsistent } from './check-character.ts';
import type { CinHint } from './errors.ts';
import { findMisplaced } from './layout.ts';

/** Characters that people and printers take for one another. */
const LOOK_ALIKES: Readonly<Record<string, string>> = {
  '0': 'ODQ',
  O: '0QD',
  D: '0O',
  Q: '0O',
  '1': 'IL7',
  I: '1L',
  L: '1I',
  '7': '1T',
  T: '7',
  '2': 'Z',
  Z: '2',
  '5': 'S',
  S: '5',
  '8': 'B',
  B: '8',
  '6': 'G',
  G: '6',
  U: 'V',
  V: 'UY',
  Y: 'V',
  M: 'N',
  N: 'M',
};

const isRight = (fifteen: string): boolean => findMisplaced(fifteen) === undefined && isConsistent(fifteen);

const replaced = (characters: readonly string[], index: number, ...by: readonly string[]): string =>
  [...characters.slice(0, index), ...by, ...characters.slice(index + by.length)].join('');

/** The single slips that would explain a refused text of 15 characters: swaps of neighbours, then look-alikes. */
export const findHints = (fifteen: string): readonly CinHint[] => {
  const characters = charactersOf(fifteen);
  const swaps = characters.flatMap((character, index): readonly CinHint[] => {
    const next = characters[index + 1];
    if (next === undefined || next === character) return [];
    return isRight(replaced(characters, index, next, character))
      ? [{ kind: 'adjacent-swap', position: index + 1 }]
      : [];
  });
  const misread = characters.flatMap((read, index): readonly CinHint[] =>
    charactersOf(LOOK_ALIKES[read] ?? '')
      .filter((meant) => isRight(replaced(characters, index, meant)))
      .map((meant) => ({ kind: 'look-alike', position: index + 1, read, meant })),
  );
  return [...swaps, ...misread];
};

/** One sentence for the person at the keypad. */
export const describeHint = (hint: CinHint): string =>
  hint.kind === 'adjacent-swap'
    ? `characters ${hint.position} and ${hint.position + 1} may be swapped`
    : `character ${hint.position} may be ${hint.meant} instead of ${hint.read}`;

/** What to do about a refused text: the likely slips, or where to look. */
export const describeHints = (hints: readonly CinHint[]): string =>
  hints.length === 0
    ? 'at least one character is wrong: compare each with the card'
    : hints.map(describeHint).join(', or ');
