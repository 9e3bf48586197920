import type { DomainError, Result } from '@roamgrid/domain';
import { isBytes, isWhole, itemsOf, type CborValue } from '../cbor/cbor.ts';
import type { Suite } from '../suite/suite.ts';
import { takeIssuerList, type IssuerList } from '../token/issuer-list.ts';
import type { FirmwareUpdate } from '../firmware/firmware-update.ts';
import { readChunk, standingWord } from '../firmware/words.ts';
import { shownAs, type Copies } from '../neighbours/copies.ts';
import type { PlaceWords } from '../place/place.ts';
import { versionRows } from '../place/diagnostics.ts';
import { refused } from './answers.ts';
import type { ChargerClock } from './charger-clock.ts';
import { takeTimeWord, type Operator } from './utility-words.ts';
import type { Vault } from './vault.ts';

/** A word about the time is believed so long after the challenge that it answers. */
const TIME_WITHIN_MS = 60_000;

/** What a charger lets a phone do that proved itself. */
export interface ConversationPort {
  readonly suite: Suite;
  readonly evseId: string;
  readonly operator: Operator;
  readonly clock: ChargerClock;
  readonly vault: Vault;
  readonly bootCounter: number;
  /** Of the list of issuers that it has. */
  issuersVersion(): number;
  /** A phone has the record of this session. */
  carried(number: number): Promise<void>;
  /** Versions of its utility's words that hold here, by their kinds. */
  versions(): ReadonlyMap<string, number>;
  /** Where firmware can come by phones. */
  readonly firmware: FirmwareUpdate | undefined;
  /** What holds at the place, or who has reserved it. */
  placeWord(kind: keyof PlaceWords, bytes: Uint8Array): Promise<Result<unknown, DomainError>>;
  /** How the session stands that this phone started; undefined for any other. */
  running(): CborValue | undefined;
  /** What holds here and what its utility wants to know of it, sealed; undefined before it said anything. */
  diagnosed(): Promise<Uint8Array | undefined>;
  /** Sessions that are booked, of this charger or a neighbour's. */
  receipt(bytes: Uint8Array): Promise<Result<unknown, DomainError>>;
  /** Neighbours' records. */
  readonly copies: Pick<Copies, 'next' | 'carried'> | undefined;
  /** A later list of issuers, and the bytes that were signed. */
  believe(list: IssuerList, bytes: Uint8Array): Promise<void>;
}

const UNKNOWN = 'this charger does not know what that means';

const saidOf = (taken: Result<unknown, DomainError>): CborValue =>
  taken.ok ? ['noted'] : refused(taken.error.code, taken.error.message);

/** What is said in an open contact: records taken, words of the utility given. */
export class Conversation {
  readonly #port: ConversationPort;
  /** Records that were handed over in this contact. */
  readonly #shown: number[] = [];
  readonly #shownCopies: string[] = [];

  constructor(port: ConversationPort) {
    this.#port = port;
  }

  /** Undefined when the phone has nothing more to say. */
  async answer(asked: CborValue): Promise<CborValue | undefined> {
    const { vault, carried } = this.#port;
    const [word, what, of] = itemsOf(asked);
    switch (typeof word === 'string' ? word : '') {
      case 'take': {
        const record = vault.next(this.#shown);
        if (record === undefined) return what === 'all' ? this.#copy() : ['nothing'];
        this.#shown.push(record.number);
        return ['record', record.number, record.bytes];
      }
      case 'kept':
        if (typeof of === 'string') return this.#keptCopy(of, what);
        if (typeof what !== 'number' || !this.#shown.includes(what))
          return refused('NOT_SHOWN', 'it was not handed over in this contact');
        await carried(what);
        return ['noted'];
      case 'issuers':
        return this.#told(what, (bytes) => this.#takeIssuers(bytes));
      case 'receipt':
        return this.#told(what, (bytes) => this.#port.receipt(bytes));
      case 'rules':
      case 'slots':
      case 'unavailable':
      case 'caps':
        return this.#told(what, (bytes) => this.#port.placeWord(word as keyof PlaceWords, bytes));
      case 'diagnose': {
        const sealed = await this.#port.diagnosed();
        return sealed === undefined ? ['nothing'] : ['diagnosed', sealed];
      }
      case 'running':
        return this.#port.running() ?? ['nothing'];
      case 'standing':
        return ['standing', versionRows(this.#port.versions())];
      case 'time':
        return this.#told(what, (bytes) => this.#takeTime(bytes));
      case 'bye':
        return undefined;
      default:
        return (await this.#aboutFirmware(word, what)) ?? refused('NOT_UNDERSTOOD', UNKNOWN);
    }
  }

  /** A neighbour's record: the phone brings it as it brings this charger's. */
  #copy(): CborValue {
    const copy = this.#port.copies?.next(this.#shownCopies);
    if (copy === undefined) return ['nothing'];
    this.#shownCopies.push(shownAs(copy.evseId, copy.number));
    return ['record', copy.number, copy.bytes, copy.evseId];
  }

  async #keptCopy(evseId: string, number: CborValue | undefined): Promise<CborValue> {
    if (!isWhole(number) || !this.#shownCopies.includes(shownAs(evseId, number)))
      return refused('NOT_SHOWN', 'it was not handed over in this contact');
    await this.#port.copies?.carried(evseId, number);
    return ['noted'];
  }

  async #aboutFirmware(
    word: CborValue | undefined,
    what: CborValue | undefined,
  ): Promise<CborValue | undefined> {
    const { firmware, clock } = this.#port;
    if (firmware === undefined) return undefined;
    if (word === 'firmware') return standingWord(firmware.standing);
    if (word === 'firmware-keys') return this.#told(what, (bytes) => firmware.takeKeys(bytes));
    if (word === 'firmware-release')
      return this.#told(what, (bytes) => firmware.takeRelease(bytes, clock.nowS()));
    const brought = word === 'firmware-chunk' ? readChunk(what) : undefined;
    return brought && saidOf(await firmware.takeChunk(brought.version, brought.chunk));
  }

  async #told(
    what: CborValue | undefined,
    take: (bytes: Uint8Array) => Promise<Result<unknown, DomainError>>,
  ): Promise<CborValue> {
    if (!isBytes(what)) return refused('NOT_UNDERSTOOD', 'it brings nothing');
    return saidOf(await take(what));
  }

  async #takeIssuers(bytes: Uint8Array) {
    const { operator, suite, issuersVersion, believe } = this.#port;
    const list = await takeIssuerList(bytes, operator, issuersVersion(), suite);
    if (list.ok) await believe(list.value, bytes);
    return list;
  }

  async #takeTime(bytes: Uint8Array) {
    const { operator, suite, evseId, clock, bootCounter } = this.#port;
    const here = { evseId, bootCounter, uptimeMs: clock.uptimeMs, withinMs: TIME_WITHIN_MS };
    const word = await takeTimeWord(bytes, operator, here, suite);
    if (word.ok) clock.setAt(word.value.atS, word.value.monotonicMs);
    return word;
  }
}
