import { h } from '../shared/dom.ts';

export const button = (text: string, onclick: () => void, kind = '') =>
  h('button', { type: 'button', class: kind, onclick }, text);
