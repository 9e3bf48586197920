import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import { isSame, hexOf } from '../cbor/bytes.ts';
import { readSign1 } from '../cose/sign1.ts';
import type { PublicKey, Signer, Suite } from '../suite/suite.ts';
import { readChargeToken, type ChargeToken } from '../token/charge-token.ts';
import { costMicros } from '../token/cost.ts';
import type { IssuerList } from '../token/issuer-list.ts';
import { readCreditAck, type CreditAckError } from './credit-ack.ts';
import { balanceOf, written, type CreditBalance, type CreditRefusal } from './credit-book.ts';
import { goOn, signCreditHead, startOf, type CreditHead } from './credit-chain.ts';
import { NONCE_BYTES, readCreditEntry, signCreditEntry, type CreditMovement } from './credit-entry.ts';
import type { Reservation, TokenCredit } from './credit-page.ts';

/** Where a phone keeps the entries of its ledger: each is written once, and never changed. */
export interface CreditStore {
  /** All entries, the first first. */
  all(): Promise<readonly Uint8Array[]>;
  /**
   * Keeps an entry. Fulfilled once it is on the disk: what follows from it may happen then.
   * @returns false when another writer was quicker: there is an entry of this number, and it stays
   */
  add(seq: number, entry: Uint8Array): Promise<boolean>;
}

export type CreditError =
  | CreditRefusal
  | CreditAckError
  | DomainError<
      | 'CREDIT_OTHER_HOLDER' // the token is another phone's
      | 'CREDIT_ACK_OTHER' // home's word is of another ledger, or of entries that this phone does not have
      | 'GO_ONLINE' // less is left than the limit that home stated
    >;

export interface CreditLedgerOptions {
  readonly suite: Pick<Suite, 'sha256' | 'random'>;
  readonly store: CreditStore;
  readonly holder: Signer;
  /** The holder's, with all of y, as home has it. */
  readonly key: PublicKey & { readonly y: Uint8Array };
  /** The phone's own clock, seconds since 1970. */
  readonly nowS: () => number;
}

/** A session that the driver wants to start. */
export interface SessionWish {
  readonly token: ChargeToken;
  readonly evseId: string;
  readonly energyWh: bigint;
}

/** What the charger said when a session ended. */
export interface SessionSaid {
  /** The session's number at its outlet. */
  readonly number: number;
  readonly energyWh: bigint;
  readonly micros: bigint;
}

/** Of entries that are told to home at once. */
export const MOST_TOLD = 100;
export const MOST_TOLD_BYTES = 65_536;

const MS_PER_S = 1_000n;

/** The most that a session may come to: a charger stops at its energy, at the token's end, at its money. */
const mostOf = ({ token, energyWh }: SessionWish, nowS: number): bigint =>
  costMicros(token.price, energyWh, BigInt(Math.max(0, token.expiresS - nowS)) * MS_PER_S);

/**
 * The credit of one phone. One entry is one write, so a phone that stops between any two of them goes on from the last. Two pages of one browser may
 * each have one: who writes second reads what the first wrote, and does it anew.
 */
export class CreditLedger {
  readonly #options: CreditLedgerOptions;
  #head: CreditHead;
  #entries: readonly Uint8Array[];

  private constructor(options: CreditLedgerOptions, head: CreditHead, entries: readonly Uint8Array[]) {
    this.#options = options;
    this.#head = head;
    this.#entries = entries;
  }

  /** Reads what the phone has. @throws Error CREDIT_DAMAGED when the storage changed an entry: this key is good for nothing more */
  static async open(options: CreditLedgerOptions): Promise<CreditLedger> {
    const start = await startOf(options.key, options.suite);
    const ledger = new CreditLedger(options, start, []);
    await ledger.reload();
    return ledger;
  }

  get head(): CreditHead {
    return this.#head;
  }

  get tokens(): ReadonlyMap<string, TokenCredit> {
    return this.#head.book.tokens;
  }

  /** What there is in a currency, now. */
  balance(currency: string): CreditBalance {
    return balanceOf(this.#head.book, currency, this.#options.nowS());
  }

  /** Sessions of which no charger has said anything yet. */
  get reservations(): readonly (Reservation & { readonly tokenId: string })[] {
    return [...this.tokens.values()].flatMap(({ tokenId, reservations }) =>
      reservations.map((one) => ({ ...one, tokenId })),
    );
  }

  /** Reads what another page of this phone may have written meanwhile. */
  async reload(): Promise<void> {
    const { store, suite, key } = this.#options;
    const entries = await store.all();
    const has = this.#head.seq;
    const going = goOn(has === 0 ? await startOf(key, suite) : this.#head);
    for (const bytes of entries.slice(has)) {
      const read = await readCreditEntry(bytes, suite);
      const next = read.ok ? going.add(read.value) : read;
      if (!next.ok) throw new Error(`CREDIT_DAMAGED: ${next.error.code}: ${next.error.message}`);
    }
    this.#entries = entries;
    this.#head = going.head();
  }

  /**
   * Home issued a token to this phone: its money may be spent. Before it is used: a token that started a session without a reservation is left out, as home takes such a
   * session for another phone's. The same again changes nothing.
   * @param lowMicros in the token's currency: with less the driver has to go online
   */
  async grant(token: Uint8Array, lowMicros: bigint): Promise<Result<undefined, CreditError>> {
    const read = readSign1(token);
    const claims = read.ok ? readChargeToken(read.value.payload) : read;
    if (!claims.ok) return err({ code: 'CREDIT_UNKNOWN', message: claims.error.message });
    const { holder, tokenId, limits, price, expiresS } = claims.value;
    if (!isSame(holder.x, this.#options.key.x))
      return err({ code: 'CREDIT_OTHER_HOLDER', message: 'the token is another phone’s' });
    const done = await this.#write(() => ({
      ...{ kind: 'grant', tokenId: hexOf(tokenId), currency: price.currency, expiresS },
      ...{ micros: limits.costMicros, lowMicros },
    }));
    return done.ok || done.error.code === 'CREDIT_GRANTED_BEFORE' ? ok(undefined) : done;
  }

  /**
   * Puts aside what a session may come to, before a charger is asked to start it. Where nobody pays there is nothing to put aside.
   * @returns the reservation, to which the charger's word belongs
   */
  async reserve(wish: SessionWish): Promise<Result<number, CreditError>> {
    const { token, evseId, energyWh } = wish;
    const { currency } = token.price;
    const tokenId = hexOf(token.tokenId);
    return this.#write(() => {
      const { availableMicros, lowMicros, isLow } = this.balance(currency);
      if (isLow)
        return err({
          code: 'GO_ONLINE',
          message: `${availableMicros} micro-${currency} are left, less than ${lowMicros}: go online and reload`,
        });
      const left = this.tokens.get(tokenId)?.balances.available ?? 0n;
      const least = costMicros(token.price, energyWh, 0n);
      const most = mostOf(wish, this.#options.nowS());
      // A charger stops when the token's money is used up: no more than that can come of it, and it starts if the energy alone can be paid.
      const micros = least > left || most < left ? most : left;
      return { kind: 'reserve', tokenId, evseId, micros };
    });
  }

  /** The charger said what a session came to. Said again, or after home's word, it changes nothing. */
  debit(
    reservation: number,
    { number, energyWh, micros }: SessionSaid,
  ): Promise<Result<undefined, CreditError>> {
    return this.#settle({ kind: 'debit', reservation, number, energyWh, micros });
  }

  /** Nothing started: the charger refused. Said again it changes nothing. */
  release(reservation: number): Promise<Result<undefined, CreditError>> {
    return this.#settle({ kind: 'release', reservation });
  }

  /** Takes home's word of where it stands. An earlier one that comes late changes nothing. */
  async take(
    bytes: Uint8Array,
    members: IssuerList,
    suite: Pick<Suite, 'verify'>,
  ): Promise<Result<undefined, CreditError>> {
    const ack = await readCreditAck(bytes, members, suite);
    if (!ack.ok) return ack;
    await this.reload();
    if (!(await this.#has(ack.value.seq, ack.value.head)))
      return err({
        code: 'CREDIT_ACK_OTHER',
        message: 'home speaks of entries that this phone does not have',
      });
    // A word that changes nothing is not written down: there would be one more to tell after each.
    const { sessions, revised = [], closed } = ack.value;
    if (sessions.length + revised.length + closed.length === 0) return ok(undefined);
    const done = await this.#write(() => ({ kind: 'ack', ack: bytes }));
    return done.ok || done.error.code === 'CREDIT_ACK_OLDER' ? ok(undefined) : done;
  }

  /** Entries after the one of this number, as many as fit into one request: one at least, if there is one. */
  since(seq: number): readonly Uint8Array[] {
    const told: Uint8Array[] = [];
    let bytes = 0;
    for (const entry of this.#entries.slice(seq, seq + MOST_TOLD)) {
      bytes += entry.length;
      if (told.length > 0 && bytes > MOST_TOLD_BYTES) break;
      told.push(entry);
    }
    return told;
  }

  /**
   * Says where this phone stands, to a challenge that home gave: what is on the disk is read after it, so that home never hears of an older head than
   * another page has told.
   */
  async state(challenge: Uint8Array): Promise<Uint8Array> {
    await this.reload();
    const { seq, hash } = this.#head;
    return signCreditHead({ challenge, seq, hash }, this.#options.holder);
  }

  async #has(seq: number, hash: Uint8Array): Promise<boolean> {
    const { key, suite } = this.#options;
    if (seq === 0) return isSame(hash, (await startOf(key, suite)).hash);
    const bytes = this.#entries[seq - 1];
    const read = bytes && (await readCreditEntry(bytes, suite));
    return read?.ok === true && isSame(read.value.hash, hash);
  }

  async #settle(
    movement: CreditMovement & { readonly reservation: number },
  ): Promise<Result<undefined, CreditError>> {
    const { reservation } = movement;
    await this.reload();
    const isOfNow = this.#head.book.open.has(reservation);
    if (!isOfNow && reservation <= this.#head.seq) return ok(undefined);
    const done = await this.#write(() => movement);
    return done.ok ? ok(undefined) : done;
  }

  /** Writes one entry of what is to be done as things stand; anew when another page was quicker. @returns its number */
  async #write(
    decide: () => CreditMovement | Result<never, CreditError>,
  ): Promise<Result<number, CreditError>> {
    const { suite, store, holder, nowS } = this.#options;
    for (;;) {
      const movement = decide();
      if ('ok' in movement) return movement;
      const { seq, hash: before, book } = this.#head;
      const done = written(book, movement, seq + 1);
      if (!done.ok) return done;
      const { transfers } = done.value;
      const by = { before, atS: nowS(), nonce: suite.random(NONCE_BYTES) };
      const entry = await signCreditEntry({ seq: seq + 1, ...by, movement, transfers }, holder);
      const read = await readCreditEntry(entry, suite);
      if (!read.ok) throw new Error(read.error.message);
      const isKept = await store.add(seq + 1, entry);
      await this.reload();
      if (isKept) return ok(seq + 1);
    }
  }
}
