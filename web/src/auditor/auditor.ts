import { h } from '../shared/dom.ts';
import { find, wordsOf } from '../shared/load.ts';
import { table } from '../shared/table.ts';
import { list, sources as loadSources, type ListName, type Source } from './api.ts';
import { laneScreen } from './lanes.ts';
import { filterForm, isSection, queryOf, SECTIONS, type Section, type SectionName } from './sections.ts';
import { sessionScreen } from './session.ts';
import { verifyScreen } from './verify-files.ts';

/** Auditor page: list, filter and verify what stands on the ledger (ROAM-21). The address says what is shown. */
const main = find('main');
const announce = find('announce');
const PAGE_LENGTH = '50';

interface Screen {
  readonly content: readonly HTMLElement[];
  readonly said: string;
}

let source: Source;
let sources: readonly Source[] = [];
const nameOf = (id: string) => sources.find(({ utilityId }) => utilityId === id)?.name ?? id;

const problem = (text: string) => h('p', { class: 'card problem', role: 'alert' }, text);

/** A list with its filters; further pages are added below on demand. */
async function listScreen<N extends SectionName & ListName>(
  section: Section<N>,
  chosen: URLSearchParams,
): Promise<Screen> {
  const query = { ...queryOf(section.name, chosen), limit: PAGE_LENGTH };
  const first = await list(source.utilityId, section.name, query);
  const rowsOf = (items: typeof first.items) =>
    (items as Parameters<typeof section.row>[0][]).map((item) => section.row(item, nameOf));
  const shown = table(section.title, section.heads, rowsOf(first.items), section.numericFrom);
  let { cursor } = first;
  const more = h(
    'button',
    {
      type: 'button',
      onclick: () => {
        run(async () => {
          const next = await list(source.utilityId, section.name, { ...query, after: cursor ?? '' });
          ({ cursor } = next);
          const rows = table('', section.heads, rowsOf(next.items), section.numericFrom).querySelectorAll(
            'tbody tr',
          );
          shown.querySelector('tbody')?.append(...rows);
          if (cursor === undefined) more.remove();
          announce.textContent = `${next.items.length} more`;
        });
      },
    },
    'Show more',
  );
  const count = `${first.items.length}${cursor === undefined ? '' : ' and more'}`;
  const content = [
    h('h1', {}, section.title),
    h(
      'section',
      { class: 'card' },
      filterForm(section.name, chosen, sources),
      first.items.length === 0 ? h('p', {}, 'Nothing on the ledger matches.') : shown,
      cursor === undefined ? undefined : more,
      h('p', { class: 'lead' }, `As of block ${first.asOfBlock} at ${source.name}`),
    ),
  ];
  return { content, said: `${section.title}: ${count}` };
}

function screenAt(address: string): Promise<Screen> {
  const [path = '', query = ''] = address.replace(/^#\/?/, '').split('?');
  const [name = '', id] = path.split('/');
  const chosen = new URLSearchParams(query);
  if (name === 'lanes') return laneScreen(source, nameOf);
  if (name === 'verify') return Promise.resolve(verifyScreen());
  if (name === 'sessions' && id !== undefined) return sessionScreen(decodeURIComponent(id), source, sources);
  return listScreen(SECTIONS[isSection(name) ? name : 'sessions'] as Section<SectionName>, chosen);
}

function run(work: () => Promise<void>): void {
  work().catch((error: unknown) => {
    main.replaceChildren(problem(wordsOf(error)));
  });
}

let turn = 0;
function show(moveFocus: boolean): void {
  const mine = (turn += 1);
  const here = location.hash;
  const named = here.split(/[/?]/)[1] ?? '';
  const current = isSection(named) || named === 'lanes' || named === 'verify' ? named : 'sessions';
  for (const link of document.querySelectorAll('nav a')) {
    if (link.getAttribute('href') === `#/${current}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  run(async () => {
    const { content, said } = await screenAt(here);
    // A slow answer must not replace what was asked for later.
    if (mine !== turn) return;
    main.replaceChildren(...content);
    announce.textContent = said;
    if (moveFocus) main.focus();
  });
}

function sourcePicker(): HTMLElement {
  const select = h(
    'select',
    {
      id: 'source',
      onchange: () => {
        source = sources.find(({ utilityId }) => utilityId === select.value) ?? source;
        show(false);
      },
    },
    ...sources.map(({ utilityId, name }) => h('option', { value: utilityId }, name)),
  );
  return h(
    'section',
    { class: 'source', 'aria-label': 'Source' },
    h('label', { for: 'source' }, 'Ask the gateway of'),
    select,
  );
}

try {
  sources = await loadSources();
  const [first] = sources;
  if (!first) throw new Error('no gateway is known');
  source = first;
  const links = [
    ...Object.values(SECTIONS).map(({ name, title }) => [name, title]),
    ['lanes', 'Lanes'],
    ['verify', 'Verify files'],
  ];
  const nav = h(
    'nav',
    { 'aria-label': 'Records' },
    ...links.map(([name, title]) => h('a', { href: `#/${name ?? ''}` }, title)),
  );
  find('tools').replaceChildren(nav, sourcePicker());
  addEventListener('hashchange', () => {
    show(true);
  });
  show(false);
} catch (error) {
  main.replaceChildren(problem(`The page could not be loaded: ${wordsOf(error)}`));
}
