import { h } from '../../shared/dom.ts';
import { whyOf } from '../../shared/load.ts';
import { keyOf, type Card } from '../booking/wish.ts';
import { chosen, labelled, placeField, searchField, type Choice, type StationChoice } from '../fields.ts';
import { speech } from '../words/speech.ts';
import { ownSlots, type Booked } from './slots.ts';
import { FIELD_OF, HOURS, startsOf, WHENS, type Draft, type Fault, type Field } from './wish.ts';

/** The form in which a driver says for what he wants a token. */

export interface FormView extends StationChoice {
  readonly draft: Draft;
  /** Cards that charge. */
  readonly cards: readonly Card[];
  readonly booked: readonly Booked[];
  readonly faults: readonly Fault[];
  readonly failure: unknown;
  readonly isSending: boolean;
  readonly nowMs: () => number;
  readonly goOn: () => void;
}

export const fieldId = (field: Field | 'search' | 'when' | 'hours' | 'card'): string => `token-${field}`;

const wrongWith = ({ faults }: FormView, field: Field): string | undefined => {
  const wrong = faults.find((fault) => FIELD_OF[fault] === field);
  return wrong && speech().words.wallet.faults[wrong];
};

const outletField = (view: FormView): HTMLElement => {
  const { draft, places, redraw } = view;
  const { words, write } = speech();
  const place = places.find((each) => keyOf(each) === draft.place);
  const choices = (place?.outlets ?? []).map(({ evseId, maxPowerW }): Choice => [
    evseId,
    words.booking.oneOutlet(evseId, write.power(maxPowerW)),
  ]);
  const id = fieldId('evse');
  const select = chosen(id, [['', words.wallet.chooseOutlet], ...choices], draft.evseId, (value) => {
    draft.evseId = value;
    draft.start = '';
    redraw(id);
  });
  return labelled(words.booking.outlet, select, wrongWith(view, 'evse'));
};

/** Charge now, or later today or tomorrow. */
const whenField = ({ draft, redraw }: FormView): HTMLElement => {
  const { when, whens } = speech().words.wallet;
  return h(
    'fieldset',
    { class: 'whens' },
    h('legend', {}, when),
    ...WHENS.map((each) => {
      const id = `${fieldId('when')}-${each}`;
      const radio = h('input', {
        ...{ type: 'radio', id, name: fieldId('when'), value: each, checked: draft.when === each },
        onchange: () => {
          draft.when = each;
          draft.start = '';
          redraw(id);
        },
      });
      return h('label', { for: id }, radio, whens[each]);
    }),
  );
};

const startField = (view: FormView): HTMLElement | undefined => {
  const { draft, booked, nowMs } = view;
  if (draft.when === 'now') return undefined;
  const { words, write } = speech();
  const starts = startsOf(draft, booked, nowMs());
  const choices = starts.map((atMs): Choice => [atMs.toString(), write.day(atMs)]);
  const none: Choice = ['', starts.length === 0 ? words.wallet.noStart : words.wallet.chooseStart];
  const select = chosen(fieldId('start'), [none, ...choices], draft.start, (value) => {
    draft.start = value;
  });
  const field = labelled(words.wallet.start, select, wrongWith(view, 'start'));
  const [first = 0] = starts;
  const last = starts.at(-1) ?? first;
  const isBooked = ownSlots(booked, draft.evseId, { fromMs: first, untilMs: last + 1 }).length > 0;
  if (isBooked) field.append(h('p', { class: 'lead' }, words.wallet.booked));
  return field;
};

const hoursField = ({ draft }: FormView): HTMLElement => {
  const { hours, hoursOf } = speech().words.wallet;
  const choices = HOURS.map((each): Choice => [each, hoursOf(Number(each))]);
  const select = chosen(fieldId('hours'), choices, draft.hours, (value) => {
    draft.hours = HOURS.find((each) => each === value) ?? draft.hours;
  });
  return labelled(hours, select);
};

const energyField = (view: FormView): HTMLElement => {
  const { draft } = view;
  const input = h('input', {
    ...{ id: fieldId('kWh'), type: 'text', inputmode: 'decimal', autocomplete: 'off', maxlength: '8' },
    required: true,
    oninput: () => {
      draft.kWh = input.value;
    },
  });
  input.value = draft.kWh;
  return labelled(speech().words.booking.energy, input, wrongWith(view, 'kWh'));
};

const cardField = ({ draft, cards }: FormView): HTMLElement | undefined => {
  if (cards.length < 2) return undefined;
  const options = cards.map(({ cinRef, printed }): Choice => [cinRef, printed]);
  const select = chosen(fieldId('card'), options, draft.cinRef, (value) => {
    draft.cinRef = value;
  });
  return labelled(speech().words.booking.card, select);
};

export const tokenForm = (view: FormView): HTMLElement => {
  const { cards, failure, isSending, goOn } = view;
  const { wallet, booking } = speech().words;
  if (cards.length === 0) return h('p', { class: 'card problem' }, booking.noCard);
  return h(
    'section',
    { class: 'card', 'aria-labelledby': 'get' },
    h('h2', { id: 'get', tabindex: '-1' }, wallet.get),
    h('p', { class: 'lead' }, wallet.getLead),
    h(
      'form',
      {
        class: 'fields',
        // What is wrong is told in the page's language, not in the browser's.
        novalidate: true,
        onsubmit: (event) => {
          event.preventDefault();
          goOn();
        },
      },
      searchField(fieldId('search'), view),
      placeField(fieldId('place'), view, wrongWith(view, 'place')),
      outletField(view),
      whenField(view),
      startField(view),
      // Where the time is wrong and there is no field for it, the choice above says so.
      view.draft.when === 'now' && wrongWith(view, 'start') !== undefined
        ? h('p', { class: 'bad', id: fieldId('start'), tabindex: '-1' }, wrongWith(view, 'start'))
        : undefined,
      hoursField(view),
      energyField(view),
      cardField(view),
      h('p', { class: 'problem', role: 'alert' }, ...(failure === undefined ? [] : [whyOf(failure)])),
      h('button', { type: 'submit', class: 'primary', disabled: isSending }, wallet.goOn),
    ),
  );
};
