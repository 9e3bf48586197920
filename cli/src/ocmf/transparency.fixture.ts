import { verdictOf } from './verdict.ts';

/** How many records of a file verify, and how many do not, by the code. */
export type Row = Readonly<Record<string, number>>;

const plain = (text: string): string =>
  text
    .replace(/<!\[CDATA\[([\s\S]*?)\]\]>/g, '$1')
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .trim();

/** Judges every record of a transparency file by the key that stands beside it. */
export const verdictsOfFile = (xml: string): Row => {
  const row: Record<string, number> = {};
  for (const [, value = ''] of xml.matchAll(/<value\b[^>]*>([\s\S]*?)<\/value>/g)) {
    const [, , record = ''] = /<(signedData|encodedData)\b[^>]*>([\s\S]*?)<\/\1>/.exec(value) ?? [];
    const [, key = ''] = /<publicKey\b[^>]*>([\s\S]*?)<\/publicKey>/.exec(value) ?? [];
    const { verified, code = '' } = verdictOf(plain(record), plain(key));
    const verdict = verified ? 'verified' : code;
    row[verdict] = (row[verdict] ?? 0) + 1;
  }
  return row;
};
