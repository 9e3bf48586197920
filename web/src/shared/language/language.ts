/** Languages that the drivers' pages speak, by ISO 639-1 code, each by its own name. A further one is a file of words a page. */
export const LANGUAGES = { en: 'English', de: 'Deutsch', es: 'Español' } as const;
export type Language = keyof typeof LANGUAGES;

export const isLanguage = (code: string): code is Language => Object.hasOwn(LANGUAGES, code);

/** The first wish that the pages can fulfil, such as `de` for `de-AT`; English when there is none. */
export const pickLanguage = (wishes: readonly string[]): Language =>
  wishes.map((wish) => wish.slice(0, 2).toLowerCase()).find(isLanguage) ?? 'en';

/** How numbers, money and times are written: as the browser's owner writes them, where that is in this language. */
export const localeOf = (language: Language, wishes: readonly string[] = navigator.languages): string =>
  wishes.find((wish) => wish.slice(0, 2).toLowerCase() === language) ?? language;
