import { h } from '../../shared/dom.ts';
import { SaidByPage, whyOf } from '../../shared/load.ts';
import type { Present } from '../present.ts';
import type { AppConfig, SignedIn } from '../sign-in.ts';
import { speech } from '../words/speech.ts';
import { GetToken } from './get-token.ts';
import { keepApp } from './installed.ts';
import { accountCard, tokenList } from './list.ts';
import { Purse, type Choices } from './purse.ts';

/** How often it is looked whether home is reached, and what time it is. */
const LOOK_EVERY_MS = 15_000;

/** Ways from the wallet elsewhere. */
export interface Doors {
  readonly signIn: (again: boolean) => Promise<void>;
  /** Shows the sign-in: the driver signed out. */
  readonly leave: () => void;
}

/** The wallet of this phone: tokens got while it is online, which are there with the network off (SECURE-5, SECURE-7, SECURE-12). */
export class WalletPage {
  readonly #config: AppConfig;
  readonly #present: Present;
  readonly #doors: Doors;
  readonly #purse: Purse;
  /** Of who is signed in. */
  #getToken: GetToken | undefined;
  /** Whether home was reached when it was tried last: a phone that has some network may be in a car park all the same. */
  #isReached = navigator.onLine;
  #failure: unknown;
  #isShown = true;

  private constructor(config: AppConfig, present: Present, doors: Doors, purse: Purse) {
    this.#config = config;
    this.#present = present;
    this.#doors = doors;
    this.#purse = purse;
  }

  static async show(
    config: AppConfig,
    present: Present,
    signedIn: SignedIn | undefined,
    doors: Doors,
  ): Promise<void> {
    const purse = await Purse.open(signedIn, config.gatewayUrl).catch(() => {
      throw new SaidByPage(() => speech().words.wallet.keepsNothing);
    });
    await keepApp();
    const page = new WalletPage(config, present, doors, purse);
    if (signedIn !== undefined) page.#offer(await purse.refresh(Date.now()));
    page.#draw(() => speech().words.wallet.said(purse.tokens.length));
    for (const change of ['online', 'offline']) addEventListener(change, () => void page.#reach());
    const looks = setInterval(() => {
      if (page.#isShown) void page.#reach();
      else clearInterval(looks);
    }, LOOK_EVERY_MS);
    await page.#reach();
  }

  #offer(choices: Choices): void {
    this.#getToken = new GetToken(
      {
        ...{ config: this.#config, purse: this.#purse },
        draw: (said, focusOn) => {
          this.#draw(said, focusOn);
        },
        // Who is signed out goes on with what is on the phone.
        onSignedOut: (why) => {
          this.#getToken = undefined;
          this.#failure = why;
          this.#draw(() => '');
        },
      },
      choices,
    );
  }

  #draw(said: () => string, focusOn?: string): void {
    if (!this.#isShown) return;
    this.#present(() => [said(), this.#head(), ...this.#screen()]);
    if (focusOn !== undefined) document.getElementById(focusOn)?.focus();
  }

  #head(): HTMLElement {
    const { signIn, devices } = speech().words;
    const out = h('button', { type: 'button', onclick: () => this.#leave() }, signIn.out);
    return h(
      'div',
      { class: 'head' },
      h('a', { href: './' }, devices.toBills),
      this.#getToken === undefined ? undefined : out,
    );
  }

  #screen(): readonly HTMLElement[] {
    const review = this.#getToken?.review();
    if (review !== undefined) return [review];
    const { tokens, about } = this.#purse;
    return [
      accountCard(about, !this.#isReached),
      tokenList({ tokens, booked: about?.reservations ?? [], nowMs: Date.now }),
      this.#getToken?.form() ?? this.#signInCard(),
    ];
  }

  #signInCard(): HTMLElement {
    const { wallet } = speech().words;
    return h(
      'section',
      { class: 'card', 'aria-labelledby': 'get' },
      h('h2', { id: 'get' }, wallet.get),
      h('p', { class: 'lead' }, wallet.signInLead),
      h(
        'p',
        { class: 'problem', role: 'alert' },
        ...(this.#failure === undefined ? [] : [whyOf(this.#failure)]),
      ),
      h('button', { type: 'button', class: 'primary', onclick: () => this.#signIn() }, wallet.signIn),
    );
  }

  /** Looks whether home answers, and shows when that has changed; the focus stays. */
  async #reach(): Promise<void> {
    const before = this.#isReached;
    this.#isReached = navigator.onLine && (await this.#purse.reachesHome());
    if (this.#isReached === before) return;
    const field = document.activeElement?.id ?? '';
    const said = () => (this.#isReached ? '' : speech().words.wallet.offline);
    this.#draw(said, field === '' ? undefined : field);
  }

  #signIn(): void {
    this.#doors.signIn(false).catch((error: unknown) => {
      this.#failure = error;
      this.#draw(() => '');
    });
  }

  #leave(): void {
    this.#isShown = false;
    this.#getToken?.stop();
    this.#doors.leave();
  }
}
