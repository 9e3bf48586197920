import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import { isSame } from '../cbor/bytes.ts';
import { encodeCbor, isBytes, isWhole, listOf } from '../cbor/cbor.ts';
import { readSign1, sign1, verifySign1 } from '../cose/sign1.ts';
import type { PublicKey, Signer, Suite } from '../suite/suite.ts';
import { EMPTY_BOOK, writeOn } from './credit-book.ts';
import {
  genesisOf,
  HASH_BYTES,
  readCreditEntry,
  type CreditMovement,
  type ReadEntry,
  type Transfer,
} from './credit-entry.ts';
import type { CreditBook } from './credit-page.ts';

/** Entries one after the other: what a phone has written, and what home has of it. */

/** How far a chain goes, and what it comes to there. */
export interface CreditHead {
  /** Of the last entry; 0 before the first. */
  readonly seq: number;
  /** Of the last entry, or the genesis. */
  readonly hash: Uint8Array;
  readonly book: CreditBook;
}

export type CreditChainError = DomainError<
  | 'CREDIT_MALFORMED'
  | 'CREDIT_FORGED' // the phone's key did not sign it
  | 'CREDIT_GAP' // an entry is left out, or comes twice
  | 'CREDIT_FORKED' // it goes on from another entry than the one before
  | 'CREDIT_BROKEN' // it breaks a rule of the book
>;

/** Where every ledger of this key begins. */
export const startOf = async (key: PublicKey, suite: Pick<Suite, 'sha256'>): Promise<CreditHead> => ({
  seq: 0,
  hash: await genesisOf(key, suite),
  book: EMPTY_BOOK,
});

const isSameTransfer = (a: Transfer, b: Transfer | undefined): boolean =>
  b !== undefined && a.tokenId === b.tokenId && a.from === b.from && a.to === b.to && a.micros === b.micros;

const refuse = (code: CreditChainError['code'], message: string): Result<never, CreditChainError> =>
  err({ code, message });

/** Entries that go on from a head, one after the other. */
export interface GoingOn {
  /** One more, whoever signed it. After a refusal nothing of all this is of use. */
  add(read: ReadEntry): Result<undefined, CreditChainError>;
  /** How far it is. */
  head(): CreditHead;
}

/** Goes on from a head, which stays as it is. Many entries cost no more than each alone: what they touch is copied once. */
export const goOn = (from: CreditHead): GoingOn => {
  const writing = writeOn(from.book);
  let { seq, hash } = from;
  return {
    add({ entry, hash: of }) {
      const { before, movement, transfers } = entry;
      if (entry.seq !== seq + 1) return refuse('CREDIT_GAP', `entry ${entry.seq} comes after entry ${seq}`);
      if (!isSame(before, hash))
        return refuse('CREDIT_FORKED', `entry ${entry.seq} goes on from another entry ${seq}`);
      const done = writing.write(movement, entry.seq);
      if (!done.ok)
        return refuse('CREDIT_BROKEN', `entry ${entry.seq}: ${done.error.code}: ${done.error.message}`);
      const due = done.value;
      if (due.length !== transfers.length || !due.every((each, at) => isSameTransfer(each, transfers[at])))
        return refuse('CREDIT_BROKEN', `entry ${entry.seq} moves something else than what happened`);
      seq = entry.seq;
      hash = of;
      return ok(undefined);
    },
    head: () => ({ seq, hash, book: writing.book() }),
  };
};

/** Reads an entry and verifies that the phone's key signed it. */
export const openCreditEntry = async (
  bytes: Uint8Array,
  key: PublicKey,
  suite: Pick<Suite, 'sha256' | 'verify'>,
): Promise<Result<ReadEntry, CreditChainError>> => {
  const read = await readCreditEntry(bytes, suite);
  if (!read.ok) return read;
  const verified = await verifySign1(read.value.signed, key, suite);
  return verified.ok ? read : refuse('CREDIT_FORGED', verified.error.message);
};

export interface CreditVerifying {
  readonly suite: Pick<Suite, 'sha256' | 'verify'>;
  /** The phone's. */
  readonly key: PublicKey;
  /** What only home knows: whether it granted this, whether that word is its own. @returns what is wrong with it */
  fault?(movement: CreditMovement): Promise<string | undefined>;
}

/** Verifies entries that go on from a head: signatures, chain, rules. In whole, or not at all: the error says at which of them, from 0, it ended. */
export const verifyCredit = async (
  head: CreditHead,
  entries: readonly Uint8Array[],
  by: CreditVerifying,
): Promise<Result<CreditHead, CreditChainError & { readonly at: number }>> => {
  const going = goOn(head);
  for (const [at, bytes] of entries.entries()) {
    const read = await openCreditEntry(bytes, by.key, by.suite);
    if (!read.ok) return err({ ...read.error, at });
    const next = going.add(read.value);
    const fault = next.ok ? await by.fault?.(read.value.entry.movement) : undefined;
    if (fault !== undefined)
      return err({ code: 'CREDIT_BROKEN', message: `entry ${read.value.entry.seq}: ${fault}`, at });
    if (!next.ok) return err({ ...next.error, at });
  }
  return ok(going.head());
};

const PURPOSE = 'roamgrid-credit-head';
/** Random bytes of home's, good for one answer: an older head that was said before proves nothing. */
export const CHALLENGE_BYTES = 16;

/** Where a phone stands now, as it answers a challenge of home's. */
export interface StatedHead {
  readonly challenge: Uint8Array;
  readonly seq: number;
  readonly hash: Uint8Array;
}

export const signCreditHead = ({ challenge, seq, hash }: StatedHead, signer: Signer): Promise<Uint8Array> =>
  sign1(encodeCbor([PURPOSE, challenge, seq, hash]), signer);

/** Reads where a phone says that it stands, and verifies that its key said so. */
export const openCreditHead = async (
  bytes: Uint8Array,
  key: PublicKey,
  suite: Pick<Suite, 'verify'>,
): Promise<Result<StatedHead, CreditChainError>> => {
  const read = readSign1(bytes);
  const [purpose, challenge, seq, hash, ...more] = read.ok ? listOf(read.value.payload) : [];
  if (!read.ok || purpose !== PURPOSE || more.length > 0)
    return refuse('CREDIT_MALFORMED', 'it does not say where the phone stands');
  if (!isBytes(challenge) || challenge.length !== CHALLENGE_BYTES)
    return refuse('CREDIT_MALFORMED', 'it answers no challenge');
  if (!isWhole(seq) || !isBytes(hash) || hash.length !== HASH_BYTES)
    return refuse('CREDIT_MALFORMED', 'it names no entry');
  const verified = await verifySign1(read.value, key, suite);
  return verified.ok ? ok({ challenge, seq, hash }) : refuse('CREDIT_FORGED', verified.error.message);
};
