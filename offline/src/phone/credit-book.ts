import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import { statedAck, type BilledSession, type CreditAck } from './credit-ack.ts';
import type { CreditAccount, CreditMovement, Transfer } from './credit-entry.ts';

/** What a phone's credit comes to: the sum of its entries, the same for the phone and for home. */

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
  /** Sessions that home has booked. */
  readonly billed: ReadonlySet<string>;
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

export type CreditRefusal = DomainError<
  | 'CREDIT_UNKNOWN' // no such token, or no such reservation that is open
  | 'CREDIT_GRANTED_BEFORE'
  | 'CREDIT_TOO_LITTLE' // less is available than is to be reserved
  | 'CREDIT_CLOSED' // home has taken back what was left
  | 'CREDIT_ACK_OLDER' // a later word of home was taken
>;

export const EMPTY_BOOK: CreditBook = { tokens: new Map(), open: new Map(), acked: 0 };

const NOTHING: TokenCredit['balances'] = { home: 0n, available: 0n, reserved: 0n, spent: 0n, billed: 0n };

const refuse = (code: CreditRefusal['code'], message: string): Result<never, CreditRefusal> =>
  err({ code, message });

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** How a session is named in a book. */
export const sessionName = (evseId: string, number: number): string => `${evseId} ${number}`;

/** A book that is being written. */
class Page {
  readonly transfers: Transfer[] = [];
  readonly #tokens: Map<string, TokenCredit>;
  readonly #open: Map<number, string>;
  acked: number;

  constructor({ tokens, open, acked }: CreditBook) {
    this.#tokens = new Map(tokens);
    this.#open = new Map(open);
    this.acked = acked;
  }

  get book(): CreditBook {
    return { tokens: this.#tokens, open: this.#open, acked: this.acked };
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

  change(tokenId: string, changes: Partial<TokenCredit>): void {
    const before = this.#tokens.get(tokenId);
    if (before === undefined) throw new Error(`no token ${tokenId} in the book`);
    this.#tokens.set(tokenId, { ...before, ...changes });
  }

  grant(credit: TokenCredit): void {
    this.#tokens.set(credit.tokenId, credit);
  }

  move(tokenId: string, from: CreditAccount, to: CreditAccount, micros: bigint): void {
    if (micros === 0n) return;
    const balances = { ...(this.#tokens.get(tokenId)?.balances ?? NOTHING) };
    balances[from] -= micros;
    balances[to] += micros;
    if (from !== 'home' && balances[from] < 0n) throw new Error(`${from} of ${tokenId} would be negative`);
    this.change(tokenId, { balances });
    this.transfers.push({ tokenId, from, to, micros });
  }

  reserve(tokenId: string, reservation: Reservation): void {
    const { reservations = [], starts = new Map<string, number>() } = this.token(tokenId) ?? {};
    const { evseId, seq, micros } = reservation;
    this.change(tokenId, {
      reservations: [...reservations, reservation],
      starts: new Map(starts).set(evseId, (starts.get(evseId) ?? 0) + 1),
    });
    this.#open.set(seq, tokenId);
    this.move(tokenId, 'available', 'reserved', micros);
  }

  /** Takes a reservation out of the book, without its money. @param isStart whether a session came of it */
  settle(tokenId: string, { seq, evseId }: Reservation, isStart: boolean): void {
    const { reservations = [], starts = new Map<string, number>() } = this.token(tokenId) ?? {};
    this.change(tokenId, {
      reservations: reservations.filter((one) => one.seq !== seq),
      ...(!isStart && { starts: new Map(starts).set(evseId, (starts.get(evseId) ?? 0) - 1) }),
    });
    this.#open.delete(seq);
  }
}

type Written = Result<undefined, CreditRefusal>;
const WRITTEN: Written = ok(undefined);

const grant = (page: Page, movement: CreditMovement & { kind: 'grant' }): Written => {
  const { tokenId, currency, micros, lowMicros, expiresS } = movement;
  if (page.token(tokenId) !== undefined) return refuse('CREDIT_GRANTED_BEFORE', 'this token is in the book');
  page.grant({
    ...{ tokenId, currency, grantedMicros: micros, lowMicros, expiresS, balances: NOTHING },
    ...{ reservations: [], debits: new Map(), billed: new Set(), starts: new Map(), isClosed: false },
  });
  page.move(tokenId, 'home', 'available', micros);
  return WRITTEN;
};

const reserve = (page: Page, movement: CreditMovement & { kind: 'reserve' }, seq: number): Written => {
  const { tokenId, evseId, micros } = movement;
  const credit = page.token(tokenId);
  if (credit === undefined) return refuse('CREDIT_UNKNOWN', 'this token is not in the book');
  if (credit.isClosed) return refuse('CREDIT_CLOSED', 'home has taken back what was left of this token');
  const { available } = credit.balances;
  if (micros > available)
    return refuse(
      'CREDIT_TOO_LITTLE',
      `${available} micro-${credit.currency} are left, ${micros} are needed`,
    );
  page.reserve(tokenId, { seq, evseId, micros });
  return WRITTEN;
};

const NOT_OPEN = 'no such reservation is open';

/** A charger's word, once: what home has booked already is not spent again. */
const debit = (page: Page, movement: CreditMovement & { kind: 'debit' }): Written => {
  const found = page.reservation(movement.reservation);
  if (found === undefined) return refuse('CREDIT_UNKNOWN', NOT_OPEN);
  const { credit, of } = found;
  const { tokenId, debits, billed } = credit;
  const name = sessionName(of.evseId, movement.number);
  const isTold = billed.has(name) || debits.has(name);
  // A charger stops below what was reserved; what it gave beyond is nobody's debt.
  const micros = isTold ? 0n : least(movement.micros, of.micros);
  page.settle(tokenId, of, !isTold);
  page.move(tokenId, 'reserved', 'spent', micros);
  page.move(tokenId, 'reserved', 'available', of.micros - micros);
  if (!isTold) page.change(tokenId, { debits: new Map(debits).set(name, micros) });
  return WRITTEN;
};

const release = (page: Page, movement: CreditMovement & { kind: 'release' }): Written => {
  const found = page.reservation(movement.reservation);
  if (found === undefined) return refuse('CREDIT_UNKNOWN', NOT_OPEN);
  const { tokenId } = found.credit;
  page.settle(tokenId, found.of, false);
  page.move(tokenId, 'reserved', 'available', found.of.micros);
  return WRITTEN;
};

/** What a charger said and what it is billed may differ by how each rounds: the rest is the account's, what is beyond comes out of what is left. */
const bill = (page: Page, { tokenId, evseId, number, micros }: BilledSession): void => {
  const credit = page.token(tokenId);
  const name = sessionName(evseId, number);
  if (credit === undefined || credit.billed.has(name)) return;
  const { debits, billed } = credit;
  page.change(tokenId, { billed: new Set(billed).add(name) });
  let owed = micros;
  const pay = (from: CreditAccount, most: bigint): void => {
    const part = least(owed, most);
    page.move(tokenId, from, 'billed', part);
    owed -= part;
  };
  const spent = debits.get(name);
  const waiting = credit.reservations.find((one) => one.evseId === evseId);
  if (spent !== undefined) {
    pay('spent', spent);
    page.move(tokenId, 'spent', 'home', spent - (micros - owed));
    const rest = new Map(debits);
    rest.delete(name);
    page.change(tokenId, { debits: rest });
  } else if (waiting !== undefined) {
    // The charger's answer was lost: the record says what it came to.
    page.settle(tokenId, waiting, true);
    pay('reserved', waiting.micros);
    page.move(tokenId, 'reserved', 'available', waiting.micros - (micros - owed));
  }
  pay('available', page.token(tokenId)?.balances.available ?? 0n);
  page.move(tokenId, 'home', 'billed', owed);
};

const close = (page: Page, tokenId: string): void => {
  const credit = page.token(tokenId);
  if (credit === undefined || credit.isClosed) return;
  for (const one of credit.reservations) page.settle(tokenId, one, true);
  const { available, reserved, spent } = credit.balances;
  page.move(tokenId, 'available', 'home', available);
  page.move(tokenId, 'reserved', 'home', reserved);
  page.move(tokenId, 'spent', 'home', spent);
  page.change(tokenId, { debits: new Map(), isClosed: true });
};

const take = (page: Page, { number, sessions, closed }: CreditAck): Written => {
  if (number <= page.acked) return refuse('CREDIT_ACK_OLDER', `word ${page.acked} of home was taken already`);
  page.acked = number;
  for (const session of sessions) bill(page, session);
  for (const tokenId of closed) close(page, tokenId);
  return WRITTEN;
};

const write = (page: Page, movement: CreditMovement, seq: number): Written => {
  switch (movement.kind) {
    case 'grant':
      return grant(page, movement);
    case 'reserve':
      return reserve(page, movement, seq);
    case 'debit':
      return debit(page, movement);
    case 'release':
      return release(page, movement);
    case 'ack': {
      const ack = statedAck(movement.ack);
      return ack === undefined ? refuse('CREDIT_UNKNOWN', 'it is no word of home') : take(page, ack);
    }
  }
};

/** What becomes of a book by a movement, and what moved: in whole, or not at all. @param seq the number of the entry that is written for it */
export const written = (
  book: CreditBook,
  movement: CreditMovement,
  seq: number,
): Result<{ readonly book: CreditBook; readonly transfers: readonly Transfer[] }, CreditRefusal> => {
  const page = new Page(book);
  const done = write(page, movement, seq);
  return done.ok ? ok({ book: page.book, transfers: page.transfers }) : done;
};

/** What there is in one currency, in tokens that are good now. */
export interface CreditBalance {
  readonly availableMicros: bigint;
  readonly reservedMicros: bigint;
  /** Said by chargers, and not billed yet. */
  readonly spentMicros: bigint;
  readonly lowMicros: bigint;
  /** The driver has to go online before he starts another session. */
  readonly isLow: boolean;
}

/** @param nowS seconds since 1970: what is available of a token that is over is none */
export const balanceOf = ({ tokens }: CreditBook, currency: string, nowS: number): CreditBalance => {
  const [sums, low] = [{ available: 0n, reserved: 0n, spent: 0n }, { micros: 0n }];
  for (const { balances, expiresS, lowMicros, currency: of } of tokens.values()) {
    if (of !== currency) continue;
    if (expiresS > nowS) sums.available += balances.available;
    sums.reserved += balances.reserved;
    sums.spent += balances.spent;
    // What home said last is what holds.
    low.micros = lowMicros;
  }
  return {
    ...{ availableMicros: sums.available, reservedMicros: sums.reserved, spentMicros: sums.spent },
    ...{ lowMicros: low.micros, isLow: sums.available < low.micros },
  };
};
