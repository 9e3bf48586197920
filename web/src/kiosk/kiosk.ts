import { h, patch } from '../shared/dom.ts';
import { languageChooser } from '../shared/language/chooser.ts';
import { find, whyOf } from '../shared/load.ts';
import { announcement } from './announcement.ts';
import { NoAnswer, station, type State } from './api.ts';
import { render } from './screens.ts';
import { SpokenLanguage } from './spoken-language.ts';
import { speechIn } from './words/speech.ts';

/** Kiosk page: shows the outlet's state and sends the driver's steps. The state lives in the station, never here. */
const main = find('main');
const announce = find('announce');
const info = await station.info();
find('operator').textContent = info.operatorName;
find('place').textContent = info.stationName;

const spoken = new SpokenLanguage(navigator.languages, () => {
  speak();
  if (last !== undefined) redraw(last);
});
let speech = speechIn(spoken.now);
let shown: State['screen'] | undefined;
let last: State | undefined;

/** Everything of the page that is not a screen, in the present language. */
function speak(): void {
  speech = speechIn(spoken.now);
  const { page } = speech.words;
  document.documentElement.lang = speech.language;
  document.title = page.title;
  find('skip').textContent = page.skip;
  find('outlet').textContent = page.outlet(info.evseId);
  find('language-choice').replaceChildren(
    languageChooser(page.language, speech.language, (language) => {
      spoken.choose(language);
      find('language').focus();
    }),
  );
}

function showTrouble(why: HTMLElement | string): void {
  main.querySelector('.problem.transient')?.remove();
  main.prepend(h('p', { class: 'card problem transient', role: 'alert' }, why));
}

function run(step: () => Promise<unknown>): void {
  step().catch((error: unknown) => {
    showTrouble(error instanceof NoAnswer ? speech.words.page.noAnswer : whyOf(error));
  });
}

/** What a driver types and chooses on the first screen; it stays when only its language changes. */
const FIELDS = '#energy-choice, #time-choice, #cin';
type Field = HTMLInputElement | HTMLSelectElement;

function redraw(state: State): void {
  const given = state.screen === shown ? [...main.querySelectorAll<Field>(FIELDS)] : [];
  main.replaceChildren(render(state, { info, speech, run }));
  for (const { id, value } of given) (find(id) as Field).value = value;
  announce.textContent = announcement(state, speech);
}

function show(state: State): void {
  spoken.hear(state);
  last = state;
  if (state.screen !== shown) {
    redraw(state);
    // Not at the first drawing: focus that jumps on load would skip the page's head for a screen reader.
    if (shown !== undefined) main.focus();
    shown = state.screen;
    return;
  }
  // Typing and choosing on the first screen are not disturbed by what the reader says.
  if (state.screen === 'welcome') {
    find('reader').textContent = speech.words.welcome.reader[state.reader];
    return;
  }
  const wanted = render(state, { info, speech, run });
  const present = main.querySelector(':scope > :not(.transient)');
  if (present) patch(present, wanted);
  const words = announcement(state, speech);
  const isAsked = state.screen === 'offer' || (state.screen === 'charging' && state.next !== undefined);
  if (isAsked && announce.textContent !== words) announce.textContent = words;
}

speak();
station.watch(show, () => {
  announce.textContent = speech.words.page.connecting;
});
