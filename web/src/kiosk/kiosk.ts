import { h, patch } from '../shared/dom.ts';
import { find, wordsOf } from '../shared/load.ts';
import { station, type State } from './api.ts';
import { announcement, render } from './screens.ts';
import { readerText } from './welcome.ts';

/** Kiosk page: shows the outlet's state and sends the driver's steps. The state lives in the station, never here. */
const main = find('main');
const announce = find('announce');
const info = await station.info();
find('operator').textContent = info.operatorName;
find('place').textContent = info.stationName;
find('outlet').textContent = `Outlet ${info.evseId}`;

let shown: State['screen'] | undefined;

function showTrouble(text: string): void {
  main.querySelector('.problem.transient')?.remove();
  main.prepend(h('p', { class: 'card problem transient', role: 'alert' }, text));
}

function run(step: () => Promise<unknown>): void {
  step().catch((error: unknown) => {
    showTrouble(wordsOf(error));
  });
}

function show(state: State): void {
  const wanted = render(state, { info, run });
  const present = main.querySelector(':scope > :not(.transient)');
  const words = announcement(state);
  if (state.screen === shown && present) {
    patch(present, wanted);
    const isAsked = state.screen === 'offer' || (state.screen === 'charging' && state.next !== undefined);
    if (isAsked && announce.textContent !== words) announce.textContent = words;
    return;
  }
  main.replaceChildren(wanted);
  announce.textContent = words;
  // Not at the first drawing: focus that jumps on load would skip the page's head for a screen reader.
  if (shown !== undefined) main.focus();
  shown = state.screen;
}

station.watch(
  (state) => {
    if (state.screen !== 'welcome' || shown !== 'welcome') show(state);
    // Typing and choosing on the first screen are not disturbed by what the reader says.
    else find('reader').textContent = readerText(state);
  },
  () => {
    announce.textContent = 'Connecting to the station …';
  },
);
