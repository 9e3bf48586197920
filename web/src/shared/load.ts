import { h } from './dom.ts';

/** What was asked for in vain, and will be when it is asked again. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/** Beside these, whoever asks again later may be answered otherwise. */
const LATER = [401, 408, 425, 429];
const isForGood = (status: number): boolean => status >= 400 && status < 500 && !LATER.includes(status);

/** An answer in JSON, or an error whose words can be shown. Problem details say what is wrong by themselves. */
export async function readJson<T>(response: Response, what: string): Promise<T> {
  if (response.ok) return (await response.json()) as T;
  const told = (await response.json().catch(() => ({}))) as { detail?: string };
  const why = told.detail ?? `${what} answered ${response.status}`;
  throw isForGood(response.status) ? new Refused(why) : new Error(why);
}

/** Ask the own server. */
export const load = async <T>(path: string): Promise<T> => readJson<T>(await fetch(path), path);

/** An element that the page's HTML must have. */
export function find(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element;
}

/** An error whose words are the page's own, in the language that it shows then. */
export class SaidByPage extends Error {
  readonly words: () => string;
  constructor(words: () => string) {
    super(words());
    this.words = words;
  }
}

/** What went wrong, to be shown: the page's own words in its language, and others', which are English, marked as such. */
export const whyOf = (error: unknown): HTMLElement =>
  error instanceof SaidByPage ? h('span', {}, error.words()) : h('span', { lang: 'en' }, wordsOf(error));

export const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
