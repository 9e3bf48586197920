import { h, patch } from '../../shared/dom.ts';
import { find } from '../../shared/load.ts';
import { SignedOut } from '../asked.ts';
import type { Present } from '../present.ts';
import type { AppConfig, Ask } from '../sign-in.ts';
import { speech } from '../words/speech.ts';
import { askFor, type Alternative, type Answer, type Offered, type Reservation } from './calls.ts';
import { bookingForm, fieldId } from './form.ts';
import { bookingList, itemId, owedText, type Giving } from './list.ts';
import { stepScreen, type Step, type Wished } from './steps.ts';
import {
  askedFor,
  FIELD_OF,
  firstDraft,
  keyOf,
  type Card,
  type Fault,
  type Place,
  type Terms,
  type Wish,
} from './wish.ts';

/** How often it is looked what became of bookings. */
const LOOK_EVERY_MS = 5_000;
/** How long the driver types before stations are looked for. */
const TYPING_MS = 300;

interface Places {
  readonly places: readonly Place[];
  readonly isMore: boolean;
}

/** What is shown to somebody who books: what he says, where he is with it, and what he booked. */
interface Model {
  readonly cards: readonly Card[];
  readonly draft: ReturnType<typeof firstDraft>;
  places: Places;
  /** Every station that was told, by utility and id, for its name. */
  readonly known: Map<string, Place>;
  readonly terms: Map<string, Terms>;
  faults: readonly Fault[];
  step: Step;
  isSending: boolean;
  failure: unknown;
  reservations: readonly Reservation[];
  giving: Giving | undefined;
}

/** Where a signed-in driver books ahead, and sees and gives back what he booked (SITE-5, ROAM-10). */
export class BookingPage {
  readonly #config: AppConfig;
  readonly #ask: Ask;
  readonly #present: Present;
  readonly #leave: (why?: unknown) => void;
  readonly #model: Model;
  #looks: ReturnType<typeof setInterval> | undefined;
  #typing: ReturnType<typeof setTimeout> | undefined;
  #isShown = true;

  private constructor(
    config: AppConfig,
    ask: Ask,
    present: Present,
    leave: (why?: unknown) => void,
    model: Model,
  ) {
    this.#config = config;
    this.#ask = ask;
    this.#present = present;
    this.#leave = leave;
    this.#model = model;
  }

  /** @param leave shows the sign-in again: the driver signed out, or his sign-in is over */
  static async show(
    config: AppConfig,
    ask: Ask,
    present: Present,
    leave: (why?: unknown) => void,
  ): Promise<void> {
    const [{ cards }, places, { reservations }] = await Promise.all([
      askFor<{ cards: Card[] }>(ask, '/driver/v1/booking-cards'),
      askFor<Places>(ask, '/driver/v1/booking-places'),
      askFor<{ reservations: Reservation[] }>(ask, '/driver/v1/reservations'),
    ]);
    const active = cards.filter(({ state }) => state === 'active');
    const draft = firstDraft(Date.now());
    draft.cinRef = active[0]?.cinRef ?? '';
    const page = new BookingPage(config, ask, present, leave, {
      ...{ cards: active, draft, places, known: new Map(), terms: new Map(), faults: [] },
      ...{ step: { at: 'form' }, isSending: false, failure: undefined, reservations, giving: undefined },
    });
    page.#know(places);
    page.#draw(speech().words.booking.said(reservations.length));
    page.#looks = setInterval(() => void page.#look(), LOOK_EVERY_MS);
  }

  #know({ places }: Places): void {
    for (const place of places) this.#model.known.set(keyOf(place), place);
  }

  /** @param said what is told where nobody looks; nothing when an alert speaks for itself */
  #draw(said: string, focusOn?: string): void {
    if (!this.#isShown) return;
    let isFirst = true;
    this.#present(() => {
      const [ofStep, screen] = this.#screen();
      const told = isFirst ? said : ofStep;
      isFirst = false;
      return [
        told,
        h(
          'div',
          { class: 'head' },
          h('a', { href: '/' }, speech().words.devices.toBills),
          h('button', { type: 'button', onclick: () => this.#end() }, speech().words.signIn.out),
        ),
        screen,
        this.#list(),
      ];
    });
    if (focusOn !== undefined) find(focusOn).focus();
  }

  #screen(): readonly [string, HTMLElement] {
    const { draft, places, cards, faults, step, isSending, failure } = this.#model;
    if (step.at !== 'form')
      return stepScreen(step, {
        ...{ isSending, failure, nowMs: Date.now },
        book: (wished, offer) => void this.#book(wished, offer),
        bookThere: (wished, there) => void this.#review(...this.#at(wished, there)),
        back: (isLeft) => {
          this.#to({ at: 'form' }, isLeft ? speech().words.booking.left : speech().words.booking.lead);
        },
      });
    const form = bookingForm({
      ...{ draft, ...places, cards, faults, failure, names: this.#config.names },
      search: () => this.#search(),
      redraw: (focusOn) => this.#draw('', focusOn),
      goOn: () => this.#goOn(),
    });
    return [speech().words.booking.lead, form];
  }

  #list(): HTMLElement {
    const { reservations, giving, known } = this.#model;
    const list = bookingList({
      ...{ reservations, giving, names: this.#config.names, nowMs: Date.now },
      nameOf: (of) => known.get(keyOf(of))?.name ?? of.stationId,
    });
    list.addEventListener('click', ({ target }) => {
      const pressed = target instanceof Element ? target.closest<HTMLElement>('[data-step]') : null;
      const { step, id } = pressed?.dataset ?? {};
      if (id === undefined) return;
      if (step === 'cancel') this.#giveBack({ reservationId: id }, speech().words.booking.cancel);
      else if (this.#model.giving?.isSending === true) return;
      else if (step === 'no') this.#giveBack(undefined, speech().words.booking.cancelNo, id);
      else void this.#cancel(id);
    });
    return list;
  }

  #to(step: Step, said: string): void {
    Object.assign(this.#model, { step, failure: undefined, isSending: false, faults: [] });
    this.#draw(said, 'step');
  }

  #search(): void {
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => {
      this.#find().catch((error: unknown) => this.#failed(error));
    }, TYPING_MS);
  }

  async #find(): Promise<void> {
    const { draft } = this.#model;
    const search = draft.search.trim();
    const query = new URLSearchParams({ search }).toString();
    const found = await askFor<Places>(this.#ask, `/driver/v1/booking-places?${query}`);
    this.#know(found);
    // Something else is looked for by now.
    if (search !== draft.search.trim()) return;
    this.#model.places = found;
    if (!found.places.some((place) => keyOf(place) === draft.place)) {
      const [only, ...more] = found.places;
      draft.place = only !== undefined && more.length === 0 ? keyOf(only) : '';
      draft.evseId = '';
    }
    if (this.#model.step.at !== 'form') return;
    const field = document.activeElement?.id;
    this.#draw(speech().words.booking.found(found.places.length), field === '' ? undefined : field);
    const input = find(fieldId('search'));
    if (input === document.activeElement && input instanceof HTMLInputElement)
      input.setSelectionRange(input.value.length, input.value.length);
  }

  #goOn(): void {
    const { draft, places } = this.#model;
    const made = askedFor(draft, places.places, Date.now());
    if ('faults' in made) {
      this.#model.faults = made.faults;
      const said = made.faults.map((fault) => speech().words.booking.faults[fault]).join(' ');
      this.#draw(said, fieldId(FIELD_OF[made.faults[0]]));
      return;
    }
    this.#model.failure = undefined;
    this.#review(made.asked, made.place).catch((error: unknown) => this.#failed(error));
  }

  /** The same wish at another station, which may be one that the form does not show. */
  #at({ asked, place }: Wished, there: Alternative): readonly [Wished['asked'], Place] {
    const { evseId: _outlet, ...rest } = asked;
    const { stationId, fromMs, untilMs, powerW, stationName: name } = there;
    const { vun, timeZone } = place;
    const known = this.#model.known.get(keyOf({ vun, stationId }));
    return [
      { ...rest, stationId, fromMs, untilMs, powerW },
      known ?? { vun, stationId, name, address: '', timeZone, outlets: [] },
    ];
  }

  /** Shows what it costs. From here on it has an id: however often it is told, it is booked once. */
  async #review(asked: Wished['asked'], place: Place): Promise<void> {
    const { vun } = asked;
    const terms =
      this.#model.terms.get(vun) ?? (await askFor<Terms>(this.#ask, `/driver/v1/booking-terms/${vun}`));
    this.#model.terms.set(vun, terms);
    const wished = { requestId: `page-${crypto.randomUUID()}`, asked, place, terms };
    this.#to({ at: 'review', wished }, speech().words.booking.reviewSaid);
  }

  async #book(wished: Wished, offer?: Offered['offer']): Promise<void> {
    const model = this.#model;
    if (model.isSending) return;
    Object.assign(model, { isSending: true, failure: undefined });
    this.#draw(speech().words.booking.booking, 'step');
    const { requestId, asked } = wished;
    const wish: Wish = {
      ...{ ...asked, requestId, slow: 'offer' },
      ...(offer && { untilMs: offer.untilMs, leastW: offer.powerW, slow: 'take' }),
    };
    try {
      const answer = await askFor<Answer>(this.#ask, '/driver/v1/reservations', 'POST', wish);
      if (answer.outcome === 'booked') await this.#look().catch(() => undefined);
      const step: Step = { at: 'answered', wished, answer };
      Object.assign(model, { step, isSending: false });
      const [said] = this.#screen();
      this.#to(step, said);
    } catch (error) {
      this.#failed(error);
    }
  }

  #giveBack(giving: Giving | undefined, said: string, focusOn?: string): void {
    this.#model.giving = giving;
    this.#patchList();
    const id = focusOn ?? giving?.reservationId;
    if (id !== undefined) find(itemId(id)).querySelector<HTMLElement>('button')?.focus();
    if (giving === undefined) find('announce').textContent = said;
  }

  async #cancel(reservationId: string): Promise<void> {
    if (this.#model.giving?.isSending === true) return;
    this.#model.giving = { reservationId, isSending: true };
    this.#patchList();
    try {
      const path = `/driver/v1/reservations/${reservationId}/cancel`;
      const cancelled = await askFor<Reservation>(this.#ask, path, 'POST');
      this.#model.giving = undefined;
      this.#tell(
        this.#model.reservations.map((each) => (each.reservationId === reservationId ? cancelled : each)),
      );
      find('announce').textContent = speech().words.booking.cancelled(owedText(cancelled));
      document.getElementById(itemId(reservationId))?.focus();
    } catch (failure) {
      this.#model.giving = { reservationId, failure };
      if (failure instanceof SignedOut) this.#end(failure);
      else this.#patchList();
    }
  }

  /** What became of bookings since, told as well where nobody looks. */
  async #look(): Promise<void> {
    if (document.visibilityState === 'hidden') return;
    try {
      const { reservations } = await askFor<{ reservations: Reservation[] }>(
        this.#ask,
        '/driver/v1/reservations',
      );
      this.#tell(reservations);
    } catch (error) {
      // Another look follows.
      if (error instanceof SignedOut) this.#end(error);
    }
  }

  #tell(reservations: readonly Reservation[]): void {
    const { words } = speech();
    const { known, reservations: before } = this.#model;
    const stateBefore = new Map(before.map(({ reservationId, state }) => [reservationId, state]));
    this.#model.reservations = reservations;
    this.#patchList();
    const news = reservations.filter(({ reservationId, state }) => {
      const was = stateBefore.get(reservationId);
      return was !== undefined && was !== state;
    });
    if (news.length === 0 || !this.#isShown) return;
    find('announce').textContent = news
      .map((each) =>
        words.booking.became(
          known.get(keyOf(each))?.name ?? each.stationId,
          words.booking.states[each.state],
        ),
      )
      .join(' ');
  }

  /** Changes only what differs, so that the focus and what is pressed stay. */
  #patchList(): void {
    if (!this.#isShown) return;
    const shown = document.getElementById('bookings');
    if (shown !== null) patch(shown, this.#list());
  }

  #failed(error: unknown): void {
    if (error instanceof SignedOut) {
      this.#end(error);
      return;
    }
    Object.assign(this.#model, { isSending: false, failure: error });
    this.#draw('', 'step');
  }

  #end(why?: unknown): void {
    this.#isShown = false;
    clearInterval(this.#looks);
    clearTimeout(this.#typing);
    this.#leave(why);
  }
}
