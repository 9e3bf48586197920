import type { CreditAccount, Transfer } from './credit-entry.ts';

/** A book of what a phone's credit comes to, and how one is written. */

export interface Reservation {
  /** The number of its entry. */
  readonly seq: number;
  readonly evseId: string;
  readonly micros: bigint;
}

/** What is known of one token's money. The balances add up to nothing: what the phone has, home has not. */
export interface TokenCredit {
  readonly tokenId: string;
  readonly currency: string;
  readonly grantedMicros: bigint;
  readonly lowMicros: bigint;
  readonly expiresS: number;
  readonly balances: Readonly<Record<CreditAccount, bigint>>;
  /** Sessions of which no charger has said anything yet. */
  readonly reservations: readonly Reservation[];
  /** Sessions that chargers spoke of and home has not booked, by outlet and number, with what was spent. */
  readonly debits: ReadonlyMap<string, bigint>;
  /** What the sessions that home has booked come to. */
  readonly billed: ReadonlyMap<string, bigint>;
  /** Starts that were asked for and not released, by outlet. */
  readonly starts: ReadonlyMap<string, number>;
  readonly isClosed: boolean;
}

export interface CreditBook {
  readonly tokens: ReadonlyMap<string, TokenCredit>;
  /** Token of each reservation that is open. */
  readonly open: ReadonlyMap<number, string>;
  /** Number of the last word of home; 0 before the first. */
  readonly acked: number;
}

/** One token's money in a book that is being written. */
interface Draft extends TokenCredit {
  balances: Record<CreditAccount, bigint>;
  reservations: Reservation[];
  readonly debits: Map<string, bigint>;
  readonly billed: Map<string, bigint>;
  readonly starts: Map<string, number>;
  isClosed: boolean;
}

const draftOf = (credit: TokenCredit): Draft => ({
  ...credit,
  balances: { ...credit.balances },
  reservations: [...credit.reservations],
  debits: new Map(credit.debits),
  billed: new Map(credit.billed),
  starts: new Map(credit.starts),
});

/**
 * A book that is being written, one entry or many. What an entry touches is copied once, whatever number of entries follow: the book that it began with, and each that it gave
 * away, stay as they were.
 */
export class Page {
  transfers: Transfer[] = [];
  #tokens: ReadonlyMap<string, TokenCredit>;
  #open: ReadonlyMap<number, string>;
  #acked: number;
  /** Copies that are this page's own, so may be changed; none of what it gave away. */
  #own: { readonly tokens: Map<string, TokenCredit>; readonly open: Map<number, string> } | undefined;
  readonly #drafts = new Map<string, Draft>();

  constructor({ tokens, open, acked }: CreditBook) {
    this.#tokens = tokens;
    this.#open = open;
    this.#acked = acked;
  }

  /** As it stands. */
  give(): CreditBook {
    this.#own = undefined;
    this.#drafts.clear();
    return { tokens: this.#tokens, open: this.#open, acked: this.#acked };
  }

  get acked(): number {
    return this.#acked;
  }

  set acked(number: number) {
    this.#acked = number;
  }

  token(tokenId: string): TokenCredit | undefined {
    return this.#tokens.get(tokenId);
  }

  /** The token of a reservation that is open, with it. */
  reservation(seq: number): { readonly credit: TokenCredit; readonly of: Reservation } | undefined {
    const credit = this.#tokens.get(this.#open.get(seq) ?? '');
    const of = credit?.reservations.find((one) => one.seq === seq);
    return credit && of && { credit, of };
  }

  /** @throws Error for a token that is not in the book: a fault of this file's */
  draft(tokenId: string): Draft {
    const known = this.#drafts.get(tokenId);
    if (known !== undefined) return known;
    const before = this.#tokens.get(tokenId);
    if (before === undefined) throw new Error(`no token ${tokenId} in the book`);
    return this.#keep(draftOf(before));
  }

  grant(credit: TokenCredit): void {
    this.#keep(draftOf(credit));
  }

  move(tokenId: string, from: CreditAccount, to: CreditAccount, micros: bigint): void {
    if (micros === 0n) return;
    const { balances } = this.draft(tokenId);
    balances[from] -= micros;
    balances[to] += micros;
    if (from !== 'home' && balances[from] < 0n) throw new Error(`${from} of ${tokenId} would be negative`);
    this.transfers.push({ tokenId, from, to, micros });
  }

  reserve(tokenId: string, reservation: Reservation): void {
    const { reservations, starts } = this.draft(tokenId);
    const { evseId, seq, micros } = reservation;
    reservations.push(reservation);
    starts.set(evseId, (starts.get(evseId) ?? 0) + 1);
    this.#owned().open.set(seq, tokenId);
    this.move(tokenId, 'available', 'reserved', micros);
  }

  /** Takes a reservation out of the book, without its money. */
  settle(tokenId: string, { seq }: Reservation): void {
    const { reservations } = this.draft(tokenId);
    const at = reservations.findIndex((one) => one.seq === seq);
    if (at >= 0) reservations.splice(at, 1);
    this.#owned().open.delete(seq);
  }

  /** Takes all of a token's out of the book, without their money. */
  settleAll(tokenId: string): void {
    const draft = this.draft(tokenId);
    for (const { seq } of draft.reservations) this.#owned().open.delete(seq);
    draft.reservations = [];
  }

  #owned() {
    if (this.#own === undefined) {
      this.#own = { tokens: new Map(this.#tokens), open: new Map(this.#open) };
      this.#tokens = this.#own.tokens;
      this.#open = this.#own.open;
    }
    return this.#own;
  }

  #keep(draft: Draft): Draft {
    this.#owned().tokens.set(draft.tokenId, draft);
    this.#drafts.set(draft.tokenId, draft);
    return draft;
  }
}
