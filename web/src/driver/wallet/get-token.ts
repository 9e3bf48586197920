import { find } from '../../shared/load.ts';
import { SignedOut } from '../asked.ts';
import { keyOf } from '../booking/wish.ts';
import type { AppConfig } from '../sign-in.ts';
import { speech } from '../words/speech.ts';
import { fieldId, tokenForm } from './form.ts';
import type { Choices, Purse } from './purse.ts';
import { amountOf, firstAmount, reviewScreen, type Offered } from './review.ts';
import { askedFor, FIELD_OF, firstDraft, type Draft, type Fault } from './wish.ts';

/** How long the driver types before stations are looked for. */
const TYPING_MS = 300;

export interface GetTokenPort {
  readonly config: AppConfig;
  readonly purse: Purse;
  /** Shows the page anew. @param said what is told where nobody looks; nothing when an alert speaks for itself */
  readonly draw: (said: () => string, focusOn?: string) => void;
  /** A token was got for a charger of this utility. */
  readonly onGot: () => void;
  /** The sign-in is over. */
  readonly onSignedOut: (why: SignedOut) => void;
}

interface Model {
  readonly draft: Draft;
  choices: Choices;
  faults: readonly Fault[];
  /** The price that is shown, when one is. */
  offered: Offered | undefined;
  isNoAmount: boolean;
  isSending: boolean;
  failure: unknown;
}

/** A signed-in driver says what he needs, sees the price, and agrees to it. */
export class GetToken {
  readonly #port: GetTokenPort;
  readonly #model: Model;
  #typing: ReturnType<typeof setTimeout> | undefined;

  constructor(port: GetTokenPort, choices: Choices) {
    this.#port = port;
    const draft = firstDraft();
    draft.cinRef = choices.cards[0]?.cinRef ?? '';
    this.#model = {
      ...{ draft, choices, faults: [], offered: undefined, isNoAmount: false, isSending: false },
      failure: undefined,
    };
  }

  /** The price, while one is shown. */
  review(): HTMLElement | undefined {
    const { offered, isSending, failure, isNoAmount } = this.#model;
    return (
      offered &&
      reviewScreen({
        ...{ offered, isSending, failure, isNoAmount },
        agree: () => void this.#agree(offered),
        change: () => {
          this.#to(undefined, () => speech().words.wallet.lead);
        },
      })
    );
  }

  form(): HTMLElement {
    const { draft, choices, faults, failure, isSending } = this.#model;
    const { config, purse, draw } = this.#port;
    return tokenForm({
      ...{ draft, ...choices, faults, failure, isSending, names: config.names, nowMs: Date.now },
      booked: purse.about?.reservations ?? [],
      search: () => this.#search(),
      redraw: (focusOn) => {
        draw(() => '', focusOn);
      },
      goOn: () => void this.#price(),
    });
  }

  stop(): void {
    clearTimeout(this.#typing);
  }

  #to(offered: Offered | undefined, said: () => string): void {
    Object.assign(this.#model, {
      ...{ offered, failure: undefined, isSending: false, isNoAmount: false, faults: [] },
    });
    this.#port.draw(said, 'step');
  }

  #search(): void {
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => {
      this.#find().catch((error: unknown) => this.#failed(error));
    }, TYPING_MS);
  }

  async #find(): Promise<void> {
    const { draft, choices } = this.#model;
    const search = draft.search.trim();
    const found = await this.#port.purse.places(search);
    // Something else is looked for by now.
    if (search !== draft.search.trim()) return;
    this.#model.choices = { ...choices, ...found };
    if (!found.places.some((place) => keyOf(place) === draft.place)) {
      const [only, ...more] = found.places;
      draft.place = only !== undefined && more.length === 0 ? keyOf(only) : '';
      draft.evseId = '';
    }
    if (this.#model.offered !== undefined) return;
    const field = document.activeElement?.id;
    const said = () => speech().words.booking.found(found.places.length);
    this.#port.draw(said, field === '' ? undefined : field);
    const input = find(fieldId('search'));
    if (input === document.activeElement && input instanceof HTMLInputElement)
      input.setSelectionRange(input.value.length, input.value.length);
  }

  async #price(): Promise<void> {
    const model = this.#model;
    const { purse, draw } = this.#port;
    if (model.isSending) return;
    const made = askedFor(model.draft, model.choices.places, purse.about?.reservations ?? [], Date.now());
    if ('faults' in made) {
      const { faults } = made;
      Object.assign(model, { faults, failure: undefined });
      const said = () => faults.map((fault) => speech().words.wallet.faults[fault]).join(' ');
      draw(said, fieldId(FIELD_OF[faults[0]]));
      return;
    }
    Object.assign(model, { isSending: true, failure: undefined, faults: [] });
    draw(() => speech().words.wallet.asking);
    try {
      const offer = await purse.price(made);
      this.#to({ asked: made, offer, most: firstAmount(offer) }, () => speech().words.wallet.reviewSaid);
    } catch (error) {
      this.#failed(error, 'get');
    }
  }

  async #agree(offered: Offered): Promise<void> {
    const model = this.#model;
    const { purse, draw, onGot } = this.#port;
    if (model.isSending) return;
    const costMicros = amountOf(offered.most, BigInt(offered.offer.mostMicros));
    model.isNoAmount = costMicros === undefined;
    if (costMicros === undefined) {
      draw(() => '', 'token-cost');
      return;
    }
    Object.assign(model, { isSending: true, failure: undefined });
    draw(() => speech().words.wallet.asking);
    try {
      await purse.agree(offered, costMicros, speech().words.wallet.phone);
      this.#to(undefined, () => speech().words.wallet.got);
      onGot();
    } catch (error) {
      this.#failed(error, 'step');
    }
  }

  #failed(error: unknown, focusOn?: string): void {
    if (error instanceof SignedOut) {
      this.#port.onSignedOut(error);
      return;
    }
    Object.assign(this.#model, { isSending: false, failure: error });
    this.#port.draw(() => '', focusOn);
  }
}
