import {
  bodyHash,
  isIncluded,
  parseOpened,
  SettledMalformed,
  type OpeningProof,
  type SessionOpenBody,
} from '@roamgrid/wire';
import { ensure, refuse, type Transaction } from '../context/index.ts';
import { getOpening, type LaneOpening } from './lanes.ts';

/** Reads an open body that travels beside a command. */
export const readOpened = (text: string): SessionOpenBody => {
  try {
    return parseOpened(text).open;
  } catch (thrown) {
    if (thrown instanceof SettledMalformed) return refuse('INVALID_ARGUMENT', `open: ${thrown.message}`);
    throw thrown;
  }
};

/** Openings that the sessions of one command lie in, each read once. */
export class Openings {
  readonly #tx: Transaction;
  readonly #lane: string;
  readonly #agreementId: string;
  readonly #known = new Map<number, LaneOpening & { readonly rank: ReadonlyMap<number, number> }>();

  constructor(tx: Transaction, lane: string, agreementId: string) {
    this.#tx = tx;
    this.#lane = lane;
    this.#agreementId = agreementId;
  }

  /**
   * Refuses an open body that is not the one its lane's opening committed to under this number.
   * @returns when the opening was recorded.
   */
  async requireCommitted(
    number: number,
    openText: string,
    proof: OpeningProof,
  ): Promise<{ readonly atMs: number }> {
    const { slot } = proof;
    const known = this.#known.get(slot) ?? (await this.#read(slot));
    const { record, rank } = known;
    ensure(
      rank.get(number) === proof.index && proof.size === record.count,
      'INVALID_ARGUMENT',
      `opening ${slot} of ${this.#lane} does not have number ${number} at place ${proof.index} of ${proof.size}`,
    );
    ensure(
      isIncluded(bodyHash(openText), proof, record.root),
      'HASH_MISMATCH',
      `the open body of ${this.#lane}-${number} is not the one that its opening committed to`,
    );
    return { atMs: record.atMs };
  }

  async #read(slot: number) {
    const opening = await getOpening(this.#tx, this.#lane, slot, this.#agreementId);
    const rank = new Map(opening.numbers.numbers().map((number, index) => [number, index]));
    const known = { ...opening, rank };
    this.#known.set(slot, known);
    return known;
  }
}
