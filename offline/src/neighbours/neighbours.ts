import type { DomainError, Result } from '@roamgrid/domain';
import { hexOf } from '../cbor/bytes.ts';
import { isBytes, isWhole, itemsOf, type CborValue } from '../cbor/cbor.ts';
import { versionRows } from '../place/diagnostics.ts';
import { readVersions } from '../place/diagnosis.ts';
import type { TokenUse } from '../token/judge.ts';
import type { Copies } from './copies.ts';
import { TokenClaims, type NearUse } from './token-claims.ts';

/** Says one thing to a neighbour. @throws when it is not heard */
export type AskNeighbour = (what: CborValue) => Promise<CborValue>;

/** What a charger lets its neighbours do, and shares with them. */
export interface SharedPort {
  readonly evseId: string;
  /** Own records that are not booked. */
  numbers(): readonly number[];
  record(number: number): Uint8Array | undefined;
  /** Words that are for the whole site, by their kinds. */
  words(): ReadonlyMap<string, { readonly version: number; readonly bytes: Uint8Array }>;
  takeWord(kind: string, bytes: Uint8Array): Promise<Result<unknown, DomainError>>;
  /** Of whichever charger: forgets what it names. @returns whether it is good, and says something new here */
  takeReceipt(bytes: Uint8Array): Promise<boolean>;
  /** What was started here by a token, that which runs included. */
  useOf(tokenId: Uint8Array): TokenUse;
}

/** A receipt by the end of its signature. */
const nameOf = (receipt: Uint8Array): string => hexOf(receipt.slice(-NAME_BYTES));
const NAME_BYTES = 32;

/** Receipts that are told on, the latest; one that is dropped comes again with the record that it is for. */
const MOST_RECEIPTS = 64;

const useWords = ({ sessions, energyWh, costMicros, isPending }: NearUse): CborValue => [
  ...['use', sessions, energyWh, costMicros, isPending],
];

const readUse = (value: CborValue): NearUse | undefined => {
  const [word, sessions, energy, cost, isPending] = itemsOf(value);
  if (word !== 'use' || !isWhole(sessions) || !isWhole(energy) || !isWhole(cost)) return undefined;
  return {
    ...{ sessions, energyWh: BigInt(energy), costMicros: BigInt(cost) },
    isPending: isPending !== false,
  };
};

/**
 * What chargers of one local network tell each other, so that one contact serves all: each gives its own records and what its utility said to whoever
 * lacks them. All of it may be told twice, late, or half: what is lost is told again, and whatever is told is signed by who is believed.
 */
export class Neighbours {
  readonly #port: SharedPort;
  readonly #copies: Copies;
  readonly #receipts = new Map<string, Uint8Array>();
  readonly #claims: TokenClaims;

  constructor(port: SharedPort, copies: Copies) {
    this.#port = port;
    this.#copies = copies;
    this.#claims = new TokenClaims(port.evseId);
  }

  /** Answers a neighbour that proved who it is. */
  async answer(neighbour: string, asked: CborValue): Promise<CborValue> {
    const [word, what, bytes] = itemsOf(asked);
    switch (typeof word === 'string' ? word : '') {
      case 'have': {
        const versions = [...this.#port.words()].map(([kind, { version }]) => [kind, version] as const);
        return [
          ...['has', versionRows(new Map(versions)), [...this.#copies.numbersOf(neighbour)]],
          this.#copies.roomFor(neighbour),
        ];
      }
      case 'word': {
        if (typeof what !== 'string' || !isBytes(bytes)) break;
        return [(await this.#port.takeWord(what, bytes)).ok ? 'noted' : 'not-taken'];
      }
      case 'copy': {
        if (!isWhole(what) || !isBytes(bytes)) break;
        return [(await this.#copies.keep(neighbour, what, bytes)) ? 'noted' : 'no-room'];
      }
      case 'receipt':
        if (!isBytes(what)) break;
        if (!this.#receipts.has(nameOf(what)) && (await this.#port.takeReceipt(what))) this.hold(what);
        return ['noted'];
      case 'use':
        if (!isBytes(what)) break;
        return useWords(this.#claims.asked(neighbour, what, this.#port.useOf(what)));
      default:
    }
    return ['not-understood'];
  }

  /** A receipt that was taken is told on. */
  hold(bytes: Uint8Array): void {
    this.#receipts.set(nameOf(bytes), bytes);
    const [oldest] = this.#receipts.keys();
    if (this.#receipts.size > MOST_RECEIPTS && oldest !== undefined) this.#receipts.delete(oldest);
  }

  /**
   * Tells a neighbour what it lacks.
   * @param told receipts that it has heard since it was met
   * @throws what `ask` throws: the rest is told when it is heard again
   */
  async tell(ask: AskNeighbour, told: () => Set<string>): Promise<void> {
    // What is booked is released before anything is copied.
    for (const [name, bytes] of this.#receipts) {
      if (told().has(name)) continue;
      await ask(['receipt', bytes]);
      told().add(name);
    }
    const [word, versions, held, room] = itemsOf(await ask(['have']));
    if (word !== 'has') return;
    const has = readVersions(versions);
    for (const [kind, { version, bytes }] of this.#port.words())
      if (version > (has.get(kind) ?? 0)) await ask(['word', kind, bytes]);
    const theirs = itemsOf(held);
    for (const number of room === true ? this.#port.numbers() : []) {
      const bytes = theirs.includes(number) ? undefined : this.#port.record(number);
      if (bytes === undefined) continue;
      const [answer] = itemsOf(await ask(['copy', number, bytes]));
      if (answer !== 'noted') return;
    }
  }

  /**
   * What neighbours that are heard took of a token, before it starts anything here; they are told that it is about to.
   * @returns undefined when another is about to start by it
   */
  usedNear(
    tokenId: Uint8Array,
    neighbours: ReadonlyMap<string, AskNeighbour>,
  ): Promise<TokenUse | undefined> {
    return this.#claims.used(tokenId, [...neighbours.keys()], async (neighbour) => {
      const ask = neighbours.get(neighbour);
      try {
        return ask && readUse(await ask(['use', tokenId]));
      } catch {
        return undefined;
      }
    });
  }

  /** The start by that token is on record, or is none. */
  settled(): void {
    this.#claims.settled();
  }
}
