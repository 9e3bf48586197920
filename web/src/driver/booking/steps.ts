import { facts, h } from '../../shared/dom.ts';
import { whyOf } from '../../shared/load.ts';
import { speech } from '../words/speech.ts';
import type { Alternative, Answer, Denied, Offered, Reservation } from './calls.ts';
import { feeFacts } from './fees.ts';
import type { Asked, Place, Terms } from './wish.ts';

/** What a driver reads and answers once he has said what he wishes. */

/** A wish under its own id: told again, it is booked once. */
export interface Wished {
  readonly requestId: string;
  readonly asked: Asked;
  readonly place: Place;
  readonly terms: Terms;
}

export type Step =
  | { readonly at: 'form' }
  | { readonly at: 'review'; readonly wished: Wished }
  | { readonly at: 'answered'; readonly wished: Wished; readonly answer: Answer };

export interface StepsView {
  readonly isSending: boolean;
  readonly failure: unknown;
  readonly nowMs: () => number;
  /** Tells the wish; with an offer, takes that. */
  readonly book: (wished: Wished, offer?: Offered['offer']) => void;
  /** Wishes the same at another station. */
  readonly bookThere: (wished: Wished, there: Alternative) => void;
  /** Back to the form; to say that nothing was booked when an offer was left. */
  readonly back: (isLeft: boolean) => void;
}

type Fact = readonly [string, string];

const card = (title: string, ...content: readonly (HTMLElement | undefined)[]): HTMLElement =>
  h(
    'section',
    { class: 'card booking', 'aria-labelledby': 'step' },
    h('h1', { id: 'step', tabindex: '-1' }, title),
    ...content,
  );

const trouble = (failure: unknown): HTMLElement =>
  h('p', { class: 'problem', role: 'alert' }, ...(failure === undefined ? [] : [whyOf(failure)]));

const button = (text: string, does: () => void, kind = '', disabled = false): HTMLElement =>
  h('button', { type: 'button', class: kind, disabled, onclick: does }, text);

/** When, here and where the station is. */
const timesOf = (fromMs: number, untilMs: number, timeZone: string): readonly Fact[] => {
  const { words, write } = speech();
  return [
    [words.booking.when, write.span(fromMs, untilMs)],
    [words.booking.atStation, write.localSpan(fromMs, untilMs, timeZone)],
  ];
};

/** What a booking would cost that is not made yet, by what was agreed of such. */
const costsOf = (fromMs: number, untilMs: number, terms: Terms, nowMs: number): readonly Fact[] =>
  feeFacts(
    terms,
    { freeUntilMs: fromMs - terms.freeCancelMs, holdUntilMs: Math.min(untilMs, fromMs + terms.holdMs) },
    nowMs,
  );

const review = (wished: Wished, view: StepsView): HTMLElement => {
  const { words, write } = speech();
  const { booking } = words;
  const { asked, place, terms } = wished;
  const { fromMs, untilMs, needWh, powerW, evseId, patienceMs } = asked;
  const nowMs = view.nowMs();
  const isTooFar = fromMs - nowMs > terms.horizonMs;
  return card(
    booking.review,
    facts([
      [booking.where, [place.name, evseId].filter((text) => text !== undefined).join(', ')],
      ...timesOf(fromMs, untilMs, place.timeZone),
      [booking.charging, booking.upTo(write.energy(needWh), write.power(powerW))],
      ...(patienceMs === 0 ? [] : [[booking.later, write.duration(patienceMs)] as const]),
      ...costsOf(fromMs, untilMs, terms, nowMs),
    ]),
    h('p', { class: 'lead' }, booking.priceLater),
    isTooFar
      ? h('p', { class: 'problem', role: 'alert' }, booking.tooFar(write.day(nowMs + terms.horizonMs)))
      : trouble(view.failure),
    h(
      'div',
      { class: 'row' },
      button(booking.book, () => view.book(wished), 'primary', view.isSending || isTooFar),
      button(booking.change, () => view.back(false), '', view.isSending),
    ),
  );
};

/** Half the earth's circumference: the station's utility does not know how far it is. Spec: `UNKNOWN_DISTANCE_M` of the wire. */
const UNKNOWN_DISTANCE_M = 20_015_115;

const alternative = (wished: Wished, there: Alternative, view: StepsView): HTMLElement => {
  const { words, write, language } = speech();
  const { booking } = words;
  const { stationName, distanceM, travelMs, priceMicros, stationId, fromMs, untilMs, powerW } = there;
  const km = new Intl.NumberFormat(language, { style: 'unit', unit: 'kilometer', maximumFractionDigits: 1 });
  const way =
    distanceM >= UNKNOWN_DISTANCE_M
      ? booking.distanceUnknown
      : `${booking.distance(km.format(distanceM / 1_000))}, ${booking.travel(write.duration(travelMs))}`;
  return h(
    'li',
    { 'data-station': stationId },
    h('span', { class: 'where' }, stationName),
    h('span', { class: 'amount' }, booking.atMost(write.money(priceMicros, wished.terms.currency))),
    h('span', { class: 'lead' }, way),
    h('span', { class: 'lead' }, `${write.span(fromMs, untilMs)}, ${write.power(powerW)}`),
    button(booking.bookThere(stationName), () => view.bookThere(wished, there), '', view.isSending),
  );
};

const others = (wished: Wished, alternatives: readonly Alternative[], view: StepsView): HTMLElement[] => {
  const { booking } = speech().words;
  return alternatives.length === 0
    ? [h('p', { class: 'lead' }, booking.none)]
    : [
        h('h2', {}, booking.alternatives),
        h('ol', { class: 'sessions' }, ...alternatives.map((there) => alternative(wished, there, view))),
      ];
};

const offered = (wished: Wished, { offer, alternatives }: Offered, view: StepsView): HTMLElement => {
  const { words, write } = speech();
  const { booking } = words;
  const { fromMs, untilMs, powerW, durationMs, priceMicros } = offer;
  const { place, terms } = wished;
  return card(
    booking.offered,
    h('p', { class: 'lead' }, booking.offerLead),
    facts([
      [booking.where, place.name],
      ...timesOf(fromMs, untilMs, place.timeZone),
      [booking.charging, write.power(powerW)],
      [booking.duration, write.duration(durationMs)],
      [booking.price, write.money(priceMicros, terms.currency)],
      ...costsOf(fromMs, untilMs, terms, view.nowMs()),
    ]),
    trouble(view.failure),
    h(
      'div',
      { class: 'row' },
      button(booking.take, () => view.book(wished, offer), 'primary', view.isSending),
      button(booking.leave, () => view.back(true), '', view.isSending),
    ),
    ...others(wished, alternatives, view),
  );
};

const denied = (wished: Wished, { why, message, alternatives }: Denied, view: StepsView): HTMLElement => {
  const { booking } = speech().words;
  return card(
    booking.denied,
    h('p', { class: 'state' }, booking.why[why]),
    // What the contract says has no words here, and is English.
    why === 'REFUSED' ? h('p', { class: 'lead', lang: 'en' }, message) : undefined,
    trouble(view.failure),
    ...others(wished, alternatives, view),
    h(
      'div',
      { class: 'row' },
      button(booking.change, () => view.back(false), 'primary', view.isSending),
    ),
  );
};

const booked = (wished: Wished, reservation: Reservation, view: StepsView): HTMLElement => {
  const { words, write } = speech();
  const { booking } = words;
  const { evseId, fromMs, untilMs, powerW, outcome } = reservation;
  return card(
    booking.booked,
    h('p', { class: 'state' }, booking.outcomes[outcome]),
    facts([
      [booking.where, `${wished.place.name}, ${evseId}`],
      ...timesOf(fromMs, untilMs, wished.place.timeZone),
      [booking.charging, write.power(powerW)],
      ...feeFacts(reservation, reservation, view.nowMs()),
    ]),
    h(
      'div',
      { class: 'row' },
      button(booking.another, () => view.back(false)),
    ),
  );
};

/** The view of a step behind the form, with what is said of it where nobody looks. */
export const stepScreen = (
  step: Exclude<Step, { at: 'form' }>,
  view: StepsView,
): readonly [said: string, HTMLElement] => {
  const { booking } = speech().words;
  if (view.isSending) return [booking.booking, screenOf(step, view)];
  // An alert speaks for itself.
  if (view.failure !== undefined) return ['', screenOf(step, view)];
  if (step.at === 'review') return [booking.reviewSaid, screenOf(step, view)];
  const { answer } = step;
  const said = {
    booked: () => (answer.outcome === 'booked' ? booking.outcomes[answer.reservation.outcome] : ''),
    offered: () => booking.offerLead,
    denied: () => (answer.outcome === 'denied' ? booking.why[answer.why] : ''),
  }[answer.outcome]();
  return [`${booking[answer.outcome]}. ${said}`, screenOf(step, view)];
};

const screenOf = (step: Exclude<Step, { at: 'form' }>, view: StepsView): HTMLElement => {
  if (step.at === 'review') return review(step.wished, view);
  const { wished, answer } = step;
  if (answer.outcome === 'booked') return booked(wished, answer.reservation, view);
  return answer.outcome === 'offered' ? offered(wished, answer, view) : denied(wished, answer, view);
};
