import { h } from '../shared/dom.ts';
import { station, type Of, type Swipe } from './api.ts';
import { readQrPicture } from './scan-qr.ts';
import type { Surroundings } from './surroundings.ts';
import type { KioskWords } from './words/english.ts';

const HOUR_MINUTES = 60;
const MINUTE_MS = 60_000;
/** How long drivers may say that they stay; the usual one is an hour. */
const PLANS_MINUTES = [30, HOUR_MINUTES, 2 * HOUR_MINUTES, 4 * HOUR_MINUTES];

const planText = (minutes: number, words: KioskWords['welcome']): string =>
  minutes < HOUR_MINUTES ? words.minutes(minutes) : words.hours(minutes / HOUR_MINUTES);

/** First screen: identify by card, QR code or keypad (ROAM-2). Choices made here shape the estimate, not the bill. */
export function welcome(state: Of<'welcome'>, { info, run, speech }: Surroundings): HTMLElement {
  const words = speech.words.welcome;
  const tell = () => run(() => station.choose(choice()));
  const energySelect = h(
    'select',
    { id: 'energy-choice', onchange: tell },
    ...info.energyChoicesWh.map((wh) => h('option', { value: wh }, speech.write.energy(wh))),
  );
  const timeSelect = h(
    'select',
    { id: 'time-choice', onchange: tell },
    ...PLANS_MINUTES.map((minutes) =>
      h(
        'option',
        { value: String(minutes * MINUTE_MS), selected: minutes === HOUR_MINUTES },
        planText(minutes, words),
      ),
    ),
  );
  const choice = () => ({ requestedEnergyWh: energySelect.value, plannedMs: Number(timeSelect.value) });
  const swipe = (cin: string, method: Swipe['method']) =>
    run(() => station.swipe({ cin, method, ...choice() }));

  return h(
    'div',
    { class: 'two' },
    h(
      'section',
      { class: 'card' },
      h('h1', {}, words.title),
      h('p', { class: 'lead' }, words.lead),
      h('label', { for: 'energy-choice' }, words.energy),
      energySelect,
      h('label', { for: 'time-choice' }, words.time),
      timeSelect,
      h('p', { id: 'reader', role: 'status' }, words.reader[state.reader]),
      ...qrPart(swipe, words),
    ),
    keypadPart(swipe, words),
  );
}

type SwipeBy = (cin: string, method: Swipe['method']) => void;

function qrPart(swipe: SwipeBy, words: KioskWords['welcome']): HTMLElement[] {
  const message = h('p', { role: 'alert' });
  const input = h('input', {
    type: 'file',
    accept: 'image/*',
    capture: 'environment',
    id: 'qr',
    // The button opens it; on its own it would be a second, nameless stop for the keyboard.
    hidden: true,
    onchange: () => {
      const [picture] = input.files ?? [];
      if (!picture) return;
      void readQrPicture(picture).then((text) => {
        if (text === undefined) message.textContent = words.noCode;
        else swipe(text, 'qr');
      });
    },
  });
  const open = h('button', { type: 'button', onclick: () => input.click() }, words.scan);
  return [open, input, message];
}

function keypadPart(swipe: SwipeBy, words: KioskWords['welcome']): HTMLElement {
  const input = h('input', {
    type: 'text',
    id: 'cin',
    class: 'cin',
    autocomplete: 'off',
    autocapitalize: 'characters',
    spellcheck: 'false',
    maxlength: '64',
    'aria-describedby': 'cin-hint',
  });
  const type = (character: string) => () => {
    input.value += character;
    input.focus();
  };
  const key = (text: string, label: string, onclick: () => void) =>
    h('button', { type: 'button', 'aria-label': label, onclick }, text);
  const erase = () => {
    input.value = input.value.slice(0, -1);
    input.focus();
  };
  return h(
    'form',
    {
      class: 'card',
      onsubmit: (event) => {
        event.preventDefault();
        swipe(input.value, 'keypad');
      },
    },
    h('h2', {}, words.number),
    h('label', { for: 'cin' }, words.cin),
    input,
    h('p', { id: 'cin-hint', class: 'lead' }, words.cinHint),
    h(
      'div',
      { class: 'keypad', role: 'group', 'aria-label': words.numberPad },
      ...['1', '2', '3', '4', '5', '6', '7', '8', '9'].map((digit) => key(digit, digit, type(digit))),
      key('⌫', words.erase, erase),
      key('0', '0', type('0')),
      h('button', { type: 'submit', class: 'primary' }, words.go),
    ),
    h(
      'div',
      { class: 'keypad letters', role: 'group', 'aria-label': words.letterPad },
      ...Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ', (letter) => key(letter, letter, type(letter))),
    ),
  );
}
