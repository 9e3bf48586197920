import {
  bodyHash,
  claimRecord,
  isIncluded,
  stateKey,
  type ClaimRecord,
  type SettleProofs,
} from '@roamgrid/wire';
import type { Transaction } from '../context/index.ts';

/** Ends that were claimed before, of the sessions of one batch. */
export class Claims {
  readonly #proofs: SettleProofs['claims'];
  readonly #records: ReadonlyMap<string, ClaimRecord>;

  private constructor(proofs: SettleProofs['claims'], records: ReadonlyMap<string, ClaimRecord>) {
    this.#proofs = proofs;
    this.#records = records;
  }

  /** Reads the claims that the proofs name. */
  static async read(tx: Transaction, lane: string, { claims }: SettleProofs): Promise<Claims> {
    const records = new Map<string, ClaimRecord>();
    for (const { claimId } of Object.values(claims ?? {})) {
      if (records.has(claimId)) continue;
      const record = await tx.get(claimRecord, stateKey.claim(claimId));
      if (record.laneId === lane) records.set(claimId, record);
    }
    return new Claims(claims, records);
  }

  /** Whether this very end of the session was on the ledger by the instant. */
  isClaimedBy(sessionId: string, text: string, untilMs: number): boolean {
    const proof = this.#proofs?.[sessionId];
    const record = proof && this.#records.get(proof.claimId);
    return (
      record !== undefined &&
      record.atMs <= untilMs &&
      proof?.size === record.count &&
      isIncluded(bodyHash(text), proof, record.root)
    );
  }
}
