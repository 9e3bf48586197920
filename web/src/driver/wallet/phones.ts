import { h } from '../../shared/dom.ts';
import { whyOf } from '../../shared/load.ts';
import { SignedOut } from '../asked.ts';
import { labelled } from '../fields.ts';
import { speech } from '../words/speech.ts';
import type { Phone } from './calls.ts';
import type { Purse } from './purse.ts';

/** A signed-in driver sees which phones may hold tokens for his account, says what each is called, and takes one off: it was lost, or is no longer used (SECURE-5). */

export interface PhonesPort {
  readonly purse: Purse;
  /** Shows the page anew. @param said what is told where nobody looks; nothing when an alert speaks for itself */
  readonly draw: (said: () => string, focusOn?: string) => void;
  /** The sign-in is over. */
  readonly onSignedOut: (why: SignedOut) => void;
}

const TITLE = 'phones-title';
type About = 'remove' | 'name';
/** What is pressed to begin with each, and where the driver is then. */
const idOf = (step: About | 'yes' | 'called', phoneId: string): string => `phone-${step}-${phoneId}`;
const THEN = { remove: 'yes', name: 'called' } as const;
/** As home has it. */
const MOST_LETTERS = '60';

type Button = (text: string, more: Readonly<Record<string, string>>, then: () => void) => HTMLElement;

export class PhonesCard {
  readonly #port: PhonesPort;
  #phones: readonly Phone[] = [];
  #ownId: string | undefined;
  /** The phone about which he is asked something. */
  #asked: { readonly phoneId: string; readonly about: About } | undefined;
  /** What he wants to call it. */
  #called = '';
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
    const asked = phoneId === this.#asked?.phoneId ? this.#asked.about : undefined;
    const of = `${label}, ${phones.since(write.day(registeredAtMs))}`;
    const button: Button = (text, more, then) =>
      h('button', { type: 'button', 'aria-disabled': String(this.#isSending), onclick: then, ...more }, text);
    const begin = (about: About, named: string): HTMLElement =>
      button(phones[about], { id: idOf(about, phoneId), 'aria-label': named }, () => {
        this.#called = label;
        this.#ask({ phoneId, about });
      });
    return h(
      'li',
      { 'data-phone': phoneId },
      h('span', { class: 'where' }, label),
      h('span', { class: isOwn ? 'amount chip granted' : 'amount chip' }, isOwn ? phones.own : ''),
      h('span', { class: 'lead' }, phones.since(write.day(registeredAtMs))),
      asked === 'remove' ? this.#question(phone, isOwn, button) : undefined,
      asked === 'name' ? this.#naming(phone, button) : undefined,
      ...(asked === undefined
        ? [begin('name', phones.nameOf(of)), begin('remove', phones.removeOf(of))]
        : []),
    );
  }

  #naming(phone: Phone, button: Button): HTMLElement {
    const { phones } = speech().words.wallet;
    const { phoneId } = phone;
    const input = h('input', {
      ...{ id: idOf('called', phoneId), type: 'text', autocomplete: 'off', maxlength: MOST_LETTERS },
      required: true,
      oninput: () => {
        this.#called = input.value;
      },
    });
    input.value = this.#called;
    return h(
      'form',
      {
        class: 'asked',
        onsubmit: (event: Event) => {
          event.preventDefault();
          void this.#rename(phone);
        },
      },
      labelled(phones.called, input),
      this.#problem(),
      h(
        'div',
        { class: 'row' },
        h('button', { type: 'submit', 'aria-disabled': String(this.#isSending) }, phones.save),
        button(phones.cancel, {}, () => {
          this.#ask(undefined, idOf('name', phoneId));
        }),
      ),
    );
  }

  #problem(): HTMLElement {
    return h(
      'p',
      { class: 'problem', role: 'alert' },
      ...(this.#failure === undefined ? [] : [whyOf(this.#failure)]),
    );
  }

  #question(phone: Phone, isOwn: boolean, button: Button): HTMLElement {
    const { phones } = speech().words.wallet;
    const { phoneId } = phone;
    return h(
      'div',
      { class: 'asked', role: 'group', 'aria-labelledby': 'phone-asked' },
      h('p', { id: 'phone-asked' }, isOwn ? phones.askedOwn : phones.asked),
      this.#problem(),
      h(
        'div',
        { class: 'row' },
        button(phones.yes, { id: idOf('yes', phoneId), class: 'danger' }, () => void this.#remove(phone)),
        button(phones.no, {}, () => {
          this.#ask(undefined, idOf('remove', phoneId));
        }),
      ),
    );
  }

  #ask(asked: { readonly phoneId: string; readonly about: About } | undefined, before = ''): void {
    if (this.#isSending) return;
    this.#asked = asked;
    this.#failure = undefined;
    this.#port.draw(() => '', asked === undefined ? before : idOf(THEN[asked.about], asked.phoneId));
  }

  #remove({ phoneId, label }: Phone): Promise<void> {
    const { purse } = this.#port;
    return this.#send(idOf('yes', phoneId), async () => {
      await purse.removePhone(phoneId);
      await Promise.all([this.load(), purse.refresh(Date.now())]);
      return [() => speech().words.wallet.phones.removed(label), TITLE];
    });
  }

  #rename({ phoneId }: Phone): Promise<void> {
    const label = this.#called.trim();
    if (label === '') {
      this.#port.draw(() => '', idOf('called', phoneId));
      return Promise.resolve();
    }
    return this.#send(idOf('called', phoneId), async () => {
      await this.#port.purse.namePhone(phoneId, label);
      await this.load();
      return [() => speech().words.wallet.phones.named(label), idOf('name', phoneId)];
    });
  }

  /** Asks home for something. @param step where the driver is until it is done; @param task says what is told then, and where he is */
  async #send(
    step: string,
    task: () => Promise<readonly [said: () => string, focusOn: string]>,
  ): Promise<void> {
    const { draw, onSignedOut } = this.#port;
    if (this.#isSending) return;
    this.#isSending = true;
    draw(() => speech().words.wallet.asking, step);
    try {
      const [said, focusOn] = await task();
      this.#asked = undefined;
      this.#failure = undefined;
      this.#isSending = false;
      draw(said, focusOn);
    } catch (error) {
      this.#isSending = false;
      if (error instanceof SignedOut) {
        onSignedOut(error);
        return;
      }
      this.#failure = error;
      draw(() => '', step);
    }
  }
}
