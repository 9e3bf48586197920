import { hash } from 'node:crypto';
import {
  exposureRecord,
  canonicalOf,
  stateKey,
  type ExposureRecord,
  type ProfileSpent,
  type SettleProofs,
  type VisitorProfile,
} from '@roamgrid/wire';
import { ensure, type Transaction } from '../context/index.ts';

/** A session that was closed under a kept profile. */
export interface ProfileUse {
  readonly profile: VisitorProfile;
  readonly sessionId: string;
  /** When its opening was recorded: the visited utility states the start alone, the ledger's time it does not. */
  readonly openingAtMs: number;
  readonly totalMicros: bigint;
  readonly salt: string;
}

/** 160 bits of a salted hash. */
const spentHash = (spent: ProfileSpent): string =>
  hash('sha256', canonicalOf(spent), 'base64url').slice(0, 27);

interface Running {
  readonly record: ExposureRecord | undefined;
  readonly profile: VisitorProfile;
  spent: ProfileSpent | undefined;
}

/**
 * What is closed under kept profiles: count and sum of each stay within what the home utility signed, and nothing counts
 * whose opening was recorded after its revocation could be read: who cannot reach the ledger for longer than the agreed
 * grace charges at his own risk. A key a profile, so that customers do not wait for one another.
 */
export class Exposures {
  readonly #tx: Transaction;
  readonly #proofs: SettleProofs;
  readonly #graceMs: number;
  readonly #running = new Map<string, Running>();

  constructor(tx: Transaction, proofs: SettleProofs, graceMs: number) {
    this.#tx = tx;
    this.#proofs = proofs;
    this.#graceMs = graceMs;
  }

  async use({ profile, sessionId, openingAtMs, totalMicros, salt }: ProfileUse): Promise<void> {
    const key = stateKey.exposure(profile.iss, profile.profileId);
    const running = this.#running.get(key) ?? (await this.#read(key, profile));
    const { record, spent } = running;
    ensure(
      record?.revokedAtMs === undefined || openingAtMs <= record.revokedAtMs + this.#graceMs,
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
    running.spent = { micros, sessions, salt };
  }

  async #read(key: string, profile: VisitorProfile): Promise<Running> {
    const record = await this.#tx.find(exposureRecord, key);
    const stated = this.#proofs.spent[profile.profileId] ?? undefined;
    ensure(
      record?.spent === (stated && spentHash(stated)),
      'HASH_MISMATCH',
      `proofs.spent of ${profile.profileId} is not what the ledger holds: form the batch anew`,
    );
    const running: Running = { record, profile, spent: stated };
    this.#running.set(key, running);
    return running;
  }

  /** Stages what was taken in. */
  store(): void {
    for (const profileId of Object.keys(this.#proofs.spent)) {
      const used = [...this.#running.values()].some(({ profile }) => profile.profileId === profileId);
      ensure(
        used,
        'INVALID_ARGUMENT',
        `proofs.spent names ${profileId}, under which nothing is settled here`,
      );
    }
    for (const [key, { record, spent }] of this.#running) {
      if (spent === undefined) continue;
      const { revokedAtMs } = record ?? {};
      const after = { spent: spentHash(spent), ...(revokedAtMs !== undefined && { revokedAtMs }) };
      this.#tx.put(exposureRecord, key, after, { ofItem: true });
    }
  }
}
