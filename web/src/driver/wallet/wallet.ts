import { h } from '../../shared/dom.ts';
import { SaidByPage, whyOf } from '../../shared/load.ts';
import type { Present } from '../present.ts';
import type { AppConfig, SignedIn } from '../sign-in.ts';
import { SignedOut } from '../asked.ts';
import { speech } from '../words/speech.ts';
import { BrowserStore } from './browser-store.ts';
import { carry } from './carry.ts';
import { ChargersCard } from './chargers.ts';
import { GetToken } from './get-token.ts';
import { holdFor } from './hold.ts';
import { keepApp } from './installed.ts';
import type { KeptToken } from './kept.ts';
import { accountCard, creditFacts, sessionList, tokenList } from './list.ts';
import { PhonesCard } from './phones.ts';
import { Purse, type Choices } from './purse.ts';
import { radioChoice } from './radio/choice.ts';
import { radiosOf, type Radio } from './radio/radio.ts';
import type { Wish } from './tap.ts';
import { brokenBy, offeredNow, tapSteps, tokenButtonId, whyNot, type Tapping } from './taps.ts';

/** How often it is tried to bring what is carried, and looked what time it is. */
const LOOK_EVERY_MS = 15_000;

/** @throws DOMException where the browser keeps nothing */
const openPurse = async ({ gatewayUrl }: AppConfig, signedIn: SignedIn | undefined): Promise<Purse> => {
  const store = await BrowserStore.open();
  return Purse.open(signedIn, { store, nowMs: Date.now, homeGatewayUrl: gatewayUrl });
};

/** Ways from the wallet elsewhere. */
export interface Doors {
  readonly signIn: (again: boolean) => Promise<void>;
  /** Shows the sign-in: the driver signed out. */
  readonly leave: () => void;
}

/** The wallet of this phone: tokens got while it is online, and chargers started by them with the network off (SECURE-5, SECURE-7, SECURE-12). */
export class WalletPage {
  readonly #config: AppConfig;
  readonly #present: Present;
  readonly #doors: Doors;
  readonly #purse: Purse;
  readonly #radios: readonly Radio[];
  #radio: Radio | undefined;
  /** Of who is signed in. */
  #getToken: GetToken | undefined;
  #phones: PhonesCard | undefined;
  readonly #chargers: ChargersCard;
  #tapping: Tapping | undefined;
  #carried = 0;
  /** Whether home was reached when it was tried last: a phone that has some network may be in a car park all the same. */
  #isReached = navigator.onLine;
  #failure: unknown;
  #isCarrying = false;
  /** What was offered when the page was shown last. */
  #offered = '';
  #isShown = true;

  private constructor(config: AppConfig, present: Present, doors: Doors, purse: Purse) {
    this.#config = config;
    this.#present = present;
    this.#doors = doors;
    this.#purse = purse;
    this.#radios = radiosOf(config);
    [this.#radio] = this.#radios;
    this.#chargers = new ChargersCard(() => ({
      ...{ places: purse.chargers, names: config.names },
      draw: (said, focusOn) => {
        this.#draw(said, focusOn);
      },
    }));
  }

  static async show(
    config: AppConfig,
    present: Present,
    signedIn: SignedIn | undefined,
    doors: Doors,
  ): Promise<void> {
    const purse = await openPurse(config, signedIn).catch(() => {
      throw new SaidByPage(() => speech().words.wallet.keepsNothing);
    });
    await keepApp();
    const page = new WalletPage(config, present, doors, purse);
    if (signedIn !== undefined) {
      const [choices] = await Promise.all([purse.choices(), purse.refresh(Date.now())]);
      await page.#offer(choices);
    }
    page.#carried = (await purse.store.all('records')).length;
    page.#draw(() => speech().words.wallet.said(purse.tokens.length));
    for (const change of ['online', 'offline']) addEventListener(change, () => void page.#carry());
    const looks = setInterval(() => {
      if (page.#isShown) void page.#carry();
      else clearInterval(looks);
    }, LOOK_EVERY_MS);
    await page.#carry();
  }

  async #offer(choices: Choices): Promise<void> {
    const port = {
      purse: this.#purse,
      draw: (said: () => string, focusOn?: string) => {
        this.#draw(said, focusOn);
      },
      onSignedOut: (why: SignedOut) => {
        this.#signedOut(why);
      },
    };
    const phones = await PhonesCard.open(port);
    // With the first token home hears of this phone.
    const onGot = async () => {
      await phones.load();
      await this.#carry();
    };
    this.#getToken = new GetToken({ ...port, config: this.#config, onGot: () => void onGot() }, choices);
    this.#phones = phones;
  }

  /** Who is signed out goes on with what is on the phone. */
  #signedOut(why: SignedOut): void {
    this.#getToken = undefined;
    this.#phones = undefined;
    this.#failure = why;
    this.#draw(() => '');
  }

  #draw(said: () => string, focusOn?: string): void {
    if (!this.#isShown) return;
    this.#offered = this.#offeredNow();
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
    const { tokens, sessions, about } = this.#purse;
    const taps = {
      ...{ sessions, booked: about?.reservations ?? [], tapping: this.#tapping, nowMs: Date.now },
      hasRadio: this.#radio !== undefined,
      tap: (token: KeptToken, wish: Wish) => void this.#tap(token, wish),
    };
    const list = tokenList({ tokens, sessions, nowMs: Date.now, stepsOf: (token) => tapSteps(token, taps) });
    list.append(
      ...radioChoice(this.#radios, this.#radio, tokens, (radio) => {
        this.#radio = radio;
      }),
    );
    const history = sessionList({ sessions, nowMs: Date.now });
    if (this.#carried > 0)
      history.append(
        h('p', { class: 'lead', id: 'carried' }, speech().words.wallet.tap.carried(this.#carried)),
      );
    return [
      accountCard(this.#purse, !this.#isReached),
      list,
      this.#getToken?.form() ?? this.#signInCard(),
      history,
      this.#chargers.card(),
      ...(this.#phones === undefined ? [] : [this.#phones.card()]),
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

  async #tap(token: KeptToken, wish: Wish): Promise<void> {
    const { tokenId, vun } = token;
    const radio = this.#radio;
    if (this.#tapping?.isHolding === true || radio === undefined) return;
    const focusOn = tokenButtonId(tokenId);
    this.#tapping = { tokenId, isHolding: true };
    this.#draw(() => speech().words.wallet.tap.holding, focusOn);
    let failure: unknown;
    let isWhole = true;
    try {
      const gatewayUrl = this.#isReached ? this.#config.gateways?.[vun] : undefined;
      const tapped = await holdFor(this.#purse, token, wish, { radio, gatewayUrl });
      failure = whyNot(tapped);
      isWhole = tapped.said === 'done' && tapped.isWhole;
    } catch (error) {
      failure = brokenBy(error);
    }
    await this.#purse.load();
    this.#carried = (await this.#purse.store.all('records')).length;
    this.#tapping = failure === undefined ? undefined : { tokenId, isHolding: false, failure };
    const done = wish === 'stop' && !isWhole ? 'stopOnly' : wish;
    // An alert speaks for itself.
    this.#draw(() => (failure === undefined ? speech().words.wallet.tap.done[done] : ''), focusOn);
    await this.#carry();
  }

  /** Brings what is carried, and hears what there is to carry, where there is a network. */
  async #carry(): Promise<void> {
    const { gateways = {} } = this.#config;
    if (this.#isCarrying || this.#tapping?.isHolding === true) return;
    this.#isCarrying = true;
    try {
      const wasReached = this.#isReached;
      await this.#reach();
      if (!this.#isReached) {
        if (this.#offeredNow() !== this.#offered) this.#redraw(() => '');
        return;
      }
      const { brought, isPlaced } = await carry(this.#purse, gateways, Date.now());
      this.#carried = (await this.#purse.store.all('records')).length;
      const waits = this.#purse.sessions.some(({ record }) => record === 'taken');
      const isNews = (!wasReached || waits) && (await this.#hear());
      if (brought > 0) this.#redraw(() => speech().words.wallet.tap.brought(brought));
      else if (isNews || isPlaced || this.#offeredNow() !== this.#offered) this.#redraw(() => '');
    } finally {
      this.#isCarrying = false;
    }
  }

  #offeredNow(): string {
    const { tokens, sessions, about } = this.#purse;
    return offeredNow(tokens, { sessions, booked: about?.reservations ?? [], nowMs: Date.now });
  }

  /** Hears from home what is left and what is billed by now, while the driver is signed in. @returns whether it is something else */
  async #hear(): Promise<boolean> {
    const purse = this.#purse;
    if (this.#getToken === undefined) return false;
    const known = () =>
      JSON.stringify([
        ...[purse.about?.means, purse.about?.reservations, purse.tokens, creditFacts(purse)],
        purse.creditFailure !== undefined,
      ]);
    const before = known();
    try {
      await purse.refresh(Date.now());
    } catch (error) {
      // Home is asked again the next time.
      if (error instanceof SignedOut) this.#signedOut(error);
      return false;
    }
    return known() !== before;
  }

  async #reach(): Promise<void> {
    const before = this.#isReached;
    this.#isReached = navigator.onLine && (await this.#purse.reachesHome());
    if (this.#isReached !== before)
      this.#redraw(() => (this.#isReached ? '' : speech().words.wallet.offline));
  }

  /** Shows the same with what has changed; the focus stays. */
  #redraw(said: () => string): void {
    const field = document.activeElement?.id ?? '';
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
