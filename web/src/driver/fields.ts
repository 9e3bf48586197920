import { h } from '../shared/dom.ts';
import { keyOf, type Place } from './booking/wish.ts';
import { speech } from './words/speech.ts';

/** Fields of the driver's forms. */

/** A control with its label, and what is wrong with it. */
export const labelled = (label: string, control: HTMLElement, wrong?: string): HTMLElement => {
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
    wrong === undefined ? undefined : h('p', { class: 'bad', id: faultId }, wrong),
  );
};

export type Choice = readonly [value: string, text: string];

const option =
  (chosen: string) =>
  ([value, text]: Choice): HTMLElement =>
    h('option', { value, selected: value === chosen }, text);

export const chosen = (
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

/** Stations to choose from, as a form has found them. */
export interface StationChoice {
  readonly draft: { search: string; place: string; evseId: string };
  readonly places: readonly Place[];
  readonly isMore: boolean;
  /** Of the utilities, by their ids. */
  readonly names: Readonly<Record<string, string>>;
  /** What was looked for has changed. */
  readonly search: () => void;
  /** The station has changed, and with it its outlets. */
  readonly redraw: (focusOn: string) => void;
}

/** Stations by the utility that they are of, each utility under its own name. */
export const placeField = (id: string, view: StationChoice, wrong?: string): HTMLElement => {
  const { draft, places, names, redraw } = view;
  const words = speech().words.booking;
  const utilities = [...new Set(places.map(({ vun }) => vun))];
  const select = h(
    'select',
    {
      id,
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
  return labelled(words.place, select, wrong);
};

export const searchField = (id: string, { draft, isMore, search }: StationChoice): HTMLElement => {
  const words = speech().words.booking;
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
