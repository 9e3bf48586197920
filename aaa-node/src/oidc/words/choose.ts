import { english, type SignInWords } from './english.ts';
import { german } from './german.ts';
import { spanish } from './spanish.ts';

const WORDS: Readonly<Record<string, SignInWords>> = { en: english, de: german, es: spanish };
export const SIGN_IN_LANGUAGES = Object.keys(WORDS);

/**
 * The words for a reader: in the first language that the app asked for and that there are words for, else the browser's,
 * else English. Spec: OpenID Connect Core §3.1.2.1, `ui_locales`.
 * @param accepted picks one of the languages by the request's `accept-language`
 */
export const signInWords = (
  uiLocales: unknown,
  accepted: (languages: string[]) => string | false,
): SignInWords => {
  const wished = typeof uiLocales === 'string' ? uiLocales.split(' ').map((wish) => wish.slice(0, 2)) : [];
  const language = wished.find((wish) => Object.hasOwn(WORDS, wish)) ?? accepted(SIGN_IN_LANGUAGES);
  return (language === false ? undefined : WORDS[language]) ?? english;
};
