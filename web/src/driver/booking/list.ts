import { h } from '../../shared/dom.ts';
import { whyOf } from '../../shared/load.ts';
import { speech } from '../words/speech.ts';
import type { Reservation } from './calls.ts';
import { feeText } from './fees.ts';

/** A driver's bookings with what became of each, and giving one back. */

export interface ListView {
  readonly reservations: readonly Reservation[];
  /** What a station is called; its id where nobody told. */
  readonly nameOf: (reservation: Pick<Reservation, 'vun' | 'stationId'>) => string;
  readonly names: Readonly<Record<string, string>>;
  /** The one that is about to be given back. */
  readonly giving: Giving | undefined;
  readonly nowMs: () => number;
}

export interface Giving {
  readonly reservationId: string;
  readonly isSending?: boolean;
  readonly failure?: unknown;
}

/** Of those that are over so many are shown. */
const SHOWN_PAST = 20;

export const itemId = (reservationId: string): string => `booking-${reservationId}`;

/** Which of its two amounts a reservation comes to as it stands; none while it is held, and of one that cost nothing. */
const owedOf = ({ state }: Reservation): 'feeMicros' | 'noShowMicros' | undefined => {
  if (state === 'used') return 'feeMicros';
  return state === 'no-show' || state === 'cancelled-late' ? 'noShowMicros' : undefined;
};

/** What it came to, in words. */
export const owedText = (reservation: Reservation): string => {
  const { booking } = speech().words;
  const which = owedOf(reservation);
  return which === undefined || reservation[which] === '0'
    ? booking.owedNothing
    : booking.owed(feeText(reservation, which));
};

const isOpen = ({ state, untilMs }: Reservation, nowMs: number): boolean =>
  state === 'granted' && untilMs > nowMs;

/** What will be owed, while it is not known which. */
const termsText = (reservation: Reservation): string => {
  const { words, write } = speech();
  const { fee, noShow, hold } = words.booking;
  const [come, stay] = [feeText(reservation, 'feeMicros'), feeText(reservation, 'noShowMicros')];
  return `${fee}: ${come}. ${noShow}: ${stay}. ${hold}: ${write.day(reservation.holdUntilMs)}.`;
};

/** Buttons say by their data what they are for: the list is changed in place, and they may come to stand for another booking. */
const stepButton = (step: string, id: string, text: string, more: Readonly<Record<string, string>>) =>
  h('button', { type: 'button', 'data-step': step, 'data-id': id, ...more }, text);

const question = (reservation: Reservation, giving: Giving, nowMs: number): HTMLElement => {
  const { booking } = speech().words;
  const { reservationId: id, freeUntilMs } = reservation;
  const asks =
    freeUntilMs > nowMs ? booking.cancelFree : booking.cancelLate(feeText(reservation, 'noShowMicros'));
  // Always said, as the list is changed in place.
  const disabled = String(giving.isSending === true);
  return h(
    'div',
    { class: 'asked', role: 'group', 'aria-labelledby': `${itemId(id)}-asks` },
    h('p', { id: `${itemId(id)}-asks` }, asks),
    h(
      'p',
      { class: 'problem', role: 'alert' },
      ...(giving.failure === undefined ? [] : [whyOf(giving.failure)]),
    ),
    h(
      'div',
      { class: 'row' },
      stepButton('yes', id, booking.cancelYes, { class: 'danger', 'aria-disabled': disabled }),
      stepButton('no', id, booking.cancelNo, { 'aria-disabled': disabled }),
    ),
  );
};

const item = (reservation: Reservation, view: ListView): HTMLElement => {
  const { words, write } = speech();
  const { booking } = words;
  const { reservationId: id, vun, evseId, fromMs, untilMs, powerW, state, sessionId } = reservation;
  const name = view.nameOf(reservation);
  const nowMs = view.nowMs();
  const open = isOpen(reservation, nowMs);
  const giving = view.giving?.reservationId === id ? view.giving : undefined;
  const said = [
    open ? termsText(reservation) : owedText(reservation),
    ...(sessionId === undefined ? [] : [booking.session(sessionId)]),
  ].join(' ');
  return h(
    'li',
    { id: itemId(id), tabindex: '-1', 'data-reservation': id, 'data-state': state },
    h('span', { class: 'where' }, `${name}, ${view.names[vun] ?? vun}`),
    h('span', { class: `amount chip ${state}` }, booking.states[state]),
    h('span', { class: 'lead' }, `${write.span(fromMs, untilMs)} · ${write.power(powerW)} · ${evseId}`),
    h('span', { class: 'lead' }, said),
    open && giving === undefined
      ? stepButton('cancel', id, booking.cancel, {
          'aria-label': booking.cancelOf(`${name}, ${write.day(fromMs)}`),
        })
      : undefined,
    open && giving !== undefined ? question(reservation, giving, nowMs) : undefined,
  );
};

/** Those that are still to come first, the next one before others; then what is over, the latest first. */
export const inOrder = (reservations: readonly Reservation[], nowMs: number): readonly Reservation[] => {
  const open = reservations.filter((each) => isOpen(each, nowMs)).sort((a, b) => a.fromMs - b.fromMs);
  const over = reservations.filter((each) => !isOpen(each, nowMs)).sort((a, b) => b.fromMs - a.fromMs);
  return [...open, ...over.slice(0, SHOWN_PAST)];
};

export const bookingList = (view: ListView): HTMLElement => {
  const { booking } = speech().words;
  const shown = inOrder(view.reservations, view.nowMs());
  return h(
    'section',
    { class: 'card', id: 'bookings', 'aria-labelledby': 'bookings-title' },
    h('h2', { id: 'bookings-title' }, booking.list),
    shown.length === 0
      ? h('p', { class: 'lead' }, booking.noneYet)
      : h('ul', { class: 'sessions' }, ...shown.map((each) => item(each, view))),
  );
};
