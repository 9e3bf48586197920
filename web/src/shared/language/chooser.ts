import { h } from '../dom.ts';
import { isLanguage, LANGUAGES, type Language } from './language.ts';

/** Lets the reader choose the page's language. Each stands under its own name, and is read out in its own tongue. */
export function languageChooser(
  label: string,
  present: Language,
  choose: (language: Language) => void,
): HTMLElement {
  const select = h(
    'select',
    {
      id: 'language',
      'aria-label': label,
      onchange: () => {
        if (isLanguage(select.value)) choose(select.value);
      },
    },
    ...Object.entries(LANGUAGES).map(([code, name]) =>
      h('option', { value: code, lang: code, selected: code === present }, name),
    ),
  );
  return select;
}
