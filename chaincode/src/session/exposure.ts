import {
  bodyHash,
  ExposureBook,
  exposurePlace,
  exposuresRecord,
  LEDGER_LIMITS,
  revocationsRecord,
  stateKey,
  type KeptLimits,
  type ProfileSpent,
  type RevocationsRecord,
  type SettleProofs,
} from '@roamgrid/wire';
import { ensure, refuse, type Transaction } from '../context/index.ts';

/** A session that was closed under a kept profile. */
export interface ProfileUse {
  readonly profile: KeptLimits;
  readonly sessionId: string;
  /** When its opening was recorded: the visited utility states the start alone, the ledger's time it does not. */
  readonly openingAtMs: number;
  readonly totalMicros: bigint;
  readonly energyWh: bigint;
  readonly salt: string;
}

interface Book {
  readonly name: string;
  readonly version: number;
  readonly entries: ExposureBook;
  readonly revokedAtMs: RevocationsRecord['revokedAtMs'];
}

interface Running {
  readonly book: Book;
  readonly mark: string;
  spent: ProfileSpent | undefined;
}

/**
 * What is closed under kept profiles: count and sum of each stay within what the home utility signed, and nothing counts
 * whose opening was recorded after its revocation could be read: who cannot reach the ledger for longer than the agreed
 * grace charges at his own risk. A profile serves one lane, whose settles follow one another, so sums of a lane share
 * a few keys and no two settles wait for one.
 */
export class Exposures {
  readonly #tx: Transaction;
  readonly #lane: string;
  readonly #proofs: SettleProofs;
  readonly #graceMs: number;
  readonly #books = new Map<string, Book>();
  readonly #running = new Map<string, Running>();

  constructor(tx: Transaction, lane: string, proofs: SettleProofs, graceMs: number) {
    this.#tx = tx;
    this.#lane = lane;
    this.#proofs = proofs;
    this.#graceMs = graceMs;
  }

  async use({ profile, sessionId, openingAtMs, totalMicros, energyWh, salt }: ProfileUse): Promise<void> {
    const { profileId } = profile;
    const running = this.#running.get(profileId) ?? (await this.#begin(profile));
    const { book, mark, spent } = running;
    const revokedAtMs = book.revokedAtMs[mark];
    ensure(
      revokedAtMs === undefined || openingAtMs <= revokedAtMs + this.#graceMs,
      'REVOKED',
      `the opening of ${sessionId} was recorded when the revocation of its profile could be read`,
    );
    const micros = (spent?.micros ?? 0n) + totalMicros;
    const sessions = (spent?.sessions ?? 0) + 1;
    ensure(
      micros <= profile.exposureMicros && sessions <= profile.maxSessions,
      'OVER_EXPOSURE',
      `with ${sessionId} more is closed under its profile than the home utility allowed: ask it for another`,
    );
    if (profile.energyWh === undefined) {
      running.spent = { micros, sessions, salt };
      return;
    }
    const takenWh = (spent?.energyWh ?? 0n) + energyWh;
    ensure(
      takenWh <= profile.energyWh,
      'OVER_EXPOSURE',
      `with ${sessionId} ${takenWh} Wh are closed under its token, more than the home utility allowed`,
    );
    running.spent = { micros, sessions, energyWh: takenWh, salt };
  }

  async #begin({ profileId, validUntilMs }: KeptLimits): Promise<Running> {
    const { book: name, mark } = exposurePlace(this.#lane, profileId, validUntilMs);
    const book = this.#books.get(name) ?? (await this.#read(name));
    const spent = this.#proofs.spent[profileId] ?? undefined;
    ensure(
      book.entries.says(mark, spent),
      'HASH_MISMATCH',
      `proofs.spent of ${profileId} is not what its book holds: form the batch anew`,
    );
    const running: Running = { book, mark, spent };
    this.#running.set(profileId, running);
    return running;
  }

  async #read(name: string): Promise<Book> {
    const record = await this.#tx.find(exposuresRecord, stateKey.exposures(this.#lane, name));
    const text = this.#proofs.exposures[name] ?? '';
    ensure(
      record === undefined ? text === '' : record.bookHash === bodyHash(text),
      'HASH_MISMATCH',
      `book ${name} of exposures is not the one on the ledger: form the batch anew`,
    );
    const revoked = await this.#tx.find(revocationsRecord, stateKey.revocations(this.#lane, name));
    const book: Book = {
      name,
      version: record?.version ?? 0,
      entries: new ExposureBook(text),
      revokedAtMs: revoked?.revokedAtMs ?? {},
    };
    this.#books.set(name, book);
    return book;
  }

  /** Stages what was taken in. */
  store(): void {
    const { spent: stated, exposures } = this.#proofs;
    for (const profileId of Object.keys(stated)) {
      if (!this.#running.has(profileId))
        refuse('INVALID_ARGUMENT', `proofs.spent names ${profileId}, under which nothing is settled here`);
    }
    for (const name of Object.keys(exposures)) {
      if (!this.#books.has(name))
        refuse('INVALID_ARGUMENT', `proofs.exposures has book ${name}, in which nothing is settled here`);
    }
    for (const { book, mark, spent } of this.#running.values()) {
      if (spent !== undefined) book.entries.write(mark, spent);
    }
    for (const { name, version, entries } of this.#books.values()) {
      ensure(
        entries.size <= LEDGER_LIMITS.profilesPerBook,
        'TOO_LARGE',
        `a book has ${LEDGER_LIMITS.profilesPerBook} profiles at most: register further stations in another group`,
      );
      this.#tx.put(
        exposuresRecord,
        stateKey.exposures(this.#lane, name),
        { type: 'exposures', version: version + 1, bookHash: bodyHash(entries.text) },
        { ofItem: true },
      );
    }
  }
}
