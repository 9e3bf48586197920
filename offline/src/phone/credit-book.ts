import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import { statedAck, type BilledSession, type CreditAck } from './credit-ack.ts';
import type { CreditAccount, CreditMovement, Transfer } from './credit-entry.ts';
import { Page, type CreditBook, type TokenCredit } from './credit-page.ts';

/** What a phone's credit comes to: the sum of its entries, the same for the phone and for home. */

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

type Written = Result<undefined, CreditRefusal>;
const WRITTEN: Written = ok(undefined);

const grant = (page: Page, movement: CreditMovement & { kind: 'grant' }): Written => {
  const { tokenId, currency, micros, lowMicros, expiresS } = movement;
  if (page.token(tokenId) !== undefined) return refuse('CREDIT_GRANTED_BEFORE', 'this token is in the book');
  page.grant({
    ...{ tokenId, currency, grantedMicros: micros, lowMicros, expiresS, balances: NOTHING },
    ...{ reservations: [], debits: new Map(), billed: new Map(), starts: new Map(), isClosed: false },
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

/** A charger's word, once: what home has booked already is not spent again. The start stays asked for, as the record of another one may still come. */
const debit = (page: Page, movement: CreditMovement & { kind: 'debit' }): Written => {
  const found = page.reservation(movement.reservation);
  if (found === undefined) return refuse('CREDIT_UNKNOWN', NOT_OPEN);
  const { credit, of } = found;
  const { tokenId, debits, billed } = credit;
  const name = sessionName(of.evseId, movement.number);
  const isTold = billed.has(name) || debits.has(name);
  // A charger stops below what was reserved; what it gave beyond is nobody's debt.
  const micros = isTold ? 0n : least(movement.micros, of.micros);
  if (!isTold) page.draft(tokenId).debits.set(name, micros);
  page.settle(tokenId, of);
  page.move(tokenId, 'reserved', 'spent', micros);
  page.move(tokenId, 'reserved', 'available', of.micros - micros);
  return WRITTEN;
};

const release = (page: Page, movement: CreditMovement & { kind: 'release' }): Written => {
  const found = page.reservation(movement.reservation);
  if (found === undefined) return refuse('CREDIT_UNKNOWN', NOT_OPEN);
  const { tokenId } = found.credit;
  const { evseId } = found.of;
  const { starts } = page.draft(tokenId);
  starts.set(evseId, (starts.get(evseId) ?? 0) - 1);
  page.settle(tokenId, found.of);
  page.move(tokenId, 'reserved', 'available', found.of.micros);
  return WRITTEN;
};

/** What a charger said and what it is billed may differ by how each rounds: the rest is the account's, what is beyond comes out of what is left. */
const bill = (page: Page, { tokenId, evseId, number, micros }: BilledSession): void => {
  const credit = page.token(tokenId);
  const name = sessionName(evseId, number);
  if (credit === undefined || credit.billed.has(name)) return;
  const { debits, billed } = page.draft(tokenId);
  billed.set(name, micros);
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
    debits.delete(name);
  } else if (waiting !== undefined) {
    // The charger's answer was lost: the record says what it came to.
    page.settle(tokenId, waiting);
    pay('reserved', waiting.micros);
    page.move(tokenId, 'reserved', 'available', waiting.micros - (micros - owed));
  }
  pay('available', page.token(tokenId)?.balances.available ?? 0n);
  page.move(tokenId, 'home', 'billed', owed);
};

/** A bill that comes to something else: what is less is the account's again, what is more comes out of what is left, as when it was booked first. */
const revise = (page: Page, { tokenId, evseId, number, micros }: BilledSession): void => {
  const name = sessionName(evseId, number);
  const was = page.token(tokenId)?.billed.get(name);
  if (was === undefined) return;
  const { billed, balances } = page.draft(tokenId);
  billed.set(name, micros);
  const less = was - least(was, micros);
  const more = micros - least(was, micros);
  const left = least(more, balances.available);
  page.move(tokenId, 'billed', 'home', less);
  page.move(tokenId, 'available', 'billed', left);
  page.move(tokenId, 'home', 'billed', more - left);
};

const close = (page: Page, tokenId: string): void => {
  const credit = page.token(tokenId);
  if (credit === undefined || credit.isClosed) return;
  page.settleAll(tokenId);
  const { available, reserved, spent } = credit.balances;
  page.move(tokenId, 'available', 'home', available);
  page.move(tokenId, 'reserved', 'home', reserved);
  page.move(tokenId, 'spent', 'home', spent);
  const draft = page.draft(tokenId);
  draft.debits.clear();
  draft.isClosed = true;
};

const take = (page: Page, { number, sessions, revised = [], closed }: CreditAck): Written => {
  if (number <= page.acked) return refuse('CREDIT_ACK_OLDER', `word ${page.acked} of home was taken already`);
  page.acked = number;
  for (const session of sessions) bill(page, session);
  for (const session of revised) revise(page, session);
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

/** Writes one movement after the other into a book. */
export interface BookWriting {
  /** In whole, or not at all. @param seq the number of the entry that is written for it @returns what moved */
  write(movement: CreditMovement, seq: number): Result<readonly Transfer[], CreditRefusal>;
  /** As it stands; what is written after it does not change it. */
  book(): CreditBook;
}

/** Writes on from a book, which stays as it is: each book is copied once, whatever number of movements is written. */
export const writeOn = (book: CreditBook): BookWriting => {
  const page = new Page(book);
  return {
    write(movement, seq) {
      page.transfers = [];
      const done = write(page, movement, seq);
      return done.ok ? ok(page.transfers) : done;
    },
    book: () => page.give(),
  };
};

/** What becomes of a book by one movement, and what moved. @param seq the number of the entry that is written for it */
export const written = (
  book: CreditBook,
  movement: CreditMovement,
  seq: number,
): Result<{ readonly book: CreditBook; readonly transfers: readonly Transfer[] }, CreditRefusal> => {
  const writing = writeOn(book);
  const done = writing.write(movement, seq);
  return done.ok ? ok({ book: writing.book(), transfers: done.value }) : done;
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
