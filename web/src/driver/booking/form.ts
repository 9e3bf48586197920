import { h } from '../../shared/dom.ts';
import { whyOf } from '../../shared/load.ts';
import { chosen, labelled, placeField, searchField, type Choice, type StationChoice } from '../fields.ts';
import { speech } from '../words/speech.ts';
import {
  FIELD_OF,
  keyOf,
  leastPowerW,
  RANKS,
  type Card,
  type Draft,
  type Fault,
  type Field,
} from './wish.ts';

/** The form in which a driver says what he wishes. */

export interface FormView extends StationChoice {
  readonly draft: Draft;
  /** Cards that charge. */
  readonly cards: readonly Card[];
  readonly faults: readonly Fault[];
  /** Why one could not go on. */
  readonly failure: unknown;
  readonly goOn: () => void;
}

export const fieldId = (field: Field | 'search' | 'evse'): string => `book-${field}`;

type Attributes = NonNullable<Parameters<typeof h>[1]>;

/** What is wrong with a field, in words. */
const wrongWith = ({ faults }: FormView, field: Field): string | undefined => {
  const wrong = faults.find((fault) => FIELD_OF[fault] === field);
  return wrong && speech().words.booking.faults[wrong];
};

/** A control with its label, and what is wrong with it. */
const fieldOf = (view: FormView, label: string, control: HTMLElement, field?: Field): HTMLElement =>
  labelled(label, control, field && wrongWith(view, field));

const typed = (draft: Draft, name: 'start' | 'kWh' | 'kW', attributes: Attributes): HTMLInputElement => {
  const input = h('input', {
    ...attributes,
    id: fieldId(name),
    required: true,
    oninput: () => {
      draft[name] = input.value;
    },
  });
  input.value = draft[name];
  return input;
};

const outletField = (view: FormView): HTMLElement => {
  const { draft, places } = view;
  const { words, write } = speech();
  const place = places.find((each) => keyOf(each) === draft.place);
  const leastW = place && leastPowerW(place);
  const any = leastW === undefined ? '–' : words.booking.anyOutlet(write.power(leastW.toString()));
  const choices = (place?.outlets ?? []).map(({ evseId, maxPowerW }): Choice => [
    evseId,
    words.booking.oneOutlet(evseId, write.power(maxPowerW)),
  ]);
  const select = chosen(fieldId('evse'), [['', any], ...choices], draft.evseId, (value) => {
    draft.evseId = value;
  });
  return fieldOf(view, words.booking.outlet, select);
};

const patienceField = (view: FormView): HTMLElement => {
  const { patience, patiences } = speech().words.booking;
  // Whole numbers as keys stand in their order.
  const options = Object.entries(patiences);
  const { draft } = view;
  const select = chosen('book-patience', options, draft.patienceMinutes, (value) => {
    draft.patienceMinutes = value;
  });
  return fieldOf(view, patience, select);
};

const rankField = (view: FormView): HTMLElement => {
  const { rank, ranks } = speech().words.booking;
  const { draft } = view;
  const options = RANKS.map((each): Choice => [each, ranks[each]]);
  const select = chosen('book-rank', options, draft.rankBy, (value) => {
    draft.rankBy = RANKS.find((each) => each === value) ?? draft.rankBy;
  });
  return fieldOf(view, rank, select);
};

const cardField = (view: FormView): HTMLElement | undefined => {
  const { draft, cards } = view;
  if (cards.length < 2) return undefined;
  const options = cards.map(({ cinRef, printed }): Choice => [cinRef, printed]);
  const select = chosen('book-card', options, draft.cinRef, (value) => {
    draft.cinRef = value;
  });
  return fieldOf(view, speech().words.booking.card, select);
};

export const bookingForm = (view: FormView): HTMLElement => {
  const { draft, goOn, cards, failure } = view;
  const words = speech().words.booking;
  if (cards.length === 0) return h('p', { class: 'card problem' }, words.noCard);
  const number = { type: 'text', inputmode: 'decimal', autocomplete: 'off', maxlength: '8' };
  return h(
    'section',
    { class: 'card', 'aria-labelledby': 'step' },
    h('h1', { id: 'step', tabindex: '-1' }, words.title),
    h('p', { class: 'lead' }, words.lead),
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
      fieldOf(view, words.start, typed(draft, 'start', { type: 'datetime-local' }), 'start'),
      fieldOf(view, words.energy, typed(draft, 'kWh', number), 'kWh'),
      fieldOf(view, words.power, typed(draft, 'kW', number), 'kW'),
      patienceField(view),
      rankField(view),
      cardField(view),
      h('p', { class: 'problem', role: 'alert' }, ...(failure === undefined ? [] : [whyOf(failure)])),
      h('button', { type: 'submit', class: 'primary' }, words.goOn),
    ),
  );
};
