import { hash } from 'node:crypto';
import { divide } from '@roamgrid/domain';
import { z } from 'zod';
import { canonicalOf } from '../codec/canonical-value.ts';
import { LEDGER_LIMITS } from './envelope.ts';
import type { ProfileSpent } from './session-proofs.ts';

/**
 * What is closed under kept profiles lies in books: a profile serves one lane, its book follows from when it ends and from
 * its id, and the ledger has one hash of each book. Whoever settles brings the books that his sessions touch.
 */

/**
 * Books of a lane's profiles that end in one term. A key costs a settle as much as reading some hundred entries, so there
 * are few; but a settle of one session carries its whole book, so there is not one alone. With 16, a lane of 2,000 live
 * profiles has books of some 12 kB, and a settle of 500 sessions writes 32 keys at most.
 */
export const EXPOSURE_BOOKS = 16;

/**
 * Profiles whose time ends in the same term share books, so a book gets no new profiles once its term is over and no book
 * has to be tidied up. A term is as long as profiles commonly live: then those of two terms are in use at a time.
 */
export const EXPOSURE_TERM_MS = 7 * 86_400_000;

const MARK_LENGTH = 22;
const HASH_LENGTH = 27;
const ENTRY_LENGTH = MARK_LENGTH + HASH_LENGTH;

/** Name of a book in its lane: the term, and one hexadecimal digit. */
export const exposureBookName = z.string().regex(/^\d{5}:[0-9a-f]$/, 'a book such as 02954:a');

/** Entries of a book, each a profile's mark and a salted hash of what was spent, in the order of marks. */
export const exposureBookText = z
  .string()
  .max(LEDGER_LIMITS.profilesPerBook * ENTRY_LENGTH)
  .regex(/^[\w-]*$/, 'a book of exposures');

/** Where in its lane a profile's exposure stands. */
export interface ExposurePlace {
  readonly book: string;
  /** 128 bits of a hash: it tells nobody the profile's id. */
  readonly mark: string;
}

export const exposurePlace = (laneId: string, profileId: string, validUntilMs: number): ExposurePlace => {
  const digest = hash('sha256', `${laneId} ${profileId}`, 'buffer');
  const term = divide(BigInt(validUntilMs), BigInt(EXPOSURE_TERM_MS), 'floor').toString().padStart(5, '0');
  const shelf = ((digest[0] ?? 0) % EXPOSURE_BOOKS).toString(16);
  return { book: `${term}:${shelf}`, mark: digest.toString('base64url').slice(0, MARK_LENGTH) };
};

/** 160 bits of a hash, salted by what is hashed. */
const spentHash = (spent: ProfileSpent): string =>
  hash('sha256', canonicalOf(spent), 'base64url').slice(0, HASH_LENGTH);

/** A book, read; its text is one for each content. */
export class ExposureBook {
  readonly #entries = new Map<string, string>();

  constructor(text = '') {
    for (let at = 0; at < text.length; at += ENTRY_LENGTH) {
      const mark = text.slice(at, at + MARK_LENGTH);
      this.#entries.set(mark, text.slice(at + MARK_LENGTH, at + ENTRY_LENGTH));
    }
  }

  /** Whether it says of a profile that this was spent under it; nothing, when it is undefined. */
  says(mark: string, spent: ProfileSpent | undefined): boolean {
    return this.#entries.get(mark) === (spent && spentHash(spent));
  }

  write(mark: string, spent: ProfileSpent): void {
    this.#entries.set(mark, spentHash(spent));
  }

  get size(): number {
    return this.#entries.size;
  }

  get text(): string {
    return [...this.#entries]
      .map(([mark, spent]) => mark + spent)
      .sort()
      .join('');
  }
}
