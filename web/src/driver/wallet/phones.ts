import { h } from '../../shared/dom.ts';
import { whyOf } from '../../shared/load.ts';
import { SignedOut } from '../asked.ts';
import { speech } from '../words/speech.ts';
import type { Phone } from './calls.ts';
import type { Purse } from './purse.ts';

/** A signed-in driver sees which phones may hold tokens for his account, and takes one off: it was lost, or is no longer used (SECURE-5). */

export interface PhonesPort {
  readonly purse: Purse;
  /** Shows the page anew. @param said what is told where nobody looks; nothing when an alert speaks for itself */
  readonly draw: (said: () => string, focusOn?: string) => void;
  /** The sign-in is over. */
  readonly onSignedOut: (why: SignedOut) => void;
}

const TITLE = 'phones-title';
const idOf = (step: 'remove' | 'yes', phoneId: string): string => `phone-${step}-${phoneId}`;

type Button = (text: string, more: Readonly<Record<string, string>>, then: () => void) => HTMLElement;

export class PhonesCard {
  readonly #port: PhonesPort;
  #phones: readonly Phone[] = [];
  #ownId: string | undefined;
  /** The phone about which he is asked once more. */
  #asked: string | undefined;
  #isSending = false;
  #failure: unknown;

  private constructor(port: PhonesPort) {
    this.#port = port;
  }

  static async open(port: PhonesPort): Promise<PhonesCard> {
    const card = new PhonesCard(port);
    await card.load();
    return card;
  }

  /** Hears from home which phones there are. */
  async load(): Promise<void> {
    const { purse } = this.#port;
    [this.#phones, this.#ownId] = await Promise.all([purse.phones(), purse.ownPhoneId()]);
  }

  card(): HTMLElement {
    const { phones } = speech().words.wallet;
    const active = this.#phones.filter(({ state }) => state === 'active');
    return h(
      'section',
      { class: 'card', id: 'phones', 'aria-labelledby': TITLE },
      h('h2', { id: TITLE, tabindex: '-1' }, phones.title),
      h('p', { class: 'lead' }, phones.lead),
      active.length === 0
        ? h('p', { class: 'lead' }, phones.none)
        : h('ul', { class: 'sessions' }, ...active.map((phone) => this.#item(phone))),
    );
  }

  #item(phone: Phone): HTMLElement {
    const { words, write } = speech();
    const { phones } = words.wallet;
    const { phoneId, label, registeredAtMs } = phone;
    const isOwn = phoneId === this.#ownId;
    const isAsked = phoneId === this.#asked;
    const button: Button = (text, more, then) =>
      h('button', { type: 'button', 'aria-disabled': String(this.#isSending), onclick: then, ...more }, text);
    const remove = button(
      phones.remove,
      {
        id: idOf('remove', phoneId),
        'aria-label': phones.removeOf(`${label}, ${phones.since(write.day(registeredAtMs))}`),
      },
      () => {
        this.#ask(phoneId);
      },
    );
    return h(
      'li',
      { 'data-phone': phoneId },
      h('span', { class: 'where' }, label),
      h('span', { class: isOwn ? 'amount chip granted' : 'amount chip' }, isOwn ? phones.own : ''),
      h('span', { class: 'lead' }, phones.since(write.day(registeredAtMs))),
      isAsked ? this.#question(phone, isOwn, button) : remove,
    );
  }

  #question(phone: Phone, isOwn: boolean, button: Button): HTMLElement {
    const { phones } = speech().words.wallet;
    const { phoneId } = phone;
    return h(
      'div',
      { class: 'asked', role: 'group', 'aria-labelledby': 'phone-asked' },
      h('p', { id: 'phone-asked' }, isOwn ? phones.askedOwn : phones.asked),
      h(
        'p',
        { class: 'problem', role: 'alert' },
        ...(this.#failure === undefined ? [] : [whyOf(this.#failure)]),
      ),
      h(
        'div',
        { class: 'row' },
        button(phones.yes, { id: idOf('yes', phoneId), class: 'danger' }, () => void this.#remove(phone)),
        button(phones.no, {}, () => {
          this.#ask(undefined, phoneId);
        }),
      ),
    );
  }

  #ask(phoneId: string | undefined, before = ''): void {
    if (this.#isSending) return;
    this.#asked = phoneId;
    this.#failure = undefined;
    this.#port.draw(() => '', phoneId === undefined ? idOf('remove', before) : idOf('yes', phoneId));
  }

  async #remove({ phoneId, label }: Phone): Promise<void> {
    const { purse, draw, onSignedOut } = this.#port;
    if (this.#isSending) return;
    this.#isSending = true;
    draw(() => speech().words.wallet.asking, idOf('yes', phoneId));
    try {
      await purse.removePhone(phoneId);
      await Promise.all([this.load(), purse.refresh(Date.now())]);
      this.#asked = undefined;
      this.#failure = undefined;
      this.#isSending = false;
      draw(() => speech().words.wallet.phones.removed(label), TITLE);
    } catch (error) {
      this.#isSending = false;
      if (error instanceof SignedOut) {
        onSignedOut(error);
        return;
      }
      this.#failure = error;
      draw(() => '', idOf('yes', phoneId));
    }
  }
}
