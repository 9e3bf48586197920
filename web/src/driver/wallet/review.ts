import { facts, h } from '../../shared/dom.ts';
import { decimalText } from '../../shared/format.ts';
import { whyOf } from '../../shared/load.ts';
import { labelled } from '../fields.ts';
import { speech } from '../words/speech.ts';
import type { Offer } from './calls.ts';
import type { Price } from './kept.ts';
import type { Asked } from './wish.ts';

/** The price, before anything is agreed to. */

export interface Offered {
  readonly asked: Asked;
  readonly offer: Offer;
  /** What he lets it cost at most, as it is typed. */
  most: string;
}

export interface ReviewView {
  readonly offered: Offered;
  readonly isSending: boolean;
  readonly failure: unknown;
  /** The amount that was typed is none. */
  readonly isNoAmount: boolean;
  readonly agree: () => void;
  readonly change: () => void;
}

const MICRO_PLACES = 6;
/** Micros of an amount that was typed; undefined when it is none above zero, or above the most that can come of it. */
export const amountOf = (text: string, mostMicros: bigint): bigint | undefined => {
  const [, whole = '', decimals = ''] = /^(\d{1,9})(?:[.,](\d{0,6}))?$/.exec(text.trim()) ?? [];
  if (whole === '') return undefined;
  const micros = BigInt(whole + decimals.padEnd(MICRO_PLACES, '0'));
  return micros > 0n && micros <= mostMicros ? micros : undefined;
};

/** The most that can come of it, as the field has it first. */
export const firstAmount = ({ mostMicros }: Offer): string => decimalText(mostMicros, MICRO_PLACES);

/** `$0.32 a kWh, $0.50 a session`: what counts, exactly. */
export const priceText = (price: Price, currency: string): string => {
  const { words, language } = speech();
  const money = new Intl.NumberFormat(language, { style: 'currency', currency, maximumFractionDigits: 6 });
  const exact = (micros: string): string =>
    money.format(decimalText(micros, MICRO_PLACES) as unknown as number);
  const { microsPerKWh, microsPerHour, microsPerSession } = price;
  const parts = [
    ...(microsPerKWh === '0' ? [] : [words.wallet.perKWh(exact(microsPerKWh))]),
    ...(microsPerHour === '0' ? [] : [words.wallet.perHour(exact(microsPerHour))]),
    ...(microsPerSession === '0' ? [] : [words.wallet.perSession(exact(microsPerSession))]),
  ];
  return parts.length === 0 ? words.wallet.nothing : parts.join(', ');
};

const costField = (view: ReviewView): HTMLElement => {
  const { words, write } = speech();
  const { offered } = view;
  const { offer } = offered;
  const input = h('input', {
    ...{ id: 'token-cost', type: 'text', inputmode: 'decimal', autocomplete: 'off', maxlength: '16' },
    oninput: () => {
      offered.most = input.value;
    },
  });
  input.value = offered.most;
  const wrong = view.isNoAmount
    ? words.wallet.noCost(write.money(offer.mostMicros, offer.currency))
    : undefined;
  const field = labelled(words.wallet.cost(offer.currency), input, wrong);
  field.append(h('p', { class: 'lead' }, words.wallet.costHint));
  return field;
};

export const reviewScreen = (view: ReviewView): HTMLElement => {
  const { words, write } = speech();
  const { wallet, booking } = words;
  const { offered, isSending, failure } = view;
  const { asked, offer } = offered;
  const { request, place, evseId } = asked;
  const { currency, mostMicros, exchanged, means, validUntilMs } = offer;
  const { fromMs, untilMs, energyWh } = request;
  return h(
    'section',
    { class: 'card booking', 'aria-labelledby': 'step' },
    h('h1', { id: 'step', tabindex: '-1' }, wallet.review),
    facts([
      [booking.where, `${place.name}, ${evseId}`],
      [booking.when, write.span(fromMs, untilMs)],
      [booking.atStation, write.localSpan(fromMs, untilMs, place.timeZone)],
      [wallet.rate, priceText(offer, currency)],
      [wallet.energyUpTo, write.energy(energyWh)],
      [wallet.mostOf, write.money(mostMicros, currency)],
      ...(exchanged === undefined
        ? []
        : [[wallet.onAccount, write.money(exchanged.mostMicros, exchanged.currency)] as const]),
      [wallet.balance, write.money(means.leftMicros, means.currency)],
      [wallet.standsUntil, write.day(validUntilMs)],
    ]),
    h(
      'form',
      {
        class: 'fields',
        novalidate: true,
        onsubmit: (event) => {
          event.preventDefault();
          view.agree();
        },
      },
      costField(view),
      h('p', { class: 'problem', role: 'alert' }, ...(failure === undefined ? [] : [whyOf(failure)])),
      h(
        'div',
        { class: 'row' },
        h('button', { type: 'submit', class: 'primary', disabled: isSending }, wallet.agree),
        h('button', { type: 'button', disabled: isSending, onclick: () => view.change() }, wallet.change),
      ),
    ),
  );
};
