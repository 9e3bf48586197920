import { energy } from '../shared/format.ts';
import { h } from '../shared/dom.ts';
import { station, type Of, type Swipe } from './api.ts';
import { readQrPicture } from './scan-qr.ts';
import type { Surroundings } from './screens.ts';

const PLANS: readonly (readonly [string, number])[] = [
  ['30 minutes', 30 * 60_000],
  ['1 hour', 3_600_000],
  ['2 hours', 2 * 3_600_000],
  ['4 hours', 4 * 3_600_000],
];

/** First screen: identify by card, QR code or keypad (ROAM-2). Choices made here shape the estimate, not the bill. */
export function welcome(state: Of<'welcome'>, { info, run }: Surroundings): HTMLElement {
  const tell = () => run(() => station.choose(choice()));
  const energySelect = h(
    'select',
    { id: 'energy-choice', onchange: tell },
    ...info.energyChoicesWh.map((wh) => h('option', { value: wh }, energy(wh))),
  );
  const timeSelect = h(
    'select',
    { id: 'time-choice', onchange: tell },
    ...PLANS.map(([text, ms]) => h('option', { value: String(ms), selected: ms === 3_600_000 }, text)),
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
      h('h1', {}, 'Charge with your own card'),
      h(
        'p',
        { class: 'lead' },
        'Any utility of the roaming network. You see the price first; one bill comes from home.',
      ),
      h('label', { for: 'energy-choice' }, 'How much energy?'),
      energySelect,
      h('label', { for: 'time-choice' }, 'How long will you stay?'),
      timeSelect,
      h('p', { id: 'reader', role: 'status' }, readerText(state)),
      ...qrPart(swipe),
    ),
    keypadPart(swipe),
  );
}

type SwipeBy = (cin: string, method: Swipe['method']) => void;

const READER: Readonly<Record<Of<'welcome'>['reader'], string>> = {
  none: 'The card reader is not available. Scan a code or enter your number.',
  ready: 'Hold your card to the reader.',
  unreadable: 'The card could not be read. Hold it to the reader again.',
  'several-cards': 'There is more than one card at the reader. Hold one alone.',
  'removed-too-soon': 'The card was taken away too soon. Hold it to the reader a little longer.',
};

/** What the station's card reader says, in the driver's words. */
export const readerText = ({ reader }: Of<'welcome'>): string => READER[reader];

function qrPart(swipe: SwipeBy): HTMLElement[] {
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
        if (text === undefined)
          message.textContent = 'No QR code could be read. Hold it straight and try again.';
        else swipe(text, 'qr');
      });
    },
  });
  const open = h('button', { type: 'button', onclick: () => input.click() }, 'Scan a QR code');
  return [open, input, message];
}

function keypadPart(swipe: SwipeBy): HTMLElement {
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
    h('h2', {}, 'Or enter your number'),
    h('label', { for: 'cin' }, 'Consumer identity number (CIN) or its 19 digits'),
    input,
    h(
      'p',
      { id: 'cin-hint', class: 'lead' },
      'Printed on the front of your card, for example US ALP C E 0012345 and one check character.',
    ),
    h(
      'div',
      { class: 'keypad', role: 'group', 'aria-label': 'Number pad' },
      ...['1', '2', '3', '4', '5', '6', '7', '8', '9'].map((digit) => key(digit, digit, type(digit))),
      key('⌫', 'Erase the last character', erase),
      key('0', '0', type('0')),
      h('button', { type: 'submit', class: 'primary' }, 'Go'),
    ),
    h(
      'div',
      { class: 'keypad letters', role: 'group', 'aria-label': 'Letter pad' },
      ...Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ', (letter) => key(letter, letter, type(letter))),
    ),
  );
}
