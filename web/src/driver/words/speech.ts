import { formatsIn, type Formats } from '../../shared/format.ts';
import { isLanguage, localeOf, pickLanguage, type Language } from '../../shared/language/language.ts';
import { english, type DriverWords } from './english.ts';
import { german } from './german.ts';
import { spanish } from './spanish.ts';

const WORDS: Readonly<Record<Language, DriverWords>> = { en: english, de: german, es: spanish };
/** A choice outlives the visit; it is the only thing that the page keeps of the reader. */
const CHOSEN_KEY = 'roamgrid-language';

/** How the page speaks: its words, and how it writes numbers, money and times. */
export interface Speech {
  readonly language: Language;
  readonly words: DriverWords;
  readonly write: Formats;
}

const speechIn = (language: Language): Speech => ({
  language,
  words: WORDS[language],
  write: formatsIn(localeOf(language)),
});

const atFirst = (): Language => {
  const chosen = localStorage.getItem(CHOSEN_KEY) ?? '';
  return isLanguage(chosen) ? chosen : pickLanguage(navigator.languages);
};

let now: Speech | undefined;

/** The present speech: of the language that was chosen here, else of the browser's. */
export const speech = (): Speech => (now ??= speechIn(atFirst()));

export function speakIn(language: Language): void {
  localStorage.setItem(CHOSEN_KEY, language);
  now = speechIn(language);
}
