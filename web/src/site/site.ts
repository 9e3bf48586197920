import { facts, h, patch } from '../shared/dom.ts';
import { find, wordsOf } from '../shared/load.ts';
import { table } from '../shared/table.ts';
import { ask } from './access.ts';
import { reservations } from './axis.ts';
import { besideCards, type Beside } from './beside.ts';
import { flows } from './flows.ts';
import { settings } from './settings.ts';
import type { LoadView, SiteState, SourceView } from './state.ts';
import { clock, kW, plain, reasonText, thousands, whyOf } from './words.ts';

/** A site live on one screen: flows, each outlet's mode and state, servers, reservations, why each got what it got; its settings. */

const EVERY_MS = 2_000;

const card = (id: string, title: string, ...children: Node[]): HTMLElement =>
  h('section', { class: 'card', 'aria-labelledby': id }, h('h2', { id }, title), ...children);

const answers = ({ state, errorDetail }: SourceView | LoadView): string =>
  state === 'answers' ? 'answers' : `${state}${errorDetail === undefined ? '' : `: ${errorDetail}`}`;

const stored = ({ store }: SourceView): string =>
  store === undefined
    ? '–'
    : `${Math.round((100 * thousands(store.storedWh)) / thousands(store.capacityWh))} %`;

const guardText = ({ guard }: SiteState): string =>
  guard.trip === undefined
    ? `watches: ${kW(guard.measuredW)} measured of ${kW(guard.budgetW)}`
    : `tripped at ${clock(guard.trip.atMs)}: ${plain(guard.trip.cause)}; all loads are made safe`;

const overview = (state: SiteState): HTMLElement =>
  card(
    'card-flows',
    'Flows',
    flows(state),
    facts([
      ['Decided by', `${state.decidedBy ?? 'nobody yet'}, policy ${state.settings.policyId}`],
      ['Granted', kW(state.grantedW)],
      ['May be taken', kW(state.countedW)],
      ...(state.connection === undefined
        ? []
        : [['Connection', `${kW(state.connection.limitW)} by ${plain(state.connection.by)}`] as const]),
      ['Guard', guardText(state)],
    ]),
    ...(state.notices.length === 0
      ? []
      : [h('ul', { class: 'plain bad' }, ...state.notices.map(({ code }) => h('li', {}, plain(code))))]),
  );

const sources = (state: SiteState): HTMLElement =>
  card(
    'card-sources',
    'Sources',
    table(
      'Where power comes from',
      ['Source', 'Kind', 'Device', 'Why', 'Stored', 'Has', 'Gives'],
      state.sources.map((one) => [
        one.sourceId,
        one.kind ?? 'not known',
        answers(one),
        one.reasons.map(reasonText).join('; ') || 'in use as decided',
        stored(one),
        kW(one.availableW),
        kW(one.shareW),
      ]),
      4,
    ),
  );

const claimRows = (load: LoadView): readonly (readonly string[])[] =>
  load.claims.length === 0
    ? [[load.loadId, 'asks for nothing', '–', answers(load), '–', kW('0'), kW(load.measuredW)]]
    : load.claims.map((claim, at) => [
        claim.claimId === load.loadId ? load.loadId : `${load.loadId}: ${claim.claimId}`,
        `${plain(claim.kind)}, ${claim.ruledMode ?? claim.mode ?? 'no mode'}`,
        claim.state ?? (claim.urgency === 'ordinary' ? 'ordinary' : claim.urgency),
        answers(load),
        whyOf(claim),
        kW(claim.grantedW),
        at === 0 ? kW(load.measuredW) : '',
      ]);

const loads = (state: SiteState): HTMLElement =>
  card(
    'card-loads',
    'Outlets, servers and other loads',
    table(
      'Who gets how much, and why',
      ['Load', 'Kind and mode', 'State', 'Device', 'Why', 'Granted', 'Takes'],
      state.loads.flatMap(claimRows),
      5,
    ),
  );

let shown: SiteState | undefined;

const told = (outcome: string, isGood: boolean): void => {
  const place = find('outcome');
  place.textContent = outcome;
  place.className = isGood ? 'good' : 'bad';
  void refresh();
};

const troubles = ({ guard, notices }: SiteState): string =>
  [guard.state === 'tripped' ? 'The guard has tripped.' : '', ...notices.map(({ code }) => plain(code))].join(
    ' ',
  );

/** Settings are drawn anew only when they changed elsewhere: what is being written stays. */
const settingsKey = ({ settings: { version }, guard, nodes, loads: all }: SiteState): string =>
  [version, guard.state, ...nodes.map(({ limitW }) => limitW), ...all.map(({ loadId }) => loadId)].join();

function render(state: SiteState, beside: Beside): void {
  const live = h(
    'div',
    { id: 'live' },
    h('h1', {}, `Site ${state.siteId}`),
    h('p', { class: 'lead' }, `${clock(state.nowMs)}, decides every ${state.tickMs / 1000} s`),
    overview(state),
    loads(state),
    sources(state),
    card('card-kept', 'Reservations', ...reservations(state)),
    ...besideCards(beside),
  );
  // What has not changed stays in place, and with it the focus and a reader's place.
  patch(find('live'), live);
  if (shown === undefined || settingsKey(shown) !== settingsKey(state)) {
    const before = document.getElementById('outcome');
    find('settings').replaceChildren(settings(state, told));
    if (before !== null) find('outcome').replaceWith(before);
  }
  if (shown !== undefined && troubles(state) !== troubles(shown)) find('news').textContent = troubles(state);
  shown = state;
}

async function refresh(): Promise<void> {
  try {
    render(...(await Promise.all([ask<SiteState>('/site/v1/state'), ask<Beside>('/site/v1/beside')])));
    find('stale').hidden = true;
  } catch (error) {
    if (shown === undefined)
      find('live').replaceChildren(
        h('section', { class: 'card problem', role: 'alert' }, h('p', {}, wordsOf(error))),
      );
    find('stale').hidden = shown === undefined;
  }
}

await refresh();
setInterval(() => void refresh(), EVERY_MS);
