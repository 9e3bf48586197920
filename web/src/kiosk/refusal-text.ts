import { sentence } from '../shared/format.ts';
import type { Of } from './api.ts';
import type { Speech } from './words/speech.ts';

type Refusal = Of<'refused'>['refusal'];

/** What exactly is wrong with a number is told in English alone; in other languages that it is wrong. */
const NUMBER_FAULT = /^(CIN|ALIAS|CONTRACT_ID)_/;

/**
 * Why it was refused and what to do, in the driver's language, or else in the English of who refused: then it is marked
 * as English, so that it is read out as such.
 */
export const refusalText = ({ code, message, remedy }: Refusal, { words, language }: Speech) => {
  const { because } = words.refused;
  const known = because[code] ?? (NUMBER_FAULT.test(code) ? because['CIN_INVALID'] : undefined);
  return known === undefined
    ? { message: sentence(message), remedy: sentence(remedy), lang: 'en' }
    : { ...known, lang: language };
};
