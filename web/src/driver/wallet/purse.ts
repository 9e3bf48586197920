import { readJson, SaidByPage } from '../../shared/load.ts';
import { askFor, type Reservation } from '../booking/calls.ts';
import type { Card, Place } from '../booking/wish.ts';
import type { Ask, SignedIn } from '../sign-in.ts';
import { SignedOut, Troubled } from '../asked.ts';
import { speech } from '../words/speech.ts';
import { askHome, type Offer, type Phone, type TokenAnswer, type Tokens } from './calls.ts';
import type { About, KeptPlaces, KeptSession, KeptToken } from './kept.ts';
import { WalletCredit } from './credit.ts';
import { consentTo, phoneKey, registerPhone } from './phone-key.ts';
import type { WalletStore } from './store.ts';
import type { Asked } from './wish.ts';

/** What is on this phone, and what home says of it: between the page, the browser's storage and the utility. */

export interface Places {
  readonly places: readonly Place[];
  readonly isMore: boolean;
}

/** What a signed-in driver chooses from. */
export interface Choices extends Places {
  readonly cards: readonly Card[];
}

/** What of a phone a purse needs. */
export interface PhoneParts {
  readonly store: WalletStore;
  readonly nowMs: () => number;
  readonly homeGatewayUrl: string;
}

export class Purse {
  readonly store: WalletStore;
  /** Whose it is; nobody's before the first sign-in. */
  readonly owner: string | undefined;
  readonly #ask: Ask | undefined;
  about: About | undefined;
  tokens: readonly KeptToken[] = [];
  sessions: readonly KeptSession[] = [];
  /** Of whichever utility's chargers; nobody's own. */
  chargers: readonly KeptPlaces[] = [];

  /** Of this browser's key; none before the first token. */
  credit: WalletCredit | undefined;
  /** Why home, or this browser, does not go on with it. */
  creditFailure: Error | undefined;

  /** By this phone's clock. */
  readonly nowMs: () => number;
  readonly #homeGatewayUrl: string;

  private constructor({ store, nowMs, homeGatewayUrl }: PhoneParts, owner?: string, ask?: Ask) {
    this.store = store;
    this.nowMs = nowMs;
    this.owner = owner;
    this.#ask = ask;
    this.#homeGatewayUrl = homeGatewayUrl;
  }

  /** Of who is signed in, or of who was the last. */
  static async open(signedIn: Pick<SignedIn, 'sub' | 'ask'> | undefined, parts: PhoneParts): Promise<Purse> {
    const { store } = parts;
    const known = await store.all('about');
    const last = known.reduce<About | undefined>(
      (latest, each) => (latest === undefined || each.atMs > latest.atMs ? each : latest),
      undefined,
    );
    const purse = new Purse(parts, signedIn?.sub ?? last?.owner, signedIn?.ask);
    await purse.load();
    return purse;
  }

  get #home(): Ask {
    if (this.#ask === undefined) throw new Error('nobody is signed in');
    return this.#ask;
  }

  /** What is on this phone. */
  async load(): Promise<void> {
    const { owner, store } = this;
    const own = <T extends { readonly owner: string }>(things: readonly T[]): T[] =>
      things.filter((each) => each.owner === owner);
    const [about, tokens, sessions, chargers] = await Promise.all([
      store.all('about'),
      store.all('tokens'),
      store.all('sessions'),
      store.all('places'),
    ]);
    this.about = own(about)[0];
    this.tokens = own(tokens);
    this.sessions = own(sessions);
    this.chargers = chargers;
    await this.#loadCredit();
  }

  async #loadCredit(): Promise<void> {
    const { store, tokens, sessions, about } = this;
    const key = await store.find('keys', this.owner ?? '');
    try {
      if (key !== undefined && key.phoneId !== this.credit?.phoneId)
        this.credit = await WalletCredit.open(store, key, this.nowMs);
      else await this.credit?.reload();
      await this.credit?.grant(tokens, sessions, about?.means);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('CREDIT_DAMAGED'))) throw error;
      this.credit = undefined;
      this.creditFailure = new SaidByPage(() => speech().words.wallet.credit.damaged);
    }
  }

  /** Tells home what happened with the credit of this phone, and hears what is billed. */
  async #tellCredit(): Promise<void> {
    try {
      await this.credit?.sync(this.#home);
      if (this.credit !== undefined) this.creditFailure = undefined;
    } catch (error) {
      if (error instanceof SignedOut) throw error;
      // What passes by itself is told the next time.
      if (error instanceof Troubled && String(error.code).startsWith('OFFLINE_')) this.creditFailure = error;
    }
  }

  /** Stations whose name, address or id has the text. */
  places(search: string): Promise<Places> {
    return askFor<Places>(
      this.#home,
      `/driver/v1/booking-places?${new URLSearchParams({ search }).toString()}`,
    );
  }

  /** What there is to choose from for a token. */
  async choices(): Promise<Choices> {
    const [{ cards }, places] = await Promise.all([
      askFor<{ cards: Card[] }>(this.#home, '/driver/v1/booking-cards'),
      this.places(''),
    ]);
    return { ...places, cards: cards.filter(({ state }) => state === 'active') };
  }

  /** Asks home what has become of the tokens, what is left on the account, and what is booked. */
  async refresh(nowMs: number): Promise<void> {
    const [{ reservations }, told] = await Promise.all([
      askFor<{ reservations: Reservation[] }>(this.#home, '/driver/v1/reservations'),
      askHome<Tokens>(this.#home, '/driver/v1/offline/tokens'),
    ]);
    await this.#tell({ means: told.means, reservations }, nowMs);
    const states = new Map(told.tokens.map((token) => [token.tokenId, token]));
    for (const kept of this.tokens) {
      const { state, heldUntilMs } = states.get(kept.tokenId) ?? kept;
      await this.store.keep('tokens', { ...kept, state, heldUntilMs });
      // All of its sessions are billed: whoever brought the records.
      const unbilled = this.sessions.filter(
        ({ tokenId, record }) => tokenId === kept.tokenId && record !== 'booked' && record !== 'refused',
      );
      if (state === 'settled')
        for (const session of unbilled) await this.store.keep('sessions', { ...session, record: 'booked' });
    }
    await this.#tellCredit();
    await this.load();
  }

  async #tell(told: Pick<About, 'means' | 'reservations'>, atMs: number): Promise<void> {
    await this.store.keep('about', { owner: this.owner ?? '', atMs, ...told });
  }

  /** Phones that may hold tokens for this account, or might before. */
  async phones(): Promise<readonly Phone[]> {
    const told = await askHome<{ readonly phones: readonly Phone[] }>(
      this.#home,
      '/driver/v1/offline/phones',
    );
    return told.phones;
  }

  /** Of this browser; undefined before its first token. */
  async ownPhoneId(): Promise<string | undefined> {
    return (await this.store.find('keys', this.owner ?? ''))?.phoneId;
  }

  /** A phone was lost, or is no longer used: home takes its tokens back. The same again changes nothing. */
  async removePhone(phoneId: string): Promise<void> {
    await askHome(this.#home, `/driver/v1/offline/phones/${encodeURIComponent(phoneId)}`, 'DELETE');
  }

  /** How its driver calls a phone from now on, wherever he is shown it. */
  async namePhone(phoneId: string, label: string): Promise<void> {
    const path = `/driver/v1/offline/phones/${encodeURIComponent(phoneId)}/label`;
    await askHome(this.#home, path, 'PUT', { label });
  }

  /** What it would cost. */
  price({ request }: Asked): Promise<Offer> {
    const told = { ...request, requestId: `page-${crypto.randomUUID()}` };
    return askHome<Offer>(this.#home, '/driver/v1/offline/quotes', 'POST', told);
  }

  /** By home's clock, as a phone's may be wrong: a consent has to be given now. */
  async #homeNowMs(): Promise<number> {
    const clock = await fetch(new URL('/driver/v1/clock', this.#homeGatewayUrl));
    return (await readJson<{ nowMs: number }>(clock, this.#homeGatewayUrl)).nowMs;
  }

  /** Whether home answers now. */
  reachesHome(): Promise<boolean> {
    return this.#homeNowMs().then(
      () => true,
      () => false,
    );
  }

  /** Agrees to a price, and keeps the token. Told again for the same price it is the same token. */
  async agree(
    { asked, offer }: { readonly asked: Asked; readonly offer: Offer },
    costMicros: bigint,
    label: string,
  ): Promise<void> {
    const { store, owner = '' } = this;
    const key = await phoneKey(store, owner);
    try {
      await registerPhone(this.#home, key, label);
    } catch (error) {
      // A key that was taken back is good for nothing: the next one is another phone.
      if (error instanceof Troubled && error.code === 'OFFLINE_PHONE_REVOKED')
        await store.forget('keys', owner);
      throw error;
    }
    const { quoteId, signedQuote, microsPerKWh, microsPerHour, microsPerSession } = offer;
    const consent = await consentTo(key, signedQuote, costMicros, await this.#homeNowMs());
    const told = { requestId: quoteId, quoteId, phoneId: key.phoneId, consent };
    const { token, means } = await askHome<TokenAnswer>(
      this.#home,
      '/driver/v1/offline/tokens',
      'POST',
      told,
    );
    const { stationId, name, address, timeZone } = asked.place;
    await store.keep('tokens', {
      ...{ ...token, owner, evseId: asked.evseId, sessions: asked.request.sessions ?? 1 },
      price: { microsPerKWh, microsPerHour, microsPerSession },
      place: { stationId, name, address, timeZone },
    });
    await store.keepForLong();
    await this.#tell({ means, reservations: this.about?.reservations ?? [] }, this.nowMs());
    await this.load();
  }
}
