/** The 36 characters of a CIN in the order of their values: `0` is 0, `A` is 10, `Z` is 35. */
export const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** The value of a character, -1 when it is none of the 36. */
export const valueOf = (character: string): number =>
  character.length === 1 ? ALPHABET.indexOf(character) : -1;

/** Upper-case without the separators of a display form. ASCII letters only: `ı` must not turn into `I`. */
export const canonical = (text: string): string =>
  text.replace(/[\s*-]/g, '').replace(/[a-z]/g, (letter) => letter.toUpperCase());

/** A text's characters by code point: a keypad shows one glyph for an emoji, and so does an error message. */
export const charactersOf = (text: string): readonly string[] => Array.from(text);
