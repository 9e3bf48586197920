/** Numbers as publishers write them: with a point or a comma, with or without thousands, never through a guess twice. */

export type DecimalMark = '.' | ',';

/** Spaces of all kinds and apostrophes part thousands in some countries, and decimals in none. */
const SPACED = /(?<=\d)[ \u00a0\u2009\u202f'’](?=\d{3})/gu;

const PATTERNS: Readonly<Record<DecimalMark, RegExp>> = {
  '.': /^[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?(?:[eE][+-]?\d+)?$/u,
  ',': /^[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+)?(?:,\d*)?(?:[eE][+-]?\d+)?$/u,
};

/** A cell as plain decimal text, `12345.67`; undefined when it is no number in this style. */
export const decimalText = (cell: string, mark: DecimalMark): string | undefined => {
  const text = cell.replace(SPACED, '');
  if (!/\d/u.test(text) || !PATTERNS[mark].test(text)) return undefined;
  const joined = text
    .replaceAll(mark === '.' ? ',' : '.', '')
    .replace(',', '.')
    .replace(/^\+/u, '');
  return joined.replace(/^(-?)\./u, '$10.').replace(/\.(?=$|[eE])/u, '');
};

/**
 * A cell as plain decimal text, read by the column's mark, unless the cell itself can be read in one way only: `26,08` is no
 * thousands, whatever the others are.
 */
export const numberText = (cell: string, mark: DecimalMark): string | undefined => {
  const own = evidence(cell);
  return decimalText(cell, own === '.' || own === ',' ? own : mark);
};

export interface MarkFound {
  readonly mark: DecimalMark;
  /** A cell that may be read either way, when no other one tells. */
  readonly unclear?: string;
}

/** What one cell proves of the mark; `either` for `9,462` and `9.462`. */
const evidence = (cell: string): DecimalMark | 'either' | 'long' | 'none' => {
  const text = cell.replace(SPACED, '');
  const marks = text.match(/[.,]/gu) ?? [];
  const [last] = marks.slice(-1) as (DecimalMark | undefined)[];
  if (!/^[+-]?[\d.,]+(?:[eE][+-]?\d+)?$/u.test(text)) return 'none';
  if (last === undefined) return /\d{4}/u.test(text) ? 'long' : 'none';
  const other = last === '.' ? ',' : '.';
  if (new Set(marks).size > 1) return last;
  if (marks.length > 1) return other;
  const [before = '', after = ''] = text.replace(/^[+-]/u, '').split(last);
  return after.length !== 3 || before.length > 3 || before === '' || before.startsWith('0') ? last : 'either';
};

/**
 * The decimal mark of a column: proven by cells that can be read one way only. Where none can, `9,462` in a file parted by
 * commas is thousands, since a decimal comma would not have been chosen there, unless plain numbers of four digits stand among them.
 */
export const inferDecimalMark = (cells: Iterable<string>, separator: string): MarkFound => {
  const votes = { '.': 0, ',': 0 };
  let long = 0;
  let either = 0;
  let unclear: string | undefined;
  for (const cell of cells) {
    const found = evidence(cell);
    if (found === 'long') long += 1;
    else if (found === 'either') {
      either += 1;
      unclear ??= cell;
    } else if (found !== 'none') votes[found] += 1;
  }
  if (votes['.'] !== votes[',']) return { mark: votes[','] > votes['.'] ? ',' : '.' };
  if (unclear === undefined) return { mark: '.' };
  const seen: DecimalMark = unclear.includes(',') ? ',' : '.';
  if (long > 0 && either > long) return { mark: seen };
  if (separator === ',') return seen === '.' ? { mark: '.' } : { mark: '.', unclear };
  return { mark: seen, unclear };
};
