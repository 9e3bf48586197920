import { h } from './dom.ts';

export type Cell = string | Node;

/**
 * A table; on a phone each row becomes a card of its own with the column's head before each value, so that nothing hides to
 * the side. The roles are spelled out because a table that is laid out as anything else loses them.
 * @param numericFrom first column that holds numbers, counted from 0; they stand on the right
 */
export function table(
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly Cell[])[],
  numericFrom: number = heads.length,
): HTMLElement {
  const kind = (i: number) => (i >= numericFrom ? 'n' : '');
  const head = (text: string, i: number) =>
    h('th', { class: kind(i), scope: 'col', role: 'columnheader' }, text);
  const cell = (content: Cell, i: number) =>
    h(
      'td',
      { class: kind(i), role: 'cell' },
      h('span', { class: 'label', 'aria-hidden': 'true' }, heads[i] ?? ''),
      content,
    );
  return h(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption },
    h(
      'table',
      { role: 'table' },
      h('caption', {}, caption),
      h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, ...heads.map(head))),
      h('tbody', { role: 'rowgroup' }, ...rows.map((row) => h('tr', { role: 'row' }, ...row.map(cell)))),
    ),
  );
}
