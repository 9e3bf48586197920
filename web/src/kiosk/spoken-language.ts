import { isLanguage, pickLanguage, type Language } from '../shared/language/language.ts';
import type { State } from './api.ts';

/** A choice on the first screen that nobody goes on with is the next driver's trouble after so long. */
const FORGOTTEN_AFTER_MS = 90_000;

/**
 * The language of the kiosk: what the driver chose, else what home says of the driver, else the station's own. The next
 * driver begins with the station's again.
 */
export class SpokenLanguage {
  readonly #own: Language;
  readonly #changed: () => void;
  readonly #forgottenAfterMs: number;
  #chosen: Language | undefined;
  #home: Language | undefined;
  #isWelcome = true;
  #forgetting: ReturnType<typeof setTimeout> | undefined;

  /** @param changed called after each change of `now` */
  constructor(wishes: readonly string[], changed: () => void, forgottenAfterMs = FORGOTTEN_AFTER_MS) {
    this.#own = pickLanguage(wishes);
    this.#changed = changed;
    this.#forgottenAfterMs = forgottenAfterMs;
  }

  get now(): Language {
    return this.#chosen ?? this.#home ?? this.#own;
  }

  choose(language: Language): void {
    this.#become(language, this.#home);
    clearTimeout(this.#forgetting);
    if (this.#isWelcome)
      this.#forgetting = setTimeout(() => this.#become(undefined, undefined), this.#forgottenAfterMs);
  }

  /** Takes in what a state says of the driver, before it is shown. */
  hear(state: State): void {
    const wasWelcome = this.#isWelcome;
    this.#isWelcome = state.screen === 'welcome';
    if (!this.#isWelcome) clearTimeout(this.#forgetting);
    if (this.#isWelcome && !wasWelcome) this.#become(undefined, undefined);
    if (state.screen !== 'offer') return;
    const { language } = state.offer;
    if (language !== undefined && isLanguage(language)) this.#become(this.#chosen, language);
  }

  #become(chosen: Language | undefined, home: Language | undefined): void {
    const before = this.now;
    this.#chosen = chosen;
    this.#home = home;
    if (this.now !== before) this.#changed();
  }
}
