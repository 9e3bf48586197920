import { h } from '../../shared/dom.ts';
import { whyOf } from '../../shared/load.ts';
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
  type Place,
} from './wish.ts';

/** The form in which a driver says what he wishes. */

export interface FormView {
  readonly draft: Draft;
  readonly places: readonly Place[];
  readonly isMore: boolean;
  /** Cards that charge. */
  readonly cards: readonly Card[];
  readonly names: Readonly<Record<string, string>>;
  readonly faults: readonly Fault[];
  /** Why one could not go on. */
  readonly failure: unknown;
  /** What was looked for has changed. */
  readonly search: () => void;
  /** The station has changed, and with it its outlets. */
  readonly redraw: (focusOn: string) => void;
  readonly goOn: () => void;
}

export const fieldId = (field: Field | 'search' | 'evse'): string => `book-${field}`;

type Attributes = NonNullable<Parameters<typeof h>[1]>;

/** A control with its label, and what is wrong with it. */
const fieldOf = ({ faults }: FormView, label: string, control: HTMLElement, field?: Field): HTMLElement => {
  const words = speech().words.booking;
  const wrong = faults.find((fault) => FIELD_OF[fault] === field);
  const faultId = `${control.id}-fault`;
  if (wrong !== undefined) {
    control.setAttribute('aria-invalid', 'true');
    control.setAttribute('aria-describedby', faultId);
  }
  return h(
    'div',
    { class: 'field' },
    h('label', { for: control.id }, label),
    control,
    wrong === undefined ? undefined : h('p', { class: 'bad', id: faultId }, words.faults[wrong]),
  );
};

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

type Choice = readonly [value: string, text: string];

const option =
  (chosen: string) =>
  ([value, text]: Choice): HTMLElement =>
    h('option', { value, selected: value === chosen }, text);

const chosen = (
  id: string,
  options: readonly Choice[],
  value: string,
  choose: (value: string) => void,
): HTMLSelectElement => {
  const select = h(
    'select',
    {
      id,
      onchange: () => {
        choose(select.value);
      },
    },
    ...options.map(option(value)),
  );
  return select;
};

/** Stations by the utility that they are of, each utility under its own name. */
const placeField = (view: FormView): HTMLElement => {
  const { draft, places, names, redraw } = view;
  const words = speech().words.booking;
  const utilities = [...new Set(places.map(({ vun }) => vun))];
  const select = h(
    'select',
    {
      id: fieldId('place'),
      required: true,
      onchange: () => {
        draft.place = select.value;
        draft.evseId = '';
        redraw(select.id);
      },
    },
    h('option', { value: '' }, words.choosePlace),
    ...utilities.map((vun) =>
      h(
        'optgroup',
        { label: names[vun] ?? vun },
        ...places
          .filter((place) => place.vun === vun)
          .map((place): Choice => [keyOf(place), `${place.name} · ${place.address}`])
          .map(option(draft.place)),
      ),
    ),
  );
  return fieldOf(view, words.place, select, 'place');
};

const searchField = (view: FormView): HTMLElement => {
  const { draft, isMore, search } = view;
  const words = speech().words.booking;
  const id = fieldId('search');
  const input = h('input', {
    ...{ type: 'search', id, autocomplete: 'off', maxlength: '100', 'aria-describedby': `${id}-hint` },
    oninput: () => {
      draft.search = input.value;
      search();
    },
  });
  input.value = draft.search;
  return h(
    'div',
    { class: 'field' },
    h('label', { for: id }, words.search),
    input,
    h('p', { class: 'lead', id: `${id}-hint` }, isMore ? words.more : words.searchHint),
  );
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
      searchField(view),
      placeField(view),
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
