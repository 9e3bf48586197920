import { h } from './dom.ts';

export type Cell = string | Node;

/**
 * A table that scrolls inside its card on a phone, reachable by keyboard.
 * @param numericFrom first column that holds numbers, counted from 0; they stand on the right
 */
export function table(
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly Cell[])[],
  numericFrom: number = heads.length,
): HTMLElement {
  const kind = (i: number) => (i >= numericFrom ? 'n' : '');
  return h(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption },
    h(
      'table',
      {},
      h('caption', {}, caption),
      h('thead', {}, h('tr', {}, ...heads.map((head, i) => h('th', { class: kind(i), scope: 'col' }, head)))),
      h(
        'tbody',
        {},
        ...rows.map((row) => h('tr', {}, ...row.map((cell, i) => h('td', { class: kind(i) }, cell)))),
      ),
    ),
  );
}
