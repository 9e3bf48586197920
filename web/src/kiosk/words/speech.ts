import { formatsIn, type Formats } from '../../shared/format.ts';
import { localeOf, type Language } from '../../shared/language/language.ts';
import { english, type KioskWords } from './english.ts';
import { german } from './german.ts';
import { spanish } from './spanish.ts';

const WORDS: Readonly<Record<Language, KioskWords>> = { en: english, de: german, es: spanish };

/** How the kiosk speaks: its words, and how it writes numbers, money and times. */
export interface Speech {
  readonly language: Language;
  readonly words: KioskWords;
  readonly write: Formats;
}

export const speechIn = (language: Language): Speech => ({
  language,
  words: WORDS[language],
  write: formatsIn(localeOf(language)),
});
