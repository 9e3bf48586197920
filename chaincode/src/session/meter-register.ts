import {
  bodyHash,
  canonicalOf,
  meterBookRecord,
  LEDGER_LIMITS,
  meterKeyId,
  stateKey,
  type MeterBook,
  type MeterEntry,
  type MeterJwk,
  type SettleProofs,
} from '@roamgrid/wire';
import { ensure, type Transaction } from '../context/index.ts';

const entryHash = (entry: MeterEntry): string => bodyHash(canonicalOf(entry));
const bookHash = (book: MeterBook): string => bodyHash(JSON.stringify(book));

/** What one settled session puts on its meter. */
export interface MeterUse {
  readonly key: Pick<MeterJwk, 'crv' | 'x' | 'y'>;
  /** Keys that the outlet's meters have had, that one among them. */
  readonly outletKeys: readonly Pick<MeterJwk, 'crv' | 'x' | 'y'>[];
  readonly sessionId: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly fromMilliWh: bigint;
  readonly toMilliWh: bigint;
  readonly salt: string;
}

/**
 * The last register of every meter in a group of stations, on the ledger as one hash. Whoever settles brings the book,
 * opens the entries of the outlets that it bills, and each session must begin where, and when, the one before it ended
 * or later, whoever's customer that was: no energy of a meter and no time of an outlet is billed twice, and changing the
 * outlet's meter or its key changes nothing of that.
 */
export class MeterRegister {
  readonly #entries: Map<string, string>;
  readonly #last = new Map<string, MeterEntry>();
  readonly #key: string;
  readonly #version: number;
  readonly #proofs: SettleProofs;

  private constructor(key: string, version: number, proofs: SettleProofs) {
    this.#key = key;
    this.#version = version;
    this.#proofs = proofs;
    this.#entries = new Map(proofs.meterBook);
  }

  /** @throws LedgerError HASH_MISMATCH when the book is not the one on the ledger: read it again. */
  static async open(
    tx: Transaction,
    vun: string,
    group: string,
    proofs: SettleProofs,
  ): Promise<MeterRegister> {
    const key = stateKey.meterBook(vun, group);
    const record = await tx.find(meterBookRecord, key);
    const matches =
      record === undefined ? proofs.meterBook.length === 0 : record.bookHash === bookHash(proofs.meterBook);
    ensure(
      matches,
      'HASH_MISMATCH',
      `the meter book of group ${group} is not the one on the ledger: form the batch anew`,
    );
    return new MeterRegister(key, record?.version ?? 0, proofs);
  }

  /** Takes a session in, after those that were taken in before. */
  use({ key, outletKeys, sessionId, startMs, endMs, fromMilliWh, toMilliWh, salt }: MeterUse): void {
    const id = meterKeyId(key);
    const last = this.#lastOf(id, sessionId);
    ensure(
      last === undefined || last.registerMilliWh <= fromMilliWh,
      'OVERLAP',
      `${sessionId} begins at a register below the one that was billed last: energy is billed once`,
    );
    for (const outletKey of outletKeys) {
      const there = this.#lastOf(meterKeyId(outletKey), sessionId);
      ensure(
        there === undefined || there.endMs <= startMs,
        'OVERLAP',
        `${sessionId} begins before the outlet's last billed session ended: time at an outlet is billed once`,
      );
    }
    this.#last.set(id, { endMs, registerMilliWh: toMilliWh, salt });
  }

  #lastOf(id: string, sessionId: string): MeterEntry | undefined {
    return this.#last.get(id) ?? this.#earlier(id, sessionId);
  }

  #earlier(id: string, sessionId: string): MeterEntry | undefined {
    const hash = this.#entries.get(id);
    if (hash === undefined) return undefined;
    const entry = this.#proofs.meters[id];
    ensure(
      entry !== undefined && entryHash(entry) === hash,
      'HASH_MISMATCH',
      `the meter of ${sessionId} has an entry in the book that proofs.meters does not open`,
    );
    return entry;
  }

  /** Stages the book with what was taken in. */
  store(tx: Transaction): void {
    for (const [id, entry] of this.#last) this.#entries.set(id, entryHash(entry));
    const book = [...this.#entries].sort(([a], [b]) => (a < b ? -1 : 1));
    ensure(
      book.length <= LEDGER_LIMITS.metersPerGroup,
      'TOO_LARGE',
      `a group has ${LEDGER_LIMITS.metersPerGroup} meters at most: register further stations in another group`,
    );
    tx.put(meterBookRecord, this.#key, {
      type: 'meterBook',
      version: this.#version + 1,
      bookHash: bookHash(book),
    });
  }
}
