import { err, type DomainError, type Result } from '@roamgrid/domain';
import type { Place, PlaceWords } from '../place/place.ts';
import { takeIssuerList, type IssuerList } from '../token/issuer-list.ts';
import type { OfflineChargerOptions } from './charger-options.ts';
import type { ChargerMemory } from './memory.ts';
import { readReceipt } from './utility-words.ts';

/** What of a charger its utility's words change. */
export interface HeardWordsPort {
  /** Returns once it is kept. */
  save(changes: Partial<ChargerMemory>): Promise<void>;
  /** Forgets sessions that are booked, own ones or copies of a neighbour's. @returns false when there are none of that outlet's */
  booked(evseId: string, numbers: readonly number[]): Promise<boolean>;
}

type Options = Pick<
  OfflineChargerOptions,
  'suite' | 'operator' | 'clock' | 'outlet' | 'neighbours' | 'firstIssuers'
>;

const NOTHING = new Uint8Array();

/** What a charger's utility has said to it, whoever brought it: each word is kept, and then holds. */
export class HeardWords {
  readonly #options: Options;
  readonly #place: Place;
  readonly #port: HeardWordsPort;
  #issuers: IssuerList = { version: 0, madeAtS: 0, issuers: [] };

  constructor(options: Options, place: Place, port: HeardWordsPort) {
    this.#options = options;
    this.#place = place;
    this.#port = port;
  }

  /** Believes the list that it was set up with, or a later one that it kept. */
  async recall({ issuers }: Pick<ChargerMemory, 'issuers'>): Promise<void> {
    const { firstIssuers = NOTHING, operator, suite } = this.#options;
    for (const bytes of [firstIssuers, issuers]) {
      const list = await takeIssuerList(bytes, operator, this.#issuers.version, suite);
      if (list.ok) this.#issuers = list.value;
    }
  }

  /** Whose tokens it believes. */
  get issuers(): IssuerList {
    return this.#issuers;
  }

  /** Versions of what holds here. */
  get versions(): ReadonlyMap<string, number> {
    return new Map([['issuers', this.#issuers.version], ...this.#place.versions]);
  }

  /** A word for the whole site that a neighbour brought. */
  async ofSite(kind: string, bytes: Uint8Array): Promise<Result<unknown, DomainError>> {
    const { suite, operator } = this.#options;
    if (kind === 'unavailable' || kind === 'caps') return this.ofPlace(kind, bytes);
    const list = await takeIssuerList(bytes, operator, this.#issuers.version, suite);
    if (list.ok) await this.believe(list.value, bytes);
    return list;
  }

  async ofPlace(kind: keyof PlaceWords, bytes: Uint8Array): Promise<Result<unknown, DomainError>> {
    const { clock, outlet, neighbours } = this.#options;
    const word = await this.#place.read(kind, bytes, clock.nowS());
    if (!word.ok) return word;
    await this.#port.save({ [kind]: bytes });
    word.value();
    if (kind === 'caps') outlet.cap(this.#place.caps);
    neighbours?.changed();
    return word;
  }

  async believe(list: IssuerList, bytes: Uint8Array): Promise<void> {
    await this.#port.save({ issuers: bytes });
    this.#issuers = list;
    this.#options.clock.isAtLeast(list.madeAtS);
    this.#options.neighbours?.changed();
  }

  /** Forgets what a receipt names. */
  async receipt(bytes: Uint8Array): Promise<Result<unknown, DomainError>> {
    const { operator, suite } = this.#options;
    const receipt = await readReceipt(bytes, operator, suite);
    if (!receipt.ok) return receipt;
    const { evseId, numbers } = receipt.value;
    if (await this.#port.booked(evseId, numbers)) return receipt;
    return err({ code: 'WORD_FOR_OTHER_CHARGER', message: 'it is for another charger' });
  }
}
